// The arrows of the calendar: up and down among the meetings of a day, left and right to the nearest in time of another day.
import { type Day, minutesOf } from "./dates";
import { partOn } from "./drag";

interface At {
	id: string;
	start: number;
	end: number;
}

/** Where the keys stand: on a day, and on one of its meetings where there is any. */
export interface Cursor {
	day: Day;
	meeting?: string;
}

export type Arrow = "up" | "down" | "left" | "right";

const inOrder = (a: At, b: At) => a.start - b.start || a.id.localeCompare(b.id);

/** Where an arrow leads to. Days without meetings can be stood on too. Where weeks lie below each other, up and down go on from one to the next. */
export function follow(cursor: Cursor, arrow: Arrow, days: Day[], meetings: At[], weeks = false): Cursor {
	const on = (day: Day) => meetings.filter((m) => partOn(m, day)).sort(inOrder);
	const here = on(cursor.day);
	const at = here.findIndex((m) => m.id === cursor.meeting);
	if (arrow === "up" || arrow === "down") {
		const next = at < 0 ? (arrow === "down" ? 0 : here.length - 1) : at + (arrow === "down" ? 1 : -1);
		const beyond = weeks && !here[next] ? days[days.indexOf(cursor.day) + (arrow === "down" ? 7 : -7)] : undefined;
		if (beyond) return { day: beyond, meeting: on(beyond).at(arrow === "down" ? 0 : -1)?.id };
		return { day: cursor.day, meeting: here[Math.min(here.length - 1, Math.max(0, next))]?.id };
	}
	const day = days[days.indexOf(cursor.day) + (arrow === "right" ? 1 : -1)];
	if (!day) return cursor;
	const wanted = at < 0 ? 0 : minutesOf(here[at].start);
	const [nearest] = on(day).sort((a, b) => Math.abs(minutesOf(a.start) - wanted) - Math.abs(minutesOf(b.start) - wanted) || inOrder(a, b));
	return { day, meeting: nearest?.id };
}

/** The next of a list (J) or the one before (K); from nothing it is the first or last. */
export function neighbour(ids: string[], at: string | undefined, by: 1 | -1): string | undefined {
	const place = at === undefined ? -1 : ids.indexOf(at);
	if (place < 0) return by > 0 ? ids[0] : ids.at(-1);
	return ids[Math.min(ids.length - 1, Math.max(0, place + by))];
}
