import { IconMicrophoneOff, IconScreenShare } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { presides } from "../call/state";
import { useTexts } from "../i18n";
import type { Participant } from "../signaling/protocol.gen";
import { QualityMark } from "./QualityMark";

interface PlateProps {
	call: Call;
	participant: Participant;
	lit?: boolean;
	content?: boolean;
	/** One line: the short name, else the name. */
	compact?: boolean;
	/** The video slot that shows the participant. */
	slot?: number;
	children?: React.ReactNode;
}

/** The name plate: the title first. It is lit for who has the floor. Names come from outside: they are isolated from the direction of the text. */
export function Plate({ call, participant, lit, content, compact, slot, children }: PlateProps) {
	const { t } = useTexts();
	const heard = useStore(call.state, (s) => s.speakers.some((speaker) => speaker.participant === participant.id));
	const title = compact ? participant.short_name || participant.name : participant.name;
	return (
		<div className={`plate ${lit ? "plate-lit" : ""} ${compact ? "plate-compact" : ""}`} data-testid="plate">
			{content ? <IconScreenShare size="1.25em" aria-hidden="true" /> : heard && <Bars label={t("tile.heard")} />}
			<QualityMark call={call} participant={participant} {...(slot === undefined ? {} : { slot })} />
			<div className="plate-name">
				<strong>
					<bdi>{title}</bdi>
				</strong>
				{!compact && (
					<small>
						{presides(participant) && !content && <span className="tag tag-fill">{t(`role.${participant.role}`)}</span>}{" "}
						{content ? t("tile.content") : <bdi>{participant.unit}</bdi>}
					</small>
				)}
			</div>
			{compact && presides(participant) && <span className="tag tag-fill">{t(`role.${participant.role}`)}</span>}
			{children}
			{!content && participant.presence === "here" && (participant.microphone !== "live" || participant.withheld) && (
				<IconMicrophoneOff
					size="1.15em"
					className="plate-icon"
					role="img"
					aria-label={t(participant.withheld ? "tile.withheld" : "tile.muted")}
				/>
			)}
		</div>
	);
}

function Bars({ label }: { label: string }) {
	return (
		<svg className="bars" width="1em" height="1em" viewBox="0 0 16 16" fill="currentColor" role="img" aria-label={label}>
			<path d="M1 7h2v4H1zM5 4h2v10H5zM9 2h2v12H9zM13 6h2v6h-2z" />
		</svg>
	);
}
