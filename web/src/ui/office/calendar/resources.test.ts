import { describe, expect, it } from "vitest";
import type { Directory } from "../../../office/directory";
import { dayOf, hour, minutesOf, momentOf } from "./dates";
import type { Booked, Time } from "./drag";
import { essentialOf, partsOf, proposals, resourcesOf, toldOnce, workingDays } from "./resources";

const thursday = "2026-11-26";
const time = (day: string, from: number, to: number): Time => ({ start: momentOf(day, from * 60), end: momentOf(day, to * 60) });
const booked = (resource: string, day: string, from: number, to: number): Booked => ({
	...time(day, from, to),
	resource,
	meeting: "M",
	subject: "",
});

const directory = {
	halls: [
		{ id: "al", name: "", unit: "AL", seats: 1, protocol_order: 1 },
		{ id: "yt-1", name: "", unit: "YT", seats: 1, protocol_order: 1 },
		{ id: "yt-2", name: "", unit: "YT", seats: 1, protocol_order: 2 },
	],
	terminals: [
		{ id: "al-1", name: "", hall: "al" },
		{ id: "yt-2-1", name: "", hall: "yt-2" },
	],
	people: [
		{ id: "vp", title: "", unit: "UB", protocol_order: 1, leader: true },
		{ id: "gd", title: "", unit: "YT", protocol_order: 2, leader: false },
	],
} as unknown as Directory;

const plan = {
	halls: [{ id: "P1", name: "" }],
	chair: { person: "ct", name: "" },
	co_chairs: [{ name: "khách" }, { person: "pct", name: "" }],
	delegates: [
		{ person: "vp", name: "" },
		{ person: "gd", name: "" },
	],
	sites: [
		{ unit_id: "AL", name: "", protocol_order: 1 },
		{ unit_id: "YT", name: "", protocol_order: 2 },
		{ name: "", protocol_order: 3 },
	],
	resources: [{ kind: "hall" as const, id: "P1" }],
};

it("a plan holds its halls, leaders, and sites with their only hall and terminal, each once", () => {
	const all = ["hall:P1", "leader:ct", "leader:pct", "leader:vp", "site:AL", "hall:al", "terminal:al-1", "site:YT"];
	expect(resourcesOf(plan, directory)).toEqual(all);
	const chosen = { ...plan, sites: [{ unit_id: "YT", terminal: "yt-2-1", name: "", protocol_order: 1 }] };
	expect(resourcesOf(chosen, directory).slice(4)).toEqual(["site:YT", "hall:yt-2", "terminal:yt-2-1"]);
	expect(essentialOf(plan)).toEqual(["hall:P1", "leader:ct", "leader:pct", "hall:P1"]);
});

it("what has a site, its hall and its terminal is told of once, what has the hall alone by the hall", () => {
	const of = (meeting: string, ...resources: string[]) => resources.map((r) => ({ ...booked(r, thursday, 8, 9), meeting }));
	const all = [...of("M1", "hall:al", "site:AL", "terminal:al-1"), ...of("M2", "hall:al")];
	expect(toldOnce(all, partsOf(plan, directory)).map((b) => `${b.meeting} ${b.resource}`)).toEqual(["M1 site:AL", "M2 hall:al"]);
});

describe("proposals", () => {
	const wanted = time(thursday, 14, 16);
	const find = (busy: Booked[], now = 0) =>
		proposals(
			wanted,
			{ resources: ["hall:P1", "leader:ct", "site:AL"], essential: ["hall:P1", "leader:ct"] },
			busy,
			workingDays(thursday, "2026-11-24"),
			now,
		).map((p) => `${dayOf(p.start).slice(8)} ${hour(minutesOf(p.start))} ${p.busy.join()}`);

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
