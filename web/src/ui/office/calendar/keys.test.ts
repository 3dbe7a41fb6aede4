import { describe, expect, it } from "vitest";
import { momentOf } from "./dates";
import { type Arrow, follow, neighbour } from "./keys";

const days = ["2026-11-23", "2026-11-24", "2026-11-25"];
const at = (id: string, day: string, hours: number, length = 1) => ({
	id,
	start: momentOf(day, hours * 60),
	end: momentOf(day, (hours + length) * 60),
});
const meetings = [at("M2", days[0], 14), at("M1", days[0], 8), at("M5", days[2], 7.5), at("M6", days[2], 14)];

describe("the arrows", () => {
	it.each<[string | undefined, string, Arrow, string | undefined, string]>([
		["M1", days[0], "down", "M2", days[0]],
		["M2", days[0], "down", "M2", days[0]],
		["M2", days[0], "up", "M1", days[0]],
		[undefined, days[0], "down", "M1", days[0]],
		[undefined, days[0], "up", "M2", days[0]],
		["M2", days[0], "right", undefined, days[1]],
		[undefined, days[1], "down", undefined, days[1]],
		[undefined, days[1], "left", "M1", days[0]],
		["M6", days[2], "right", "M6", days[2]],
		["M1", days[0], "left", "M1", days[0]],
	])("from %s of %s, %s", (meeting, day, arrow, wantMeeting, wantDay) => {
		expect(follow({ day, meeting }, arrow, days, meetings)).toEqual({ day: wantDay, meeting: wantMeeting });
	});

	it("go from week to week in a month", () => {
		const month = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30"];
		const two = [at("a", month[0], 8), at("b", month[0], 14), at("c", month[7], 8), at("d", month[7], 9)];
		const go = (meeting: string | undefined, day: string, arrow: Arrow) => follow({ day, meeting }, arrow, month, two, true);
		expect(go("a", month[0], "down")).toEqual({ day: month[0], meeting: "b" });
		expect(go("b", month[0], "down")).toEqual({ day: month[7], meeting: "c" });
		expect(go("c", month[7], "up")).toEqual({ day: month[0], meeting: "b" });
		expect(go("d", month[7], "down")).toEqual({ day: month[7], meeting: "d" });
		expect(go(undefined, month[1], "up")).toEqual({ day: month[1], meeting: undefined });
	});

	it("find a meeting over midnight on both of its days", () => {
		const night = [at("a", days[0], 23, 2), at("b", days[1], 8)];
		expect(follow({ day: days[0], meeting: "a" }, "right", days, night)).toEqual({ day: days[1], meeting: "a" });
		expect(follow({ day: days[1], meeting: "a" }, "down", days, night).meeting).toBe("b");
	});

	it("go to the nearest hour of another day", () => {
		const two = [at("a", days[0], 13), at("b", days[1], 8), at("c", days[1], 14)];
		expect(follow({ day: days[0], meeting: "a" }, "right", days, two).meeting).toBe("c");
	});
});

it("goes through a list", () => {
	const ids = ["a", "b", "c"];
	expect([neighbour(ids, undefined, 1), neighbour(ids, undefined, -1)]).toEqual(["a", "c"]);
	expect([neighbour(ids, "a", 1), neighbour(ids, "c", 1), neighbour(ids, "a", -1)]).toEqual(["b", "c", "a"]);
	expect(neighbour([], "a", 1)).toBeUndefined();
	expect(neighbour(ids, "gone", 1)).toBe("a");
});
