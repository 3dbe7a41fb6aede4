import { Notification } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { manages } from "../call/state";
import { useTexts } from "../i18n";
import { DevicePanel } from "../ui/DevicePanel";
import { FloorQueue } from "../ui/FloorQueue";
import { Plate } from "../ui/Plate";
import { ChatPanel, Participants } from "../ui/SidePanel";
import { SlotTile } from "../ui/SlotTile";
import { Sound } from "../ui/Sound";
import { type Panel, Toolbar } from "../ui/Toolbar";
import { useHeights } from "../ui/useHeights";
import { useServerClock } from "../ui/useServerClock";
import { useShortcuts } from "../ui/useShortcuts";
import { Video } from "../ui/Video";

export function MeetingPage({ call }: { call: Call }) {
	const { t } = useTexts();
	const root = useRef<HTMLElement>(null);
	const [panel, setPanel] = useState<Panel>();
	const [page, setPage] = useState(0);
	const content = useStore(call.state, (s) => s.video[1] !== undefined && s.video[1].state !== "empty");
	const phase = useStore(call.state, (s) => s.phase);
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const floorMeeting = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	const slots = useStore(call.local, (s) => s.connection.video.length);
	const queue = manages(self) && floorMeeting;
	// Who presides sees no second picture of itself: the place of the chair is its self-view.
	const own = self?.role === "chair";
	useHeights(call, root, page);
	useShortcuts(call);
	return (
		<div className="room">
			<RoomHeader call={call} />
			<main className={`stage ${content ? "stage-content" : ""} ${own ? "stage-presiding" : ""}`} ref={root}>
				<SlotTile call={call} index={0} className="area-programme" />
				<SlotTile call={call} index={1} className="area-content" />
				<SlotTile call={call} index={2} className="area-chair" />
				<SelfView call={call} />
				<div className="strip">
					{Array.from({ length: Math.max(0, slots - 3) }, (_, i) => (
						// biome-ignore lint/suspicious/noArrayIndexKey: a slot is its index
						<SlotTile key={i} call={call} index={i + 3} />
					))}
				</div>
				<Pages call={call} page={page} onPage={setPage} />
				{(queue || panel) && (
					<aside className="side">
						{queue && <FloorQueue call={call} />}
						{panel === "participants" && <Participants call={call} />}
						{panel === "chat" && <ChatPanel call={call} />}
						{panel === "devices" && <DevicePanel call={call} />}
					</aside>
				)}
			</main>
			<Toolbar call={call} panel={panel} onPanel={setPanel} />
			<Sound call={call} />
			<Refusal call={call} />
			{phase === "reconnecting" && (
				<p className="reconnecting" role="status" data-testid="reconnecting">
					{t("link.reconnecting")}
				</p>
			)}
		</div>
	);
}

function RoomHeader({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const subject = useStore(call.state, (s) => s.meeting?.subject);
	const now = useServerClock(call);
	const clock = new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", {
		hour: "2-digit",
		minute: "2-digit",
		timeZone: "Asia/Ho_Chi_Minh",
	});
	return (
		<section className="room-header" aria-label={t("room.header")}>
			<h1>{subject}</h1>
			<time>{clock.format(now)}</time>
		</section>
	);
}

function SelfView({ call }: { call: Call }) {
	const { t } = useTexts();
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const camera = useStore(call.local, (s) => s.sent.camera);
	const [stream, setStream] = useState<MediaStream>();
	useEffect(() => setStream(camera ? new MediaStream([camera]) : undefined), [camera]);
	return (
		<div className="tile area-self" data-testid="self-view">
			<div className="picture">{stream ? <Video stream={stream} mirrored /> : <p className="poster">{t("tile.you")}</p>}</div>
			{self && <Plate call={call} participant={self} />}
		</div>
	);
}

function Pages({ call, page, onPage }: { call: Call; page: number; onPage: (page: number) => void }) {
	const { t } = useTexts();
	const { page: shown, pages } = useStore(call.state);
	if (pages < 2) return null;
	return (
		<nav className="pages" aria-label={t("page.of", { page: shown + 1, pages })}>
			<button type="button" onClick={() => onPage(Math.max(0, Math.min(page, pages - 1) - 1))} disabled={shown === 0}>
				{t("page.previous")}
			</button>
			<span>{t("page.of", { page: shown + 1, pages })}</span>
			<button type="button" onClick={() => onPage(Math.min(page, pages - 1) + 1)} disabled={shown >= pages - 1}>
				{t("page.next")}
			</button>
		</nav>
	);
}

/** What the server refused, in its own words. */
function Refusal({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const refusal = useStore(call.local, (s) => s.refusal);
	const close = () => call.local.setState({ refusal: undefined });
	useEffect(() => {
		if (!refusal) return;
		const timer = setTimeout(() => call.local.setState({ refusal: undefined }), 6000);
		return () => clearTimeout(timer);
	}, [call, refusal]);
	if (!refusal) return null;
	return (
		<Notification
			className="toast"
			color="bad"
			onClose={close}
			role="alert"
			closeButtonProps={{ "aria-label": t("close") }}
			data-testid="refusal"
		>
			{language === "vi" ? refusal.vi : refusal.en}
			<br />
			<small>{t("problem.request", { id: refusal.requestId })}</small>
		</Notification>
	);
}
