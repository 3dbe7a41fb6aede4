// Moving and resizing a block of the week: from where the pointer is to a day and hours, and what is in the way there.
import { addDays, type Day, dayOf, minutesOf, momentOf } from "./dates";

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

/** The part of a time that lies on a day, none where it is on others. */
export function partOn({ start, end }: Time, day: Day): Time | undefined {
	const part = { start: Math.max(start, momentOf(day)), end: Math.min(end, momentOf(addDays(day, 1))) };
	return part.start < part.end ? part : undefined;
}

/** The time so many days later, at its hour. */
export function later({ start, end }: Time, days: number): Time {
	const by = days * 24 * 3600_000; // Việt Nam has no summer time
	return { start: start + by, end: end + by };
}

/**
 * The time of a block whose grip was moved by so many days and minutes. A block that moves keeps its length and begins within the hours; it may end
 * after them, on the next day too. One that is resized is a step long at least, and its edge stays on its day.
 */
export function moved(time: Time, grip: Grip, days: number, minutes: number, hours: Hours): Time {
	if (grip === "move") {
		const begin = clamp(snap(minutesOf(time.start) + minutes), hours.from, hours.to - step);
		const start = momentOf(addDays(dayOf(time.start), days), begin);
		return { start, end: start + time.end - time.start };
	}
	if (grip === "start") {
		const start = momentOf(dayOf(time.start), Math.max(hours.from, snap(minutesOf(time.start) + minutes)));
		return { start: Math.min(start, time.end - step * 60_000), end: time.end };
	}
	const last = dayOf(time.end - 1);
	const end = momentOf(last, Math.min(hours.to, snap((time.end - momentOf(last)) / 60_000 + minutes)));
	return { start: time.start, end: Math.max(end, time.start + step * 60_000) };
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
