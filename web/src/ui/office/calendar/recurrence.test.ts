import { describe, expect, it } from "vitest";
import { dayOf, momentOf } from "./dates";
import { occurrences, type Rule, readRule, shifted, writeRule } from "./recurrence";

const weekly: Rule = { frequency: "weekly", interval: 1, weekdays: [], count: 4 };

describe("a rule", () => {
	it.each<[Rule, string]>([
		[weekly, "FREQ=WEEKLY;COUNT=4"],
		[{ ...weekly, interval: 2, weekdays: [3, 1] }, "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE;COUNT=4"],
		[{ frequency: "daily", interval: 1, weekdays: [], until: "2026-12-31" }, "FREQ=DAILY;UNTIL=20261231T165959Z"],
		[{ frequency: "monthly", interval: 3, weekdays: [], count: 10 }, "FREQ=MONTHLY;INTERVAL=3;COUNT=10"],
	])("%j is %s", (rule, text) => {
		expect(writeRule(rule)).toBe(text);
		expect(readRule(text)).toEqual({ ...rule, weekdays: [...rule.weekdays].sort() });
	});

	it.each(["FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=1MO", "FREQ=WEEKLY;BYDAY=XX", "FREQ=DAILY;BYHOUR=8", ""])("%s cannot be shown", (text) =>
		expect(readRule(text)).toBeUndefined(),
	);
});

describe("a series that is moved", () => {
	const at = (day: string, minutes: number) => new Date(momentOf(day, minutes)).toISOString();
	it("takes along what it leaves out", () =>
		expect(shifted({ rrule: "FREQ=DAILY;COUNT=9", exdates: [at("2026-11-26", 480)] }, 90 * 60_000)).toEqual({
			rrule: "FREQ=DAILY;COUNT=9",
			exdates: [at("2026-11-26", 570)],
		}));
	it.each([undefined, null, { rrule: "FREQ=DAILY;COUNT=9" }])("has nothing to take along: %j", (none) =>
		expect(shifted(none, 60_000)).toBe(none),
	);
});

describe("the meetings of a series", () => {
	const on = (first: string, rule: Rule) => occurrences(momentOf(first, 480), rule).map(dayOf);
	it.each<[string, string, Rule, string[]]>([
		["weeks", "2026-11-24", weekly, ["2026-11-24", "2026-12-01", "2026-12-08", "2026-12-15"]],
		[
			"weekdays, from the first on",
			"2026-11-25",
			{ ...weekly, weekdays: [1, 3] },
			["2026-11-25", "2026-11-30", "2026-12-02", "2026-12-07"],
		],
		[
			"days up to the last",
			"2026-11-29",
			{ frequency: "daily", interval: 1, weekdays: [], until: "2026-12-01" },
			["2026-11-29", "2026-11-30", "2026-12-01"],
		],
		[
			"months that have the day",
			"2026-01-31",
			{ frequency: "monthly", interval: 1, weekdays: [], count: 3 },
			["2026-01-31", "2026-03-31", "2026-05-31"],
		],
		["leap days", "2028-02-29", { frequency: "monthly", interval: 12, weekdays: [], count: 2 }, ["2028-02-29", "2032-02-29"]],
	])("%s", (_, first, rule, want) => expect(on(first, rule)).toEqual(want));

	it("are bounded", () => expect(on("2026-01-01", { frequency: "daily", interval: 1, weekdays: [], count: 5000 })).toHaveLength(200));
});
