// Days, hours and weeks of Việt Nam (UTC+7, no summer time), where all times that people read are. Times are ms since 1970;
// a day is "2026-11-27"; minutes count from its midnight. Weeks begin on Monday and have the numbers of ISO 8601.

export type Day = string;

const offset = 7 * 3600_000;
const dayMs = 86_400_000;

/** The day that a moment falls on. */
export function dayOf(ms: number): Day {
	return new Date(ms + offset).toISOString().slice(0, 10);
}

/** Minutes since midnight, 0 to 1439. */
export function minutesOf(ms: number): number {
	return Math.floor(((((ms + offset) % dayMs) + dayMs) % dayMs) / 60_000);
}

/** The moment of a day's minute; minutes may reach into other days. */
export function momentOf(day: Day, minutes = 0): number {
	return Date.parse(`${day}T00:00:00Z`) - offset + minutes * 60_000;
}

export function addDays(day: Day, count: number): Day {
	return dayOf(momentOf(day) + count * dayMs);
}

/** How many days lie from one to another. */
export function daysBetween(from: Day, to: Day): number {
	return Math.round((momentOf(to) - momentOf(from)) / dayMs);
}

/** 1 is Monday, 7 is Sunday. */
export function weekday(day: Day): number {
	return new Date(`${day}T00:00:00Z`).getUTCDay() || 7;
}

export function mondayOf(day: Day): Day {
	return addDays(day, 1 - weekday(day));
}

/** The seven days from a Monday on. */
export function weekDays(monday: Day): Day[] {
	return Array.from({ length: 7 }, (_, i) => addDays(monday, i));
}

/** Number and year of a day's week: the year is that of its Thursday. */
export function weekOf(day: Day): { year: number; week: number } {
	const thursday = addDays(mondayOf(day), 3);
	const year = Number(thursday.slice(0, 4));
	return { year, week: Math.floor(daysBetween(`${thursday.slice(0, 4)}-01-01`, thursday) / 7) + 1 };
}

/** A week as addresses name it: 2026-W48. */
export function weekName(day: Day): string {
	const { year, week } = weekOf(day);
	return `${year}-W${String(week).padStart(2, "0")}`;
}

/** The Monday of a week's name; undefined for what is none. */
export function readWeek(name: string): Day | undefined {
	const found = /^(\d{4})-W(\d{2})$/.exec(name);
	if (!found) return undefined;
	// The fourth of January is always in the first week.
	const monday = addDays(mondayOf(`${found[1]}-01-04`), (Number(found[2]) - 1) * 7);
	return weekName(monday) === name ? monday : undefined;
}

/** A month as addresses name it: 2026-11. */
export function monthName(day: Day): string {
	return day.slice(0, 7);
}

/** The first day of a month's name; undefined for what is none. */
export function readMonth(name: string): Day | undefined {
	return /^\d{4}-(0[1-9]|1[0-2])$/.test(name) ? `${name}-01` : undefined;
}

/** A day of an address; undefined for what is none. */
export function readDay(name: string): Day | undefined {
	if (!/^\d{4}-\d{2}-\d{2}$/.test(name)) return undefined;
	const ms = Date.parse(`${name}T00:00:00Z`);
	return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(name) ? name : undefined;
}

/** The first day of the month that lies so many months from a day. */
export function addMonths(day: Day, count: number): Day {
	const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 + count;
	return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, "0")}-01`;
}

/** The weeks of a month, each of seven days, with what they hold of the months beside it. */
export function monthWeeks(first: Day): Day[][] {
	const weeks: Day[][] = [];
	for (let monday = mondayOf(first); monday < addMonths(first, 1); monday = addDays(monday, 7)) weeks.push(weekDays(monday));
	return weeks;
}

/** Morning ends at 12:00. */
export function isMorning(ms: number): boolean {
	return minutesOf(ms) < 12 * 60;
}

/** 08:30 for 510. */
export function hour(minutes: number): string {
	return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`;
}

/** Reads an hour as people type it: 8, 830, 8:30, 8h30, 8 giờ 30. Minutes since midnight, or undefined. */
export function readHour(text: string): number | undefined {
	const found = /^\s*(\d{1,2})\s*(?:(?:[:.hg]|giờ)\s*(\d{2})?|(\d{2}))?\s*$/i.exec(text);
	if (!found) return undefined;
	const [hours, minutes] = [Number(found[1]), Number(found[2] ?? found[3] ?? 0)];
	return hours < 24 && minutes < 60 ? hours * 60 + minutes : undefined;
}

/** Reads a day as people type it: 12/6/2025, 12/06, thứ Năm 12/06/2025. Without a year it is the one nearest to the given day. */
export function readTypedDay(text: string, near: Day): Day | undefined {
	const found = /(\d{1,2})[/.-](\d{1,2})(?:[/.-](\d{4}))?\s*$/.exec(text.trim());
	if (!found) return undefined;
	const two = (n: string) => n.padStart(2, "0");
	const make = (year: number) => readDay(`${year}-${two(found[2])}-${two(found[1])}`);
	if (found[3]) return make(Number(found[3]));
	const year = Number(near.slice(0, 4));
	const distance = (day: Day) => Math.abs(daysBetween(near, day));
	return [year, year - 1, year + 1]
		.map(make)
		.filter((day): day is Day => day !== undefined)
		.sort((a, b) => distance(a) - distance(b))[0];
}
