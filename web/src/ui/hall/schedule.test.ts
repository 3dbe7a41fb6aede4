import { expect, test } from "vitest";
import type { TerminalMeeting } from "../../signaling/rest";
import { joinable, meetingNow, nextMeeting } from "./schedule";

const at = (clock: string) => Date.parse(`2025-06-12T${clock}:00+07:00`);

function meeting(
	id: string,
	start: string,
	end: string,
	state: TerminalMeeting["state"] = "issued",
	more: Partial<TerminalMeeting> = {},
): TerminalMeeting {
	const iso = (ms: number) => new Date(ms).toISOString();
	const times = { start: iso(at(start)), end: iso(at(end)), join_at: iso(at(start) - 15 * 60_000) };
	return { id, subject: id, chair: "", state, joins: true, own: false, ...times, ...more };
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

test("an urgent meeting that has taken the place interrupts a long one, for as long as it lasts", () => {
	const training = meeting("training", "08:00", "16:30", "held", { gives_way_to: ["urgent"] });
	const urgent = meeting("urgent", "14:00", "15:30");
	const after = meeting("after", "16:30", "17:30");
	const all = [training, urgent, after];
	const now = (clock: string, current = "training", chosen = "") => meetingNow(all, at(clock), current, chosen)?.id;
	expect(now("13:50")).toBe("training");
	expect(now("13:50", "training", "urgent")).toBe("urgent");
	expect(now("14:00")).toBe("urgent");
	expect(now("14:10", "urgent")).toBe("urgent");
	expect(now("15:30", "urgent")).toBe("training");
	expect(now("15:30", "urgent", "urgent")).toBe("training");
	expect(now("16:20")).toBe("training");
	expect(meetingNow([after], at("16:20"), "", "")?.id).toBe("after");
	expect(meetingNow([after], at("16:00"), "", "after")).toBeUndefined();
	expect(nextMeeting(all, at("12:00"))?.id).toBe("urgent");
	expect(nextMeeting(all, at("15:00"))?.id).toBe("after");
	expect(nextMeeting(all, at("17:00"))).toBeUndefined();
});

test("a hall's own meeting comes before one of its unit, whichever began first", () => {
	const own = meeting("own", "08:00", "09:30", "held", { own: true });
	const unit = meeting("unit", "08:30", "10:00", "held");
	for (const current of ["", "own", "unit"]) expect(meetingNow([own, unit], at("08:40"), current, "")?.id).toBe("own");
	expect(meetingNow([own, unit], at("08:40"), "own", "unit")?.id).toBe("unit");
	const later = meeting("later", "09:00", "10:00", "held", { own: true });
	expect(meetingNow([unit, later], at("09:00"), "unit", "")?.id).toBe("later");
});

test("a terminal stays in its meeting until that is to end, and goes on to the next one where it runs late", () => {
	const one = meeting("one", "08:00", "09:30", "held");
	const two = meeting("two", "09:00", "10:30", "held");
	expect(meetingNow([one, two], at("09:10"), "one", "")?.id).toBe("one");
	expect(meetingNow([one, two], at("09:10"), "", "")?.id).toBe("two");
	expect(meetingNow([one, two], at("09:30"), "one", "")?.id).toBe("two");
	expect(meetingNow([one], at("09:40"), "one", "")?.id).toBe("one");
});

test("a meeting that all attend in the hall is joined only by hand", () => {
	const seated = meeting("seated", "08:00", "09:30", "issued", { joins: false, own: true });
	expect(meetingNow([seated], at("08:10"), "", "")).toBeUndefined();
	expect(meetingNow([seated], at("08:10"), "", "seated")?.id).toBe("seated");
	expect(nextMeeting([seated], at("08:10"))?.id).toBe("seated");
	expect(nextMeeting([seated], at("09:30"))).toBeUndefined();
});
