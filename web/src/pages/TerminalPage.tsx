import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { clock, useTexts } from "../i18n";
import { setHall } from "../media/devices";
import { keepAwake } from "../media/wakeLock";
import type { HallSchedule, TerminalMeeting } from "../signaling/rest";
import { DeviceLights, type TerminalDevices, useTerminalDevices } from "../ui/hall/DeviceLights";
import { Foyer, problemText } from "../ui/hall/Foyer";
import { HallView } from "../ui/hall/HallView";
import { Pairing } from "../ui/hall/Pairing";
import { Schedule } from "../ui/hall/Schedule";
import { joinable, meetingNow, nextMeeting } from "../ui/hall/schedule";
import { useRemote } from "../ui/hall/useRemote";
import { type Terminal, useTerminal, useTerminalSeat } from "../ui/hall/useTerminal";
import { useUnattended } from "../ui/hall/useUnattended";
import { SelfView } from "../ui/SelfView";
import { Sound } from "../ui/Sound";
import { useInvitation } from "../ui/useInvitation";
import { expose } from "./expose";

const linkKey = "diemcau.terminal";

/** A hall with a mixer of its own says so in its link: /terminal?hall=yes#…. It is remembered with the link. */
function rememberHall(): void {
	const hall = new URLSearchParams(location.search).get("hall");
	if (hall === "yes" || hall === "no") setHall(hall === "yes");
}

/** A pointer that rests is hidden after this long, in ms. */
const rest = 3000;
/** How long a note on the schedule stays, in ms. */
const noteLasts = 10_000;
/** Tiles in each row and column of the mosaic on a terminal's screen. */
const grid = 5;

/**
 * A meeting-room terminal that nobody attends. It is paired once and follows its hall's schedule; or it keeps an invitation link on this
 * machine. Later starts need neither.
 */
export default function TerminalPage({ invitation }: { invitation: string }) {
	const [link, setLink] = useState(() => {
		rememberHall();
		if (invitation) localStorage.setItem(linkKey, invitation);
		return invitation || localStorage.getItem(linkKey) || "";
	});
	useEffect(keepAwake, []);
	const forget = useCallback(() => {
		localStorage.removeItem(linkKey);
		setLink("");
	}, []);
	return <div className="hall-page">{link ? <Linked invitation={link} onRefused={forget} /> : <Paired />}</div>;
}

/** A terminal with a link. One that is not valid any more gives way to the hall's schedule. */
function Linked({ invitation, onRefused }: { invitation: string; onRefused: () => void }) {
	const devices = useTerminalDevices();
	return <Seat invitation={invitation} devices={devices} onRefused={onRefused} />;
}

function Paired() {
	const terminal = useTerminal();
	if (terminal.unpaired) return <Pairing pair={terminal.pair} now={terminal.now} />;
	if (!terminal.schedule) return <Foyer problem={terminal.problem} now={terminal.now} />;
	return <Hall terminal={terminal} schedule={terminal.schedule} />;
}

