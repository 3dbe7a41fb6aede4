import { Button, TextInput } from "@mantine/core";
import { IconMicrophoneOff } from "@tabler/icons-react";
import { memo, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { matches } from "../call/search";
import { attendance, inOrder, participates } from "../call/state";
import { clock, useTexts } from "../i18n";
import type { Participant } from "../signaling/protocol.gen";
import { linkText, linkWord, stateOf, useLink } from "./link";
import { Panel } from "./Panel";
import { StateIcon } from "./StateIcon";

export function Participants({ call, onClose }: { call: Call; onClose: () => void }) {
	const { t } = useTexts();
	const participants = useStore(call.state, (s) => s.participants);
	const [query, setQuery] = useState("");
	const sought = useDeferredValue(query);
	const found = useMemo(
		() => inOrder(participants).filter((p) => participates(p) && matches(`${p.name} ${p.unit ?? ""} ${p.short_name ?? ""}`, sought)),
		[participants, sought],
	);
	const { here, all } = attendance(participants);
	return (
		<Panel title={t("tool.participants")} testid="participants-panel" onClose={onClose}>
			<TextInput
				value={query}
				onChange={(event) => setQuery(event.currentTarget.value)}
				placeholder={t("participants.search")}
				aria-label={t("participants.search")}
				data-testid="participants-search"
			/>
			<p className="caption" role="status">
				{sought ? t("participants.found", { count: found.length }) : t("room.count", { here, all })}
			</p>
			<ul className="rows">
				{found.map((p) => (
					<ParticipantRow key={p.id} call={call} participant={p} />
				))}
			</ul>
		</Panel>
	);
}

const ParticipantRow = memo(function ParticipantRow({ call, participant: p }: { call: Call; participant: Participant }) {
	const { t, language } = useTexts();
	const link = useLink(call, p.id);
	return (
		<li className="row">
			<StateIcon state={stateOf(p, link)} />
			<div>
				<strong>
					<bdi>{p.name}</bdi>
				</strong>
				<small>
					<bdi>{p.unit}</bdi> · {t(`role.${p.role}`)}
				</small>
				<small>
					{t(linkWord(p, link))}
					{link && p.presence === "here" && <span className="link-figures"> · {linkText(t, link, language)}</span>}
				</small>
			</div>
			{p.presence === "here" && p.microphone !== "live" && <IconMicrophoneOff size={18} role="img" aria-label={t("tile.muted")} />}
		</li>
	);
});

export function ChatPanel({ call, onClose }: { call: Call; onClose: () => void }) {
	const { t, language } = useTexts();
	const chat = useStore(call.state, (s) => s.chat);
	const [text, setText] = useState("");
	const end = useRef<HTMLLIElement>(null);
	// biome-ignore lint/correctness/useExhaustiveDependencies: each new message is scrolled to
	useEffect(() => {
		end.current?.scrollIntoView({ block: "nearest" });
	}, [chat]);
	return (
		<Panel title={t("tool.chat")} testid="chat-panel" onClose={onClose}>
			{chat.length === 0 && <p className="caption">{t("chat.empty")}</p>}
			<ul className="rows chat" aria-live="polite">
				{chat.map((m) => (
					<li key={`${m.from} ${m.at}`} ref={end}>
						<small>
							<bdi>{m.name}</bdi> · {clock(Date.parse(m.at), language)}
						</small>
						<p>
							<bdi>{m.text}</bdi>
						</p>
					</li>
				))}
			</ul>
			<form
				className="say"
				onSubmit={(event) => {
					event.preventDefault();
					if (!text.trim()) return;
					void call.say(text.trim()).then((kept) => kept && setText(""));
				}}
			>
				<TextInput
					value={text}
					onChange={(event) => setText(event.currentTarget.value)}
					placeholder={t("chat.placeholder")}
					aria-label={t("chat.placeholder")}
					maxLength={2000}
				/>
				<Button type="submit">{t("chat.send")}</Button>
			</form>
		</Panel>
	);
}
