import { IconUser, IconVolume } from "@tabler/icons-react";
import { useContext, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, useTexts } from "../i18n";
import { whenShown } from "../media/frames";
import type { Participant, Slot } from "../signaling/protocol.gen";
import { Plate } from "./Plate";
import { StateIcon } from "./StateIcon";
import { TilesContext } from "./tiles";
import { useServerClock } from "./useServerClock";

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

/** Puts the slot's stream into its video. The last picture of a connection that broke stays until the next connection has one. */
function useStream(call: Call, index: number, video: React.RefObject<HTMLVideoElement | null>): React.RefObject<HTMLCanvasElement | null> {
	const still = useRef<HTMLCanvasElement>(null);
	const stream = useStore(call.local, (s) => s.connection.video[index]);
	useEffect(() => {
		const element = video.current;
		if (!element || !stream) return;
		const picture = still.current;
		if (picture && element.srcObject && element.videoWidth > 0) {
			picture.width = element.videoWidth;
			picture.height = element.videoHeight;
			picture.getContext("2d")?.drawImage(element, 0, 0);
			picture.hidden = false;
			const show = () => {
				picture.hidden = true;
			};
			element.addEventListener("loadeddata", show, { once: true });
			const timer = setTimeout(show, 6000);
			element.srcObject = stream;
			return () => {
				clearTimeout(timer);
				element.removeEventListener("loadeddata", show);
				show();
			};
		}
		element.srcObject = stream;
	}, [stream, video]);
	return still;
}

export interface SlotTileProps {
	call: Call;
	index: number;
	className?: string;
	/** A plate of one line, with the short name. */
	compact?: boolean;
	/** Stands in the plate at the right. */
	children?: React.ReactNode;
}

export function SlotTile({ call, index, className, compact, children }: SlotTileProps) {
	const { t } = useTexts();
	const video = useRef<HTMLVideoElement>(null);
	const picture = useRef<HTMLDivElement>(null);
	const tiles = useContext(TilesContext);
	const slot = useStore(call.state, (s) => s.video[index]);
	const shown = useShown(slot, video);
	const still = useStream(call, index, video);
	const audioOnly = useStore(call.local, (s) => s.audioOnly);
	const participant = useStore(call.state, (s) => (shown?.participant ? s.participants[shown.participant] : undefined));
	const speaks = useStore(call.state, (s) => shown?.participant !== undefined && s.floor.holder === shown.participant);
	useLayoutEffect(() => (picture.current ? tiles?.add(index, picture.current) : undefined), [tiles, index]);
	const state = audioOnly ? "empty" : (shown?.state ?? "empty");
	const content = shown?.source === "screen";
	return (
		<div
			className={`tile ${speaks && !content ? "tile-lit" : ""} ${className ?? ""}`}
			data-testid={`slot-video-${index}`}
			data-slot={index}
			data-state={state}
			data-reason={shown?.reason}
			data-participant={shown?.participant ?? ""}
		>
			<div className="picture" ref={picture}>
				<video ref={video} autoPlay playsInline muted hidden={state !== "live"} className={content ? "whole" : undefined} />
				<canvas ref={still} className={`still ${content ? "whole" : ""}`} hidden />
				{audioOnly ? (
					<p className="poster">
						<IconVolume aria-hidden="true" />
						{t("tile.audioOnly")}
					</p>
				) : (
					state !== "live" && <Poster call={call} slot={shown} participant={participant} compact={compact} />
				)}
			</div>
			{participant && (
				<Plate call={call} participant={participant} lit={speaks && !content} content={content} compact={compact} slot={index}>
					{children}
				</Plate>
			)}
		</div>
	);
}

interface PosterProps {
	call: Call;
	slot: Slot | undefined;
	participant: Participant | undefined;
	compact: boolean | undefined;
}

/** What stands in place of a picture: the reason, in words. */
function Poster({ call, slot, participant, compact }: PosterProps) {
	const { t } = useTexts();
	if (!slot || slot.state === "empty" || !participant) return <p className="poster">{t("tile.empty")}</p>;
	if (participant.presence === "lost" && (slot.reason === "absent" || slot.reason === "stalled")) {
		return <Lost call={call} since={participant.since} />;
	}
	if (slot.reason === "absent") return <p className="poster">{t(participant.presence === "left" ? "tile.left" : "tile.expected")}</p>;
	if (slot.reason === "bandwidth") {
		return (
			<p className="poster" title={t("tile.bandwidth")}>
				<StateIcon state="warn" />
				{t(compact ? "tile.paused" : "tile.bandwidth")}
			</p>
		);
	}
	if (slot.reason === "no_camera") {
		return (
			<p className="poster">
				<IconUser aria-hidden="true" />
				{t("tile.no_camera")}
			</p>
		);
	}
	return <p className="poster">{t(slot.state === "unavailable" && slot.reason ? `tile.${slot.reason}` : "tile.waiting")}</p>;
}

function Lost({ call, since }: { call: Call; since?: string }) {
	const { t } = useTexts();
	const now = useServerClock(call);
	return (
		<p className="poster poster-lost">
			<strong>{t("tile.lost")}</strong>
			<span>
				{t("link.reconnecting")} {since && duration(now - Date.parse(since))}
			</span>
		</p>
	);
}
