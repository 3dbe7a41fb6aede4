import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { manages } from "../call/state";
import { useTexts } from "../i18n";
import { ActsBar } from "../ui/desk/ActsBar";
import { HolderPanel } from "../ui/desk/HolderPanel";
import { OutgoingPanel } from "../ui/desk/OutgoingPanel";
import { QueuePanel } from "../ui/desk/QueuePanel";
import { SitesPanel } from "../ui/desk/SitesPanel";
import { useDeskKeys } from "../ui/desk/useDeskKeys";
import HelpSheet from "../ui/HelpSheet";
import { RoomHeader } from "../ui/RoomHeader";
import { ChatPanel } from "../ui/SidePanel";
import { Sound } from "../ui/Sound";
import { Toasts } from "../ui/Toasts";
import { Tiles, TilesContext } from "../ui/tiles";
import { useRegions } from "../ui/useRegions";
import { WaitingPanel } from "../ui/WaitingPanel";
import { Warnings } from "../ui/Warnings";
import "@mantine/core/styles/ScrollArea.css";
import "@mantine/core/styles/Popover.css";
import "@mantine/core/styles/ActionIcon.css";
import "@mantine/core/styles/Combobox.css";
import "@mantine/core/styles/FloatingIndicator.css";
import "@mantine/core/styles/SegmentedControl.css";
import "@mantine/core/styles/Menu.css";
import "../ui/room.css";
import "../ui/desk/desk.css";

const Diagnostics = lazy(() => import("../ui/diagnostics/Diagnostics"));

/** The desk of those who run the meeting: sites at the left, who speaks and what goes out in the middle, the queue at the right. */
export default function DeskPage({ call, onMeeting }: { call: Call; onMeeting: () => void }) {
	const { t } = useTexts();
	const root = useRef<HTMLDivElement>(null);
	const tiles = useMemo(() => new Tiles(call), [call]);
	useEffect(() => () => tiles.close(), [tiles]);
	const [help, setHelp] = useState(false);
	const [diagnostics, setDiagnostics] = useState(false);
	const [chat, setChat] = useState(false);
	const runs = useStore(call.state, (s) => manages(s.participants[s.participant]));
	const floorMeeting = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	useDeskKeys(
		call,
		runs,
		() => setHelp((shown) => !shown),
		() => setDiagnostics((shown) => !shown),
	);
	useRegions(root);
	return (
		<TilesContext value={tiles}>
			<div className="room desk-room" ref={root}>
				<RoomHeader call={call} desk />
				<Warnings call={call} />
				<main className={`desk ${runs ? "" : "desk-technician"}`} data-testid="desk-page">
					<SitesPanel call={call} />
					<div className="desk-middle" data-region tabIndex={-1}>
						<HolderPanel call={call} runs={runs} />
						{runs && <WaitingPanel call={call} />}
						<OutgoingPanel call={call} runs={runs} />
					</div>
					{runs && (
						<aside className="desk-right" aria-label={t("floor.queue")}>
							{chat && <ChatPanel call={call} onClose={() => setChat(false)} />}
							{floorMeeting ? (
								<QueuePanel call={call} />
							) : (
								<section className="panel">
									<p className="panel-empty">{t("desk.open")}</p>
								</section>
							)}
						</aside>
					)}
				</main>
				<ActsBar call={call} runs={runs} chat={chat} onChat={() => setChat(!chat)} onMeeting={onMeeting} onHelp={() => setHelp(true)} />
				<Sound call={call} />
				<Toasts call={call} />
				{help && <HelpSheet onClose={() => setHelp(false)} onDiagnostics={() => setDiagnostics(true)} desk />}
				{diagnostics && (
					<Suspense fallback={null}>
						<Diagnostics call={call} onClose={() => setDiagnostics(false)} />
					</Suspense>
				)}
			</div>
		</TilesContext>
	);
}
