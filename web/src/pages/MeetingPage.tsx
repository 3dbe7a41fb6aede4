import { lazy, Suspense, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { gridOf, layoutOf, pageOf } from "../call/layout";
import { chairOf, contentOf, manages, mosaicSize } from "../call/state";
import { useTexts } from "../i18n";
import { useChoices } from "../ui/choices";
import { DevicePanel } from "../ui/DevicePanel";
import { FloorQueue } from "../ui/FloorQueue";
import { LayoutPanel } from "../ui/LayoutPanel";
import { MorePanel } from "../ui/MorePanel";
import { Pages } from "../ui/Pages";
import { RoomHeader } from "../ui/RoomHeader";
import { SecondWindow } from "../ui/SecondWindow";
import { SelfView } from "../ui/SelfView";
import { ChatPanel, Participants } from "../ui/SidePanel";
import { SlotTile } from "../ui/SlotTile";
import { Sound } from "../ui/Sound";
import { Toasts } from "../ui/Toasts";
import { type Panel, Toolbar } from "../ui/Toolbar";
import { TurnClock } from "../ui/TurnClock";
import { Tiles, TilesContext } from "../ui/tiles";
import { useRegions } from "../ui/useRegions";
import { useServerClock } from "../ui/useServerClock";
import { useShortcuts } from "../ui/useShortcuts";
import { WaitingPanel } from "../ui/WaitingPanel";
import { Warnings } from "../ui/Warnings";
import "../ui/room.css";

const Diagnostics = lazy(() => import("../ui/diagnostics/Diagnostics"));
const HelpSheet = lazy(() => import("../ui/HelpSheet"));

/** Tiles of the mosaic beside the programme, the content and the chair. */
const largestMosaic = 24;

interface MeetingPageProps {
	call: Call;
	/** Leads to the desk of chair and secretary. */
	onDesk?: () => void;
}

export function MeetingPage({ call, onDesk }: MeetingPageProps) {
	const { t } = useTexts();
	const root = useRef<HTMLDivElement>(null);
	const tiles = useMemo(() => new Tiles(call), [call]);
	useEffect(() => () => tiles.close(), [tiles]);
	const [panel, setPanel] = useState<Panel>();
	const [help, setHelp] = useState(false);
	const [diagnostics, setDiagnostics] = useState(false);
	const [second, setSecond] = useState<Window>();
	const { choice, selfView } = useChoices();
	const stage = useStore(call.state, (s) => s.procedure.stage);
	const content = useStore(call.state, (s) => contentOf(s) !== undefined);
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const chairSpeaks = useStore(
		call.state,
		(s) => s.video[0]?.participant !== undefined && s.video[0].participant === chairOf(s.participants)?.id,
	);
	const floorMeeting = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	const size = useStore(call.state, mosaicSize);
	const slots = useStore(call.local, (s) => s.connection.video.length);
	// The second screen shows the content, or the sites while there is none: they do not stand here then.
	const mosaicElsewhere = second !== undefined && !content;
	const chosen = layoutOf(stage, choice, content, second !== undefined);
	const layout = mosaicElsewhere ? { main: "programme" as const, speaker: false, strip: false } : chosen;
	useEffect(() => () => second?.close(), [second]);
	const closeSecond = useCallback(() => setSecond(undefined), []);
	const queue = manages(self) && floorMeeting;
	// Only chair and secretary are told who waits.
	const waiting = useStore(call.state, (s) => s.waiting.length > 0);
	// Who presides sees no second picture of itself: the place of the chair is its self-view.
	const own = self?.role === "chair";
	useMosaicSize(call, layout.main === "mosaic" || mosaicElsewhere);
	usePage(call, tiles);
	useShortcuts(call, {
		help: () => setHelp((shown) => !shown),
		participants: () => setPanel((p) => (p === "participants" ? undefined : "participants")),
		chat: () => setPanel((p) => (p === "chat" ? undefined : "chat")),
		diagnostics: () => setDiagnostics((shown) => !shown),
	});
	useRegions(root);
	const mosaic = Array.from({ length: Math.max(0, slots - 3) }, (_, i) => (
		// biome-ignore lint/suspicious/noArrayIndexKey: a slot is its index
		<SlotTile key={i} call={call} index={i + 3} compact />
	));
	const classes = [
		"stage",
		`stage-${layout.main}`,
		layout.speaker ? "stage-speaker" : "",
		layout.strip ? "stage-strip" : "",
		own ? "stage-presiding" : "",
		chairSpeaks ? "stage-chair-speaks" : "",
		selfView ? "" : "stage-selfless",
		queue || panel || waiting ? "stage-side" : "",
	];
	return (
		<TilesContext value={tiles}>
			<div className="room" ref={root}>
				<RoomHeader call={call} />
				<Warnings call={call} />
				<main className={classes.join(" ")} data-testid="stage" data-main={layout.main}>
					<h2 className="visually-hidden">{t("room.stage")}</h2>
					<SlotTile call={call} index={0} className="area-programme">
						<TurnClock call={call} bar />
					</SlotTile>
					{second && content ? (
						<SecondWindow window={second} title={t("second.title")} onClose={closeSecond}>
							<SlotTile call={call} index={1} className="second-content" />
						</SecondWindow>
					) : (
						<SlotTile call={call} index={1} className="area-content" />
					)}
					<SlotTile call={call} index={2} className="area-chair" />
					<SelfView call={call} />
					{mosaicElsewhere ? (
						<SecondWindow window={second} title={t("second.title")} onClose={closeSecond}>
							<Sites grid size={size}>
								{mosaic}
							</Sites>
						</SecondWindow>
					) : (
						<section className="strip" aria-label={t("room.strip")} data-region tabIndex={-1}>
							<Sites grid={layout.main === "mosaic"} size={size}>
								{mosaic}
							</Sites>
						</section>
					)}
					<Pages call={call} tiles={tiles} />
					{(queue || panel || waiting) && (
						<aside className="side" aria-label={t("room.side")}>
							{waiting && <WaitingPanel call={call} />}
							{queue && panel === undefined && <FloorQueue call={call} />}
							{panel === "participants" && <Participants call={call} onClose={() => setPanel(undefined)} />}
							{panel === "chat" && <ChatPanel call={call} onClose={() => setPanel(undefined)} />}
							{panel === "devices" && <DevicePanel call={call} onClose={() => setPanel(undefined)} />}
							{panel === "layout" && <LayoutPanel call={call} second={second} onSecond={setSecond} onClose={() => setPanel(undefined)} />}
							{panel === "more" && (
								<MorePanel
									call={call}
									onPanel={setPanel}
									onDesk={onDesk}
									onHelp={() => setHelp(true)}
									onDiagnostics={() => setDiagnostics(true)}
									onClose={() => setPanel(undefined)}
								/>
							)}
						</aside>
					)}
				</main>
				<Toolbar call={call} panel={panel} onPanel={setPanel} onDesk={onDesk} onHelp={() => setHelp(true)} />
				<Sound call={call} />
				<Toasts call={call} />
				{help && (
					<Suspense fallback={null}>
						<HelpSheet onClose={() => setHelp(false)} onDiagnostics={() => setDiagnostics(true)} />
					</Suspense>
				)}
				{diagnostics && (
					<Suspense fallback={null}>
						<Diagnostics call={call} onClose={() => setDiagnostics(false)} />
					</Suspense>
				)}
			</div>
		</TilesContext>
	);
}

/** The sites: in a row, or in a grid that is as square as their number allows. One element, so that no picture is put in anew. */
function Sites({ grid, size, children }: { grid: boolean; size: number; children: React.ReactNode[] }) {
	const shown = grid ? children.slice(0, Math.max(1, size)) : children;
	return (
		<div
			className={grid ? "mosaic" : "strip-row"}
			style={grid ? { gridTemplateColumns: `repeat(${gridOf(shown.length).columns}, minmax(0, 1fr))` } : undefined}
		>
			{shown}
		</div>
	);
}

/** Makes room for the sites when they are shown in a grid. */
function useMosaicSize(call: Call, shown: boolean): void {
	const size = useStore(call.state, mosaicSize);
	useEffect(() => {
		if (shown) void call.grow(3 + Math.min(size, largestMosaic));
	}, [call, shown, size]);
}

/** Turns to the page of the mosaic that the chair has chosen for all. */
function usePage(call: Call, tiles: Tiles): void {
	const stage = useStore(call.state, (s) => s.procedure.stage);
	const pages = useStore(call.state, (s) => s.pages);
	const now = useServerClock(call);
	const page = stage.show === "mosaic" ? pageOf(stage, pages, now) : undefined;
	useEffect(() => {
		if (page !== undefined) tiles.turnTo(page);
	}, [tiles, page]);
}
