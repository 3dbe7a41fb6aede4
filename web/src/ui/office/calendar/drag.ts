// Moving and resizing a block of the week: from where the pointer is to a day and hours, and what is in the way there.
import { type Day, dayOf, minutesOf, momentOf } from "./dates";

/** Minutes to which hours snap. */
export const step = 15;

/** The hours that the calendar shows, in minutes since midnight. */
export interface Hours {
	from: number;
	to: number;
}

/** A time with its length, in ms since 1970. */
export interface Time {
	start: number;
	end: number;
}

export type Grip = "move" | "start" | "end";

const snap = (minutes: number) => Math.round(minutes / step) * step;
const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** The time of a block whose grip was moved by so many minutes, onto a day. It keeps its length when it moves and is a step long at least. */
export function moved(time: Time, grip: Grip, day: Day, minutes: number, hours: Hours): Time {
	const length = Math.round((time.end - time.start) / 60_000);
	const start = minutesOf(time.start);
	if (grip === "move") {
		const begin = clamp(snap(start + minutes), hours.from, Math.max(hours.from, hours.to - length));
		return { start: momentOf(day, begin), end: momentOf(day, begin + length) };
	}
	const own = dayOf(time.start);
	if (grip === "start") return { start: momentOf(own, clamp(snap(start + minutes), hours.from, start + length - step)), end: time.end };
	return { start: time.start, end: momentOf(own, clamp(snap(start + length + minutes), start + step, hours.to)) };
}

/** What has been booked: by whom, and of what. */
export interface Booked extends Time {
	resource: string; // hall:P1
	meeting: string;
	subject: string;
}

/** A piece of time in which a resource is wanted but another meeting has it. */
export interface Overlap extends Booked {
	minutes: number;
}

/** What stands in the way of a meeting that would be at a time, the resources in their order. */
export function overlaps(time: Time, meeting: string, resources: string[], booked: Booked[]): Overlap[] {
	return booked
		.filter((b) => b.meeting !== meeting && resources.includes(b.resource) && b.start < time.end && time.start < b.end)
		.sort((a, b) => resources.indexOf(a.resource) - resources.indexOf(b.resource) || a.start - b.start)
		.map((b) => {
			const [start, end] = [Math.max(b.start, time.start), Math.min(b.end, time.end)];
			return { ...b, start, end, minutes: Math.round((end - start) / 60_000) };
		});
}

/** The times of a day, of a length, in which nothing is booked: one for each gap, at its beginning; gaps are split at noon. */
export function freeTimes(day: Day, length: number, busy: Time[], hours: Hours, notBefore: number): Time[] {
	const free: Time[] = [];
	const noon = 12 * 60;
	const sorted = [...busy].sort((a, b) => a.start - b.start);
	for (const [from, to] of [
		[hours.from, noon],
		[noon, hours.to],
	]) {
		let at = Math.max(momentOf(day, from), Math.ceil(notBefore / (step * 60_000)) * step * 60_000);
		const end = momentOf(day, to);
		const take = (until: number) => {
			if (until - at >= length) free.push({ start: at, end: at + length });
		};
		for (const b of sorted) {
			if (b.end <= at || b.start >= end) continue;
			take(b.start);
			at = Math.max(at, b.end);
		}
		take(end);
	}
	return free;
}
