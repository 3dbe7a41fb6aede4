import { IconMicrophoneOff } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { presides } from "../call/state";
import { useTexts } from "../i18n";
import type { Participant } from "../signaling/protocol.gen";

/** The name plate: the title first. It is lit for who has the floor. */
export function Plate({ call, participant, lit, content }: { call: Call; participant: Participant; lit?: boolean; content?: boolean }) {
	const { t } = useTexts();
	const heard = useStore(call.state, (s) => s.speakers.some((speaker) => speaker.participant === participant.id));
	return (
		<div className={`plate ${lit ? "plate-lit" : ""}`} data-testid="plate">
			<div>
				<strong>{participant.name}</strong>
				<small>
					{presides(participant) && <span className="tag">{t(`role.${participant.role}`)}</span>}{" "}
					{content ? t("tile.content") : participant.unit}
				</small>
			</div>
			{heard && <Bars />}
			{participant.microphone !== "live" && <IconMicrophoneOff size={18} aria-label={t("tile.muted")} />}
		</div>
	);
}

function Bars() {
	return (
		<svg className="bars" width="16" height="16" viewBox="0 0 16 16" fill="currentColor" aria-hidden="true">
			<path d="M1 7h2v4H1zM5 4h2v10H5zM9 2h2v12H9zM13 6h2v6h-2z" />
		</svg>
	);
}
