// A series as the editor shows it, and as the RRULE of RFC 5545 that the server keeps. Days are those of Việt Nam.
import type { Recurrence } from "../../../office/meetings";
import { addDays, addMonths, type Day, dayOf, daysBetween, minutesOf, momentOf, mondayOf, weekday } from "./dates";

export type Frequency = "daily" | "weekly" | "monthly";

export interface Rule {
	frequency: Frequency;
	/** Every so many days, weeks or months. */
	interval: number;
	/** Weekdays of a weekly series, 1 is Monday; empty: that of the first meeting. */
	weekdays: number[];
	/** How it ends: after so many meetings, or on a day, the last one included. */
	count?: number;
	until?: Day;
}

const names = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/** A series without an end is none: the server refuses more, and nobody plans further. */
export const mostOccurrences = 200;

/** The RRULE of a series. Its end as a day is the last second of that day. */
export function writeRule(rule: Rule): string {
	const parts = [`FREQ=${rule.frequency.toUpperCase()}`];
	if (rule.interval > 1) parts.push(`INTERVAL=${rule.interval}`);
	if (rule.frequency === "weekly" && rule.weekdays.length > 0) {
		parts.push(
			`BYDAY=${[...rule.weekdays]
				.sort((a, b) => a - b)
				.map((d) => names[d - 1])
				.join(",")}`,
		);
	}
	if (rule.until) parts.push(`UNTIL=${new Date(momentOf(rule.until, 24 * 60) - 1000).toISOString().replace(/[-:]|\.\d+/g, "")}`);
	else parts.push(`COUNT=${rule.count ?? 1}`);
	return parts.join(";");
}

/** Reads an RRULE; undefined for one that the editor cannot show. */
export function readRule(text: string): Rule | undefined {
	const values = new Map(
		text
			.replace(/^RRULE:/, "")
			.split(";")
			.map((part) => part.split("=", 2) as [string, string]),
	);
	const frequency = values.get("FREQ")?.toLowerCase();
	if (frequency !== "daily" && frequency !== "weekly" && frequency !== "monthly") return undefined;
	const rule: Rule = { frequency, interval: Number(values.get("INTERVAL") ?? 1), weekdays: [] };
	for (const [key, value] of values) {
		if (key === "BYDAY") {
			rule.weekdays = value.split(",").map((d) => names.indexOf(d) + 1);
			if (frequency !== "weekly" || rule.weekdays.includes(0)) return undefined;
		} else if (key === "COUNT") rule.count = Number(value);
		else if (key === "UNTIL") rule.until = readUntil(value);
		else if (!["FREQ", "INTERVAL", "WKST"].includes(key)) return undefined;
	}
	return rule;
}

function readUntil(value: string): Day | undefined {
	const found = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})Z?)?$/.exec(value);
	if (!found) return undefined;
	const [, year, month, day, hours, minutes, seconds] = found;
	if (!hours) return `${year}-${month}-${day}`;
	return dayOf(Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`));
}

/** The recurrence of a series that is moved by so many ms: what it leaves out moves with it. */
export function shifted<R extends Recurrence | null | undefined>(recurrence: R, by: number): R {
	if (!recurrence?.exdates?.length || by === 0) return recurrence;
	return { ...recurrence, exdates: recurrence.exdates.map((at) => new Date(Date.parse(at) + by).toISOString()) };
}

/** When the meetings of a series begin, in ms, at most so many. Months without the day of the first are left out. */
export function occurrences(first: number, rule: Rule, most = mostOccurrences): number[] {
	const found: number[] = [];
	const [day, minutes] = [dayOf(first), minutesOf(first)];
	const count = Math.min(rule.count ?? most, most);
	for (const at of days(day, rule)) {
		if (rule.until && at > rule.until) break;
		found.push(momentOf(at, minutes));
		if (found.length >= count) break;
	}
	return found;
}

/** The days of a series without regard to its end, for as long as anybody asks within 50 years. */
function* days(first: Day, { frequency, interval, weekdays }: Rule): Generator<Day> {
	const step = Math.max(1, interval);
	const last = addMonths(first, 600);
	if (frequency === "daily") {
		for (let at = first; at < last; at = addDays(at, step)) yield at;
	} else if (frequency === "weekly") {
		const wanted = weekdays.length > 0 ? [...weekdays].sort((a, b) => a - b) : [weekday(first)];
		for (let monday = mondayOf(first); monday < last; monday = addDays(monday, 7 * step)) {
			for (const d of wanted) if (addDays(monday, d - 1) >= first) yield addDays(monday, d - 1);
		}
	} else {
		const date = first.slice(8);
		for (let month = addMonths(first, 0); month < last; month = addMonths(month, step)) {
			const length = daysBetween(month, addMonths(month, 1));
			if (Number(date) <= length) yield `${month.slice(0, 8)}${date}`;
		}
	}
}
