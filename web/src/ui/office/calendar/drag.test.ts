import { describe, expect, it } from "vitest";
import { dayOf, hour, minutesOf, momentOf } from "./dates";
import { freeTimes, type Grip, moved, overlaps, type Time } from "./drag";

const day = "2026-11-26";
const hours = { from: 7 * 60, to: 18 * 60 };
const time = (from: number, to: number, on = day): Time => ({ start: momentOf(on, from * 60), end: momentOf(on, to * 60) });
const said = (t: Time) => `${dayOf(t.start).slice(8)} ${hour(minutesOf(t.start))}–${hour(minutesOf(t.end))}`;

describe("a block that is dragged", () => {
	it.each<[Grip, string, number, string]>([
		["move", day, 60, "26 15:00–17:00"],
		["move", "2026-11-27", -360, "27 08:00–10:00"],
		["move", day, 67, "26 15:00–17:00"],
		["move", day, 68, "26 15:15–17:15"],
		["move", day, 600, "26 16:00–18:00"],
		["move", day, -900, "26 07:00–09:00"],
		["end", day, 30, "26 14:00–16:30"],
		["end", "2026-11-27", -300, "26 14:00–14:15"],
		["end", day, 600, "26 14:00–18:00"],
		["start", day, -30, "26 13:30–16:00"],
		["start", day, 300, "26 15:45–16:00"],
	])("%s to %s by %i minutes is at %s", (grip, on, minutes, want) => {
		expect(said(moved(time(14, 16), grip, on, minutes, hours))).toBe(want);
	});

	it("may be longer than the day shown", () => {
		expect(said(moved(time(6, 20), "move", day, 0, hours))).toBe("26 07:00–21:00");
	});
});

describe("overlaps", () => {
	const booked = [
		{ ...time(14, 15.5), resource: "hall:P1", meeting: "M8", subject: "Ứng phó bão" },
		{ ...time(8, 16.5), resource: "site:AL", meeting: "M7", subject: "Tập huấn" },
		{ ...time(14, 16), resource: "hall:P1", meeting: "M9", subject: "Công tác y tế" },
	];
	it("are what others have at the time", () => {
		expect(overlaps(time(15, 17), "M9", ["hall:P1", "site:AL"], booked).map((o) => [o.meeting, o.minutes])).toEqual([
			["M8", 30],
			["M7", 90],
		]);
	});
	it("do not begin where another ends, nor are of what is not wanted", () => {
		expect(overlaps(time(15.5, 17), "M9", ["hall:P1"], booked)).toEqual([]);
		expect(overlaps(time(14, 17), "M9", ["hall:P2"], booked)).toEqual([]);
	});
});

describe("free times", () => {
	const length = 2 * 3600_000;
	const found = (busy: Time[], notBefore = 0) => freeTimes(day, length, busy, hours, notBefore).map(said);
	it("are one for each gap of half a day", () => {
		expect(found([])).toEqual(["26 07:00–09:00", "26 12:00–14:00"]);
		expect(found([time(8, 9)])).toEqual(["26 09:00–11:00", "26 12:00–14:00"]);
		expect(found([time(8, 11), time(10, 13), time(14, 15.5)])).toEqual(["26 15:30–17:30"]);
		expect(found([time(7, 18)])).toEqual([]);
	});
	it("are not in the past", () => {
		expect(found([], momentOf(day, 9 * 60 + 50))).toEqual(["26 10:00–12:00", "26 12:00–14:00"]);
		expect(found([], momentOf(day, 17 * 60))).toEqual([]);
	});
});
