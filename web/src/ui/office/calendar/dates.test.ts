import { describe, expect, it } from "vitest";
import {
	addDays,
	addMonths,
	dayOf,
	hour,
	isMorning,
	minutesOf,
	momentOf,
	mondayOf,
	monthWeeks,
	readDay,
	readHour,
	readMonth,
	readTypedDay,
	readWeek,
	weekday,
	weekName,
} from "./dates";

describe("days and hours in Việt Nam", () => {
	it.each([
		["2026-11-26T17:00:00Z", "2026-11-27", 0],
		["2026-11-26T16:59:59Z", "2026-11-26", 1439],
		["2026-11-27T01:30:00Z", "2026-11-27", 510],
		["2026-12-31T17:30:00Z", "2027-01-01", 30],
		["1969-12-31T10:00:00Z", "1969-12-31", 1020],
	])("%s is %s, minute %i", (iso, day, minutes) => {
		const ms = Date.parse(iso);
		expect([dayOf(ms), minutesOf(ms)]).toEqual([day, minutes]);
		expect(momentOf(day, minutes)).toBe(ms - (ms % 60_000));
	});

	it("splits the day at noon", () => {
		expect(isMorning(momentOf("2026-11-27", 719))).toBe(true);
		expect(isMorning(momentOf("2026-11-27", 720))).toBe(false);
	});

	it("crosses months and leap days", () => {
		expect(addDays("2028-02-28", 1)).toBe("2028-02-29");
		expect(addDays("2026-03-01", -1)).toBe("2026-02-28");
		expect(addMonths("2026-11-27", 2)).toBe("2027-01-01");
		expect(addMonths("2026-01-15", -1)).toBe("2025-12-01");
	});
});

describe("weeks", () => {
	it.each([
		["2026-11-27", "2026-W48", "2026-11-23"],
		["2025-06-12", "2025-W24", "2025-06-09"],
		["2027-01-01", "2026-W53", "2026-12-28"],
		["2027-01-04", "2027-W01", "2027-01-04"],
		["2024-12-30", "2025-W01", "2024-12-30"],
		["2026-11-29", "2026-W48", "2026-11-23"],
	])("%s is in %s, which begins on %s", (day, name, monday) => {
		expect(weekName(day)).toBe(name);
		expect(mondayOf(day)).toBe(monday);
		expect(readWeek(name)).toBe(monday);
	});

	it.each(["2025-W53", "2026-W00", "2026-48", "", "2026-W99"])("%s is none", (name) => expect(readWeek(name)).toBeUndefined());

	it("cover a month", () => {
		const weeks = monthWeeks("2026-11-01");
		expect(weeks.map((w) => [w[0], w[6]])).toEqual([
			["2026-10-26", "2026-11-01"],
			["2026-11-02", "2026-11-08"],
			["2026-11-09", "2026-11-15"],
			["2026-11-16", "2026-11-22"],
			["2026-11-23", "2026-11-29"],
			["2026-11-30", "2026-12-06"],
		]);
		expect(monthWeeks("2027-02-01")).toHaveLength(4);
		expect(weekday("2026-11-29")).toBe(7);
	});
});

describe("what people type", () => {
	it.each([
		["8", 480],
		["08:30", 510],
		["8h30", 510],
		["8h", 480],
		["830", 510],
		["1430", 870],
		["14 giờ 05", 845],
		["8g15", 495],
		["24:00", undefined],
		["8:60", undefined],
		["mai", undefined],
		["", undefined],
	])("%s is minute %s", (text, minutes) => expect(readHour(text)).toBe(minutes));

	it.each([
		["12/06/2025", "2025-06-12"],
		["1/12", "2026-12-01"],
		["5/1", "2027-01-05"],
		["thứ Năm, 12/6/2025", "2025-06-12"],
		["31/02/2026", undefined],
		["29/2", undefined],
		["nay", undefined],
	])("%s is %s", (text, day) => expect(readTypedDay(text, "2026-11-27")).toBe(day));

	it("reads days and months of addresses", () => {
		expect(readDay("2026-02-29")).toBeUndefined();
		expect(readDay("2026-02-28")).toBe("2026-02-28");
		expect(readMonth("2026-13")).toBeUndefined();
		expect(readMonth("2026-11")).toBe("2026-11-01");
		expect(hour(510)).toBe("08:30");
	});
});
