// What a meeting holds, and when else it could be: as many as possible free, what it cannot take place without always.
import type { Directory } from "../../../office/directory";
import type { Plan, Site } from "../../../office/meetings";
import { addDays, type Day, momentOf, weekday } from "./dates";
import type { Booked, Time } from "./drag";

type Held = Pick<Plan, "halls" | "sites" | "chair" | "co_chairs" | "secretary" | "delegates" | "resources">;
type Known = Pick<Directory, "halls" | "terminals" | "people">;

/** hall:P1, leader:ct, site:AL: what a plan holds; the server derives the same. */
export function resourcesOf(plan: Held, directory: Known | undefined): string[] {
	const invited = [plan.secretary, ...(plan.delegates ?? [])].flatMap((p) => p?.person ?? []);
	const leaders = invited.filter((id) => directory?.people.some((p) => p.id === id && p.leader));
	const sites = placed(plan.sites ?? [], directory).flatMap((s) => [
		...(s.unit_id ? [`site:${s.unit_id}`] : []),
		...(s.hall ? [`hall:${s.hall}`] : []),
		...(s.terminal ? [`terminal:${s.terminal}`] : []),
	]);
	return [...new Set([...essentialOf(plan), ...leaders.map((id) => `leader:${id}`), ...sites, ...listed(plan)])];
}

const listed = (plan: Held) => (plan.resources ?? []).map((r) => `${r.kind}:${r.id}`);

/** What the meeting cannot take place without: its own halls, who presides, and the halls and leaders that are listed. */
export function essentialOf(plan: Held): string[] {
	const presiding = [plan.chair, ...(plan.co_chairs ?? [])].flatMap((p) => (p.person ? [`leader:${p.person}`] : []));
	return [...(plan.halls ?? []).map((h) => `hall:${h.id}`), ...presiding, ...listed(plan).filter((r) => /^(hall|leader):/.test(r))];
}

/** The sites with their halls and terminals where there is no choice: the hall of a terminal, the only hall of a unit, the only terminal of that. */
function placed(sites: Site[], directory: Known | undefined): Site[] {
	if (!directory) return sites;
	const halls = grouped(directory.halls, (h) => h.unit);
	const terminals = grouped(directory.terminals, (t) => t.hall);
	const named = new Set(sites.map((s) => s.terminal));
	return sites.map((site) => {
		const hall = site.hall || (site.terminal && directory.terminals.find((t) => t.id === site.terminal)?.hall);
		const own = (site.unit_id && halls.get(site.unit_id)) || [];
		if (own.length !== 1) return { ...site, hall };
		const there = (hall || own[0].id) === own[0].id ? (terminals.get(own[0].id) ?? []) : [];
		const only = there.length === 1 && !named.has(there[0].id) ? there[0].id : undefined;
		return { ...site, hall: hall || own[0].id, terminal: site.terminal || only };
	});
}

function grouped<T>(all: T[], key: (one: T) => string): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const one of all) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
	return groups;
}

/** Halls and terminals that a plan holds for its sites only, with the site of each: a meeting that has both is told of by the site. */
export function partsOf(plan: Held, directory: Known | undefined): Map<string, string> {
	const essential = new Set(essentialOf(plan));
	const parts = placed(plan.sites ?? [], directory).flatMap((s) =>
		s.unit_id ? [`hall:${s.hall}`, `terminal:${s.terminal}`].map((part) => [part, `site:${s.unit_id}`] as const) : [],
	);
	return new Map(parts.filter(([part]) => !essential.has(part)));
}

/** What is booked without the halls and terminals of sites that the same meeting has. */
export function toldOnce(booked: Booked[], parts: ReadonlyMap<string, string>): Booked[] {
	const name = (b: Booked, resource: string) => `${resource} ${b.meeting} ${b.start}`;
	const all = new Set(booked.map((b) => name(b, b.resource)));
	return booked.filter((b) => !all.has(name(b, parts.get(b.resource) ?? "")));
}

/** A time that a meeting could have: who is not free then. */
export interface Proposal extends Time {
	busy: string[];
}

const step = 30;
/** Minutes of the day in which meetings are proposed; longer ones than half a day go over noon. */
const halves = [
	[7 * 60 + 30, 11 * 60 + 30],
	[13 * 60 + 30, 17 * 60],
] as const;

/** When a meeting of a length could begin on a day, in ms. */
function startsOn(day: Day, length: number): number[] {
	const minutes = length / 60_000;
	const spans = halves.some(([from, to]) => minutes <= to - from) ? halves : [[halves[0][0], halves[1][1]] as const];
	return spans.flatMap(([from, to]) => {
		const count = Math.floor((to - from - minutes) / step) + 1;
		return Array.from({ length: Math.max(0, count) }, (_, i) => momentOf(day, from + i * step));
	});
}

/** The nearest times at which what is essential is free, those first at which all is; in working hours, at most so many. */
export function proposals(
	wanted: Time,
	{ resources, essential }: { resources: string[]; essential: string[] },
	booked: Booked[],
	days: Day[],
	now: number,
	most = 3,
): Proposal[] {
	const length = wanted.end - wanted.start;
	const found: (Proposal & { away: number })[] = [];
	for (const day of days) {
		for (const start of startsOn(day, length)) {
			const time = { start, end: start + length };
			const shared = Math.min(time.end, wanted.end) - Math.max(time.start, wanted.start);
			// A little earlier or later is another time only where most of it is.
			if (start < now || shared > length / 2) continue;
			const busy = new Set(booked.filter((b) => b.start < time.end && time.start < b.end).map((b) => b.resource));
			const missing = resources.filter((r) => busy.has(r));
			if (missing.some((r) => essential.includes(r))) continue;
			found.push({ ...time, busy: missing, away: Math.abs(start - wanted.start) });
		}
	}
	found.sort((a, b) => a.busy.length - b.busy.length || a.away - b.away || a.start - b.start);
	const chosen: Proposal[] = [];
	for (const { away: _, ...proposal } of found) {
		// Three times of one afternoon are hardly a choice.
		if (chosen.every((c) => c.end <= proposal.start || proposal.end <= c.start)) chosen.push(proposal);
		if (chosen.length === most) break;
	}
	return chosen;
}

/** Days before and after a meeting in which other times are looked for. */
export const [lookBack, lookAhead] = [5, 14];

/** Working days about a day, today at the earliest: without holidays, with the days at the end of a week on which people work. */
export function workingDays(about: Day, today: Day, year: { holidays?: Day[]; workdays?: Day[] } = {}): Day[] {
	const days: Day[] = [];
	for (let day = addDays(about, -lookBack); day <= addDays(about, lookAhead); day = addDays(day, 1)) {
		const works = year.workdays?.includes(day) || (weekday(day) < 6 && !year.holidays?.includes(day));
		if (day >= today && works) days.push(day);
	}
	return days;
}
