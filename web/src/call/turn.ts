// The time of a turn. Pure: it follows the server's clock, since the clocks of halls are wrong.
import type { Floor } from "../signaling/protocol.gen";

/** less: under a minute is left. */
export type TurnState = "running" | "less" | "over";

export interface TurnTime {
	/** Milliseconds left; negative when the time is over; without a limit the time that has passed. */
	ms: number;
	limited: boolean;
	state: TurnState;
	/** What is left of the whole, from 0 to 1. */
	share: number;
}

const soon = 60_000;

/** now is the server's clock in ms. Undefined while nobody has the floor. */
export function turnTime(floor: Floor, now: number): TurnTime | undefined {
	if (!floor.holder || !floor.since) return undefined;
	const passed = Math.max(0, now - Date.parse(floor.since));
	if (!floor.limit_s) return { ms: passed, limited: false, state: "running", share: 1 };
	const whole = floor.limit_s * 1000;
	const ms = whole - passed;
	return { ms, limited: true, state: ms <= 0 ? "over" : ms <= soon ? "less" : "running", share: Math.max(0, Math.min(1, ms / whole)) };
}
