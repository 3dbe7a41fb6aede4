import { useStore } from "zustand";
import type { Call } from "../call/call";
import { turnTime } from "../call/turn";
import { duration, spokenDuration, useTexts } from "../i18n";
import { Digits } from "./Digits";
import { StateIcon } from "./StateIcon";
import { useServerClock } from "./useServerClock";

/** The time of the turn that runs: what is left of it, or what has passed where there is no limit. */
export function TurnClock({ call, bar }: { call: Call; bar?: boolean }) {
	const { t, language } = useTexts();
	const floor = useStore(call.state, (s) => s.floor);
	const now = useServerClock(call);
	const time = turnTime(floor, now);
	if (!time) return null;
	const spoken = spokenDuration(time.ms, language);
	const label = !time.limited
		? t("turn.spokenFor", { time: spoken })
		: time.state === "over"
			? t("turn.overBy", { time: spoken })
			: t("turn.left", { time: spoken });
	const word = !time.limited ? "turn.running" : time.state === "over" ? "turn.over" : time.state === "less" ? "turn.less" : "turn.timeLeft";
	return (
		<span className={`turn turn-${time.state}`} data-testid="turn" data-state={time.state}>
			<small>
				{time.state === "less" && <StateIcon state="warn" />}
				{time.state === "over" && <StateIcon state="bad" />}
				{t(word)}
			</small>
			<Digits
				role="timer"
				label={label}
				text={time.state === "over" ? `+${duration(-time.ms)}` : duration(roundUp(time.ms, time.limited))}
			/>
			{bar && time.limited && (
				<span className="turn-bar" aria-hidden="true">
					<i style={{ width: `${time.share * 100}%` }} />
				</span>
			)}
			{/* Spoken once: when the last minute begins, and when the time is over. */}
			<span className="visually-hidden" role="status">
				{time.limited && time.state !== "running" ? t(time.state === "over" ? "turn.over" : "turn.less") : ""}
			</span>
		</span>
	);
}

/** A countdown shows the second that runs: 03:00 until 02:59 have been reached. */
function roundUp(ms: number, limited: boolean): number {
	return limited ? Math.ceil(ms / 1000) * 1000 : ms;
}
