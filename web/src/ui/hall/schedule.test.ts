import { expect, test } from "vitest";
import type { TerminalMeeting } from "../../signaling/rest";
import { joinable, meetingNow, nextMeeting } from "./schedule";

const at = (clock: string) => Date.parse(`2025-06-12T${clock}:00+07:00`);

function meeting(id: string, start: string, end: string, state: TerminalMeeting["state"] = "issued"): TerminalMeeting {
	const iso = (ms: number) => new Date(ms).toISOString();
	return { id, subject: id, chair: "", state, start: iso(at(start)), end: iso(at(end)), join_at: iso(at(start) - 15 * 60_000) };
}

test.each([
	["issued", "13:44", false],
	["issued", "13:45", true],
	["issued", "15:29", true],
	["issued", "15:30", false],
	["approved", "14:10", false],
	["held", "16:00", true],
	["concluded", "14:10", false],
] as const)("a meeting that is %s at %s", (state, now, want) => {
	expect(joinable(meeting("m", "14:00", "15:30", state), at(now))).toBe(want);
});

test("which meeting a terminal is in", () => {
	const training = meeting("training", "08:00", "16:30", "held");
	const urgent = meeting("urgent", "14:00", "15:30");
	const after = meeting("after", "16:30", "17:30");
	const all = [training, urgent, after];
	const now = (clock: string, chosen = "") => meetingNow(all, at(clock), chosen)?.id;
	expect(now("13:50")).toBe("training");
	expect(now("13:50", "urgent")).toBe("urgent");
	expect(now("14:00")).toBe("urgent");
	expect(now("15:30")).toBe("training");
	expect(now("15:30", "urgent")).toBe("training");
	expect(now("16:20")).toBe("training");
	expect(meetingNow([after], at("16:20"), "")?.id).toBe("after");
	expect(meetingNow([after], at("16:00"), "after")).toBeUndefined();
	expect(nextMeeting(all, at("12:00"))?.id).toBe("urgent");
	expect(nextMeeting(all, at("15:00"))?.id).toBe("after");
	expect(nextMeeting(all, at("17:00"))).toBeUndefined();
});
