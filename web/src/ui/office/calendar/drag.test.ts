import { describe, expect, it } from "vitest";
import { dayOf, hour, minutesOf, momentOf } from "./dates";
import { type Grip, moved, overlaps, partOn, type Time } from "./drag";

const day = "2026-11-26";
const hours = { from: 7 * 60, to: 18 * 60 };
const time = (from: number, to: number, on = day): Time => ({ start: momentOf(on, from * 60), end: momentOf(on, to * 60) });
const said = (t: Time) => `${dayOf(t.start).slice(8)} ${hour(minutesOf(t.start))}–${hour(minutesOf(t.end))}`;

describe("a block that is dragged", () => {
	it.each<[Grip, number, number, string]>([
		["move", 0, 60, "26 15:00–17:00"],
		["move", 1, -360, "27 08:00–10:00"],
		["move", 0, 67, "26 15:00–17:00"],
		["move", 0, 68, "26 15:15–17:15"],
		["move", 0, 600, "26 17:45–19:45"], // it begins in sight
		["move", -1, -900, "25 07:00–09:00"],
		["end", 0, 30, "26 14:00–16:30"],
		["end", 1, -300, "26 14:00–14:15"],
		["end", 0, 600, "26 14:00–18:00"],
		["start", 0, -30, "26 13:30–16:00"],
		["start", 0, 300, "26 15:45–16:00"],
	])("%s by %i days and %i minutes is at %s", (grip, days, minutes, want) => {
		expect(said(moved(time(14, 16), grip, days, minutes, hours))).toBe(want);
	});

	it.each<[Grip, number, number, string]>([
		["move", 2, 0, "28 23:00–01:00"],
		["move", 0, 30, "26 23:30–01:30"],
		["move", 0, -120, "26 21:00–23:00"],
		["end", 0, 60, "26 23:00–02:00"],
		["end", 0, -90, "26 23:00–23:30"],
		["start", 0, -60, "26 22:00–01:00"],
	])("over midnight, %s by %i days and %i minutes is at %s", (grip, days, minutes, want) => {
		expect(said(moved(time(23, 25), grip, days, minutes, { from: 0, to: 24 * 60 }))).toBe(want);
	});
});

describe("the part of a time on a day", () => {
	it("is none on other days, nor where it ends at midnight", () => {
		expect([time(14, 16), time(22, 24), time(24, 26)].map((t) => partOn(t, "2026-11-27") !== undefined)).toEqual([false, false, true]);
	});
	it("ends at midnight, and goes on there", () => {
		expect([day, "2026-11-27"].map((d) => said(partOn(time(23, 25), d) as Time))).toEqual(["26 23:00–00:00", "27 00:00–01:00"]);
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