/** The hall's schedule, and the meeting when its time has come. */
function Hall({ terminal, schedule }: { terminal: Terminal; schedule: HallSchedule }) {
	const { t, language } = useTexts();
	const { now, refresh, problem } = terminal;
	const devices = useTerminalDevices();
	const [chosen, setChosen] = useState("");
	const last = useRef("");
	const current = meetingNow(schedule.meetings, now, last.current, chosen);
	useEffect(() => {
		last.current = current?.id ?? "";
	}, [current?.id]);
	const seat = useTerminalSeat(current?.id, refresh);
	const next = current ?? nextMeeting(schedule.meetings, now);
	const [note, setNote] = useState("");
	const choose = useCallback(
		(meeting: TerminalMeeting) => {
			setChosen(meeting.id);
			setNote(joinable(meeting, now) ? "" : t("terminal.notOpen", { time: clock(Date.parse(meeting.join_at), language) }));
			refresh();
		},
		[now, refresh, t, language],
	);
	useRemote(useCallback(() => next && choose(next), [next, choose]));
	useEffect(() => {
		const timer = note ? setTimeout(() => setNote(""), noteLasts) : undefined;
		return () => clearTimeout(timer);
	}, [note]);
	if (current && seat.invitation) return <Seat key={seat.invitation} invitation={seat.invitation} devices={devices} />;
	const trouble = problem ?? seat.problem;
	return (
		<Foyer
			title={schedule.hall.name || schedule.terminal.name}
			meeting={next && { ...next, opens_at: next.join_at }}
			left={next && !current && Date.parse(next.start) > now ? Date.parse(next.join_at) - now : undefined}
			now={now}
			note={next ? undefined : "terminal.noMeetings"}
			below={<Schedule meetings={schedule.meetings} now={now} current={next?.id} onChoose={choose} />}
		>
			<aside className="foyer-devices">
				<h2>{t("devices.title")}</h2>
				<DeviceLights devices={devices} link={trouble ? "bad" : "ok"} />
				<p className="foyer-hint" role="status">
					{trouble ? problemText(trouble, t, language) : note || (next ? t("terminal.okHint") : "")}
				</p>
			</aside>
		</Foyer>
	);
}

interface SeatProps {
	invitation: string;
	devices: TerminalDevices;
	/** The invitation is not valid, and will not be. */
	onRefused?: () => void;
}

/** The terminal's seat in a meeting. */
function Seat({ invitation, devices, onRefused }: SeatProps) {
	const { t } = useTexts();
	const state = useInvitation(invitation);
	const prepare = useCallback((call: Call) => devices.give(call), [devices]);
	const { call, phase, note, left, now, enter } = useUnattended(invitation, state, { video: 3 + grid * grid - 1, audio: 4 }, prepare);
	const pointer = usePointer();
	useEffect(() => {
		if (call) expose(call);
	}, [call]);
	const refused = state.problem && !state.problem.passing && !state.invited;
	useEffect(() => {
		if (refused) onRefused?.();
	}, [refused, onRefused]);
	if (call && phase === "in") {
		return (
			<div className={pointer ? "" : "hall-still"} data-testid="terminal">
				<HallView call={call} show="follow" grid={grid}>
					<SelfView call={call} />
					<Lights call={call} devices={devices} />
				</HallView>
				<Sound call={call} />
			</div>
		);
	}
	return (
		<Foyer
			title={state.invited?.unit ?? state.invited?.name}
			meeting={state.invited?.meeting}
			problem={state.problem}
			left={left}
			now={now}
			note={note}
		>
			<aside className="foyer-devices">
				<h2>{t("devices.title")}</h2>
				<DeviceLights devices={devices} link={state.problem ? "bad" : state.invited ? "ok" : "off"} />
				{note && (
					<Button variant="default" size="lg" onClick={enter} data-testid="again">
						{t("terminal.ok")}
					</Button>
				)}
			</aside>
		</Foyer>
	);
}

function Lights({ call, devices }: { call: Call; devices: TerminalDevices }) {
	const phase = useStore(call.state, (s) => s.phase);
	const quality = useStore(call.state, (s) => s.links[s.participant]?.quality);
	const bad = useStore(call.local, (s) => s.trouble !== undefined || s.broken);
	return <DeviceLights devices={devices} link={phase !== "connected" || bad ? "bad" : quality === "poor" ? "warn" : "ok"} small />;
}

/** Whether the pointer moved a short while ago. */
function usePointer(): boolean {
	const [moving, setMoving] = useState(false);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	useEffect(() => {
		const onMove = () => {
			setMoving(true);
			clearTimeout(timer.current);
			timer.current = setTimeout(() => setMoving(false), rest);
		};
		window.addEventListener("pointermove", onMove);
		return () => {
			window.removeEventListener("pointermove", onMove);
			clearTimeout(timer.current);
		};
	}, []);
	return moving;
}
