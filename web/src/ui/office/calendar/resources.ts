// What a meeting holds, and when else it could be: as many as possible free, the halls and leaders always.
import type { Plan } from "../../../office/meetings";
import { addDays, type Day, momentOf, weekday } from "./dates";
import type { Booked, Time } from "./drag";

/** hall:P1, leader:ct, site:AL: what a plan holds; the server derives the same. */
export function resourcesOf(plan: Pick<Plan, "halls" | "sites" | "chair" | "co_chairs" | "resources">): string[] {
	const leaders = [plan.chair, ...(plan.co_chairs ?? [])].flatMap((p) => (p.person ? [`leader:${p.person}`] : []));
	const sites = (plan.sites ?? []).flatMap((s) => [
		...(s.unit_id ? [`site:${s.unit_id}`] : []),
		...(s.terminal ? [`terminal:${s.terminal}`] : []),
	]);
	const others = (plan.resources ?? []).map((r) => `${r.kind}:${r.id}`);
	return [...new Set([...(plan.halls ?? []).map((h) => `hall:${h.id}`), ...leaders, ...sites, ...others])];
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

/** The nearest times at which halls and leaders are free, those first at which all are; in working hours, at most so many. */
export function proposals(wanted: Time, resources: string[], booked: Booked[], days: Day[], now: number, most = 3): Proposal[] {
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
			if (missing.some((r) => /^(hall|leader):/.test(r))) continue;
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
