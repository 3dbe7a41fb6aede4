import { describe, expect, it } from "vitest";
import { dayOf, hour, minutesOf, momentOf } from "./dates";
import type { Booked, Time } from "./drag";
import { proposals, resourcesOf, workingDays } from "./resources";

const thursday = "2026-11-26";
const time = (day: string, from: number, to: number): Time => ({ start: momentOf(day, from * 60), end: momentOf(day, to * 60) });
const booked = (resource: string, day: string, from: number, to: number): Booked => ({
	...time(day, from, to),
	resource,
	meeting: "M",
	subject: "",
});

it("a plan holds its halls, leaders, sites and terminals, each once", () => {
	expect(
		resourcesOf({
			halls: [{ id: "P1", name: "" }],
			chair: { person: "ct", name: "" },
			co_chairs: [{ name: "khách" }, { person: "pct", name: "" }],
			sites: [
				{ unit_id: "AL", terminal: "t1", name: "", protocol_order: 1 },
				{ name: "", protocol_order: 2 },
			],
			resources: [{ kind: "hall", id: "P1" }],
		}),
	).toEqual(["hall:P1", "leader:ct", "leader:pct", "site:AL", "terminal:t1"]);
});

describe("proposals", () => {
	const wanted = time(thursday, 14, 16);
	const find = (busy: Booked[], now = 0) =>
		proposals(wanted, ["hall:P1", "leader:ct", "site:AL"], busy, workingDays(thursday, "2026-11-24"), now).map(
			(p) => `${dayOf(p.start).slice(8)} ${hour(minutesOf(p.start))} ${p.busy.join()}`,
		);

	it("are the nearest at which all are free, apart from each other", () => {
		expect(find([booked("hall:P1", thursday, 14, 15.5)])).toEqual(["26 09:30 ", "26 07:30 ", "27 07:30 "]);
	});

	it("name who cannot come where not all are free; halls and leaders always are", () => {
		const days = workingDays(thursday, "2026-11-24");
		const sites = days.map((d) => booked("site:AL", d, 7, 18));
		const hall = days.filter((d) => d !== "2026-11-27").map((d) => booked("hall:P1", d, 7, 18));
		expect(find([...sites, ...hall])).toEqual(["27 07:30 site:AL", "27 09:30 site:AL", "27 13:30 site:AL"]);
	});

	it("are not in the past, and none where there is none", () => {
		expect(find([], momentOf(thursday, 13 * 60))[0]).toBe("26 15:00 ");
		expect(find(workingDays(thursday, "2026-11-24").map((d) => booked("hall:P1", d, 0, 24)))).toEqual([]);
	});
});

it("working days leave out weekends, holidays and what is past", () => {
	const year = { holidays: ["2026-11-27"], workdays: ["2026-11-28"] };
	expect(workingDays(thursday, "2026-11-25", year).slice(0, 5)).toEqual(["2026-11-25", thursday, "2026-11-28", "2026-11-30", "2026-12-01"]);
});
