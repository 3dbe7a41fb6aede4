import type { ReactNode } from "react";
import { useEffect, useMemo } from "react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { gridOf, layoutOf, pageOf } from "../../call/layout";
import { attendance, chairOf, contentOf, mosaicSize } from "../../call/state";
import { clock, spokenClock, useTexts } from "../../i18n";
import type { Participant } from "../../signaling/protocol.gen";
import { Digits } from "../Digits";
import { SlotTile } from "../SlotTile";
import { StateIcon } from "../StateIcon";
import { TurnClock } from "../TurnClock";
import { Tiles, TilesContext, UnattendedContext } from "../tiles";
import { useServerClock } from "../useServerClock";
import "./hall.css";

/** What a hall's screen shows: what the chair has chosen, or one thing whatever the chair chooses. */
export type HallShow = "follow" | "programme" | "mosaic";

interface HallViewProps {
	call: Call;
	show: HallShow;
	/** Tiles in each row and column of the mosaic, at most. */
	grid: number;
	/** Stands below the chair. */
	children?: ReactNode;
}

/** The picture of a hall's screen, without a control: read from five metres. */
export function HallView({ call, show, grid, children }: HallViewProps) {
	const { t } = useTexts();
	const tiles = useMemo(() => new Tiles(call), [call]);
	useEffect(() => () => tiles.close(), [tiles]);
	const stage = useStore(call.state, (s) => s.procedure.stage);
	const content = useStore(call.state, (s) => contentOf(s) !== undefined);
	const phase = useStore(call.state, (s) => s.phase);
	const broken = useStore(call.local, (s) => s.broken);
	const layout = layoutOf(stage, show === "follow" ? "follow" : show, content);
	return (
		<UnattendedContext value>
			<TilesContext value={tiles}>
				<div className="hall" data-testid="hall-view" data-main={layout.main}>
					{layout.main === "mosaic" ? (
						<HallMosaic call={call} tiles={tiles} grid={grid} />
					) : (
						<HallSpeaker call={call} content={layout.main === "content"}>
							{children}
						</HallSpeaker>
					)}
					{(phase === "reconnecting" || broken) && (
						<p className="hall-trouble" role="status" data-testid="reconnecting">
							<StateIcon state="bad" /> {t("link.reconnecting")}
						</p>
					)}
				</div>
			</TilesContext>
		</UnattendedContext>
	);
}

/** Screen 1: who speaks, or the content with who speaks beside; the chair is always there. */
function HallSpeaker({ call, content, children }: { call: Call; content: boolean; children?: ReactNode }) {
	const { t, language } = useTexts();
	const now = useServerClock(call);
	const subject = useStore(call.state, (s) => s.meeting?.subject);
	const session = useStore(call.state, (s) => s.procedure.session);
	const next = useStore(call.state, (s) => s.participants[s.floor.queue[0]?.participant ?? ""]);
	const chairSpeaks = useStore(
		call.state,
		(s) => s.video[0]?.participant !== undefined && s.video[0].participant === chairOf(s.participants)?.id,
	);
	// Who has the floor is named while another is pinned.
	const elsewhere = useStore(call.state, (s) =>
		s.floor.holder && s.video[0]?.participant !== s.floor.holder ? s.participants[s.floor.holder] : undefined,
	);
	return (
		<div className={`hall-speaker ${content ? "hall-with-content" : ""}`}>
			<main className="hall-main">
				{content ? (
					<SlotTile call={call} index={1} className="hall-large" />
				) : (
					<SlotTile call={call} index={0} className="hall-large">
						<TurnClock call={call} />
					</SlotTile>
				)}
			</main>
			<aside className="hall-aside">
				{content && (
					<SlotTile call={call} index={0} className="hall-small">
						<TurnClock call={call} />
					</SlotTile>
				)}
				{elsewhere && <HallHolder call={call} holder={elsewhere} />}
				{!chairSpeaks && <SlotTile call={call} index={2} className="hall-small" />}
				{children}
				<div className="hall-info">
					<h1>
						<bdi>{subject}</bdi>
					</h1>
					{session !== "in_session" && (
						<p className="hall-session">
							{session === "recess" && <StateIcon state="warn" />} {t(`session.${session}`)}
						</p>
					)}
					{next && (
						<p className="hall-next">
							{t("holder.next")}
							<b>
								<bdi>{next.name}</bdi>
							</b>
						</p>
					)}
					<Digits text={clock(now, language)} label={spokenClock(now, language)} />
				</div>
			</aside>
		</div>
	);
}

/** Who has the floor, in words, with the time. */
function HallHolder({ call, holder }: { call: Call; holder: Participant }) {
	return (
		<div className="hall-holder" data-testid="hall-holder">
			<p>
				<b>
					<bdi>{holder.name}</bdi>
				</b>
				<span>
					<bdi>{holder.unit}</bdi>
				</span>
			</p>
			<TurnClock call={call} />
		</div>
	);
}

/** Screen 2: all sites in protocol order, page after page; the first tile is the chair's, and who speaks is in the bar whatever the page. */
function HallMosaic({ call, tiles, grid }: { call: Call; tiles: Tiles; grid: number }) {
	const { t, language } = useTexts();
	const now = useServerClock(call);
	const stage = useStore(call.state, (s) => s.procedure.stage);
	const pages = useStore(call.state, (s) => s.pages);
	const page = useStore(call.state, (s) => s.page);
	const size = useStore(call.state, mosaicSize);
	const subject = useStore(call.state, (s) => s.meeting?.subject);
	const holder = useStore(call.state, (s) => (s.floor.holder ? s.participants[s.floor.holder] : undefined));
	const participants = useStore(call.state, (s) => s.participants);
	const session = useStore(call.state, (s) => s.procedure.session);
	const slots = useStore(call.local, (s) => s.connection.video.length);
	const side = Math.min(grid, Math.max(2, gridOf(size + 1).columns));
	const shown = Math.min(side * side - 1, slots - 3);
	const wanted = pageOf(stage, pages, now);
	useEffect(() => tiles.turnTo(wanted), [tiles, wanted]);
	useEffect(() => void call.grow(3 + side * side - 1), [call, side]);
	const { here, all } = attendance(participants);
	return (
		<div className="hall-mosaic" style={{ "--side": side } as React.CSSProperties}>
			<main className="hall-grid">
				<SlotTile call={call} index={2} compact />
				{Array.from({ length: shown }, (_, i) => (
					// biome-ignore lint/suspicious/noArrayIndexKey: a slot is its index
					<SlotTile key={i} call={call} index={i + 3} compact />
				))}
			</main>
			<footer className="hall-bar">
				<div>
					<h1>
						<bdi>{subject}</bdi>
					</h1>
					<p>
						{t("room.count", { here, all })}
						{pages > 1 && ` · ${t("page.of", { page: page + 1, pages })}`}
					</p>
				</div>
				{holder ? (
					<HallHolder call={call} holder={holder} />
				) : (
					<div className="hall-session">
						{session !== "in_session" && (
							<>
								{session === "recess" && <StateIcon state="warn" />} {t(`session.${session}`)}
							</>
						)}
					</div>
				)}
				<div className="hall-bar-end">
					<Digits text={clock(now, language)} label={spokenClock(now, language)} />
				</div>
			</footer>
		</div>
	);
}
