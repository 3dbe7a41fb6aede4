// How the state of a participant's link is told: a shape, a word, and the figures behind them.
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { type Language, number, type Texts } from "../i18n";
import type { TextKey } from "../i18n/vi";
import type { LinkFigures } from "../media/stats";
import type { Link, Participant } from "../signaling/protocol.gen";

export type LinkState = "ok" | "warn" | "bad" | "off";

export function stateOf(participant: Participant, link: Link | undefined): LinkState {
	switch (participant.presence) {
		case "lost":
			return "bad";
		case "left":
		case "expected":
			return "off";
		case "here":
			return link?.quality === "poor" ? "warn" : "ok";
	}
}

/** The state on a tile: who is here and has not told of the link is not known to have a good one. */
export function markOf(participant: Participant, link: Link | undefined): LinkState {
	return participant.presence === "here" && !link ? "off" : stateOf(participant, link);
}

/** The state of a link in words, with the figures behind it; of a lost one those of before. */
export function linkSentence(t: Texts, participant: Participant, link: Link | undefined, language: Language): string {
	const { presence } = participant;
	if (presence === "left" || presence === "expected") return t(`presence.${presence}`);
	if (!link) return t(presence === "lost" ? "presence.lost" : "quality.unknown");
	const figures = linkText(t, link, language);
	if (presence === "lost") return t("quality.lost", { figures });
	return t(link.quality === "poor" ? "quality.poorLink" : "quality.goodLink", { figures });
}

export function linkWord(participant: Participant, link: Link | undefined): TextKey {
	if (participant.presence !== "here") return `presence.${participant.presence}`;
	return link?.quality === "poor" ? "quality.poor" : "quality.good";
}

export function linkText(t: Texts, link: Link | LinkFigures, language: Language): string {
	const [rtt, loss] = "rttMs" in link ? [link.rttMs, link.lossPercent] : [link.rtt_ms, link.loss_percent];
	return t("quality.figures", { rtt: number(rtt, language), loss: number(loss, language), kbps: number(link.kbps, language) });
}

export function useLink(call: Call, participant: string): Link | undefined {
	return useStore(call.state, (s) => s.links[participant]);
}
