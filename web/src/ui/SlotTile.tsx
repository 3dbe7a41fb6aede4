import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import type { TextKey } from "../i18n/vi";
import { whenShown } from "../media/frames";
import type { Slot } from "../signaling/protocol.gen";
import { Plate } from "./Plate";

/** How long the picture of before stays under its own plate while the next one is on its way. */
const overlap = 1500;

/** What the tile shows: the slot as the server has it, but changed only when the picture has changed. */
function useShown(slot: Slot | undefined, video: React.RefObject<HTMLVideoElement | null>): Slot | undefined {
	const [shown, setShown] = useState(slot);
	useEffect(() => {
		const element = video.current;
		if (!slot || !element || slot.state === "empty" || slot.state === "unavailable") {
			setShown(slot);
			return;
		}
		if (slot.state === "live") {
			if (slot.rtp_timestamp === undefined) {
				setShown(slot);
				return;
			}
			return whenShown(element, slot.rtp_timestamp, () => setShown(slot));
		}
		const timer = setTimeout(() => setShown(slot), overlap);
		setShown((before) => (before?.state === "live" ? before : slot));
		return () => clearTimeout(timer);
	}, [slot, video]);
	return shown;
}

export function SlotTile({ call, index, className }: { call: Call; index: number; className?: string }) {
	const { t } = useTexts();
	const video = useRef<HTMLVideoElement>(null);
	const slot = useStore(call.state, (s) => s.video[index]);
	const shown = useShown(slot, video);
	const stream = useStore(call.local, (s) => s.connection.video[index]);
	const participant = useStore(call.state, (s) => (shown?.participant ? s.participants[shown.participant] : undefined));
	const speaks = useStore(call.state, (s) => shown?.participant !== undefined && s.floor.holder === shown.participant);
	useEffect(() => {
		if (video.current && stream) video.current.srcObject = stream;
	}, [stream]);
	const state = shown?.state ?? "empty";
	const lost = participant !== undefined && !participant.connected;
	return (
		<div
			className={`tile ${speaks ? "tile-lit" : ""} ${className ?? ""}`}
			data-testid={`slot-video-${index}`}
			data-slot={index}
			data-state={state}
			data-participant={shown?.participant ?? ""}
		>
			<div className="picture">
				<video
					ref={video}
					autoPlay
					playsInline
					muted
					hidden={state !== "live"}
					className={shown?.source === "screen" ? "whole" : undefined}
				/>
				{state !== "live" && <p className="poster">{t(posterOf(shown))}</p>}
				{lost && state === "live" && <p className="over-picture">{t("tile.lost")}</p>}
			</div>
			{participant && <Plate call={call} participant={participant} lit={speaks} content={shown?.source === "screen"} />}
		</div>
	);
}

function posterOf(slot: Slot | undefined): TextKey {
	if (!slot || slot.state === "empty") return "tile.empty";
	return slot.state === "unavailable" && slot.reason ? `tile.${slot.reason}` : "tile.waiting";
}
