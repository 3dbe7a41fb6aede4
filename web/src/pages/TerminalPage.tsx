import { Button } from "@mantine/core";
import { useCallback, useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { setHall } from "../media/devices";
import { keepAwake } from "../media/wakeLock";
import { DeviceLights, useTerminalDevices } from "../ui/hall/DeviceLights";
import { Foyer } from "../ui/hall/Foyer";
import { HallView } from "../ui/hall/HallView";
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
/** Tiles in each row and column of the mosaic on a terminal's screen. */
const grid = 5;

/** A meeting-room terminal that nobody attends. It keeps its link on this machine: later starts need none. */
export default function TerminalPage({ invitation }: { invitation: string }) {
	const [link] = useState(() => {
		rememberHall();
		if (invitation) localStorage.setItem(linkKey, invitation);
		return invitation || localStorage.getItem(linkKey) || "";
	});
	useEffect(keepAwake, []);
	return <div className="hall-page">{link ? <Terminal invitation={link} /> : <Foyer now={Date.now()} note="terminal.noLink" />}</div>;
}

function Terminal({ invitation }: { invitation: string }) {
	const { t } = useTexts();
	const state = useInvitation(invitation);
	const devices = useTerminalDevices();
	const prepare = useCallback((call: Call) => devices.give(call), [devices]);
	const { call, phase, note, left, now, enter } = useUnattended(invitation, state, { video: 3 + grid * grid - 1, audio: 4 }, prepare);
	const pointer = usePointer();
	useEffect(() => {
		if (call) expose(call);
	}, [call]);
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
		<Foyer invited={state.invited} problem={state.problem} left={left} now={now} note={note}>
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

function Lights({ call, devices }: { call: Call; devices: ReturnType<typeof useTerminalDevices> }) {
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
