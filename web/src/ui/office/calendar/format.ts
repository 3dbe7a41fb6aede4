// Days and times as the pages write them: 12/06/2025, 08:00–09:30, thứ Năm 12/06.
import type { Language } from "../../../i18n";
import { type Day, dayOf, hour, minutesOf, weekOf } from "./dates";
import type { Time } from "./drag";

const locale = (language: Language) => (language === "vi" ? "vi-VN" : "en-GB");

function weekdayIn(day: Day, language: Language, weekday: "long" | "short" | "narrow"): string {
	return new Intl.DateTimeFormat(locale(language), { weekday, timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
}

/** Thứ Hai, Monday. */
export function dayName(day: Day, language: Language): string {
	return weekdayIn(day, language, "long");
}

/** T2, Mon. */
export function dayLetters(day: Day, language: Language): string {
	return weekdayIn(day, language, language === "vi" ? "narrow" : "short");
}

/** 12/06 */
export function shortDay(day: Day): string {
	return `${day.slice(8)}/${day.slice(5, 7)}`;
}

/** 12/06/2025 */
export function fullDay(day: Day): string {
	return `${shortDay(day)}/${day.slice(0, 4)}`;
}

/** Thứ Năm 12/06; with a year where it is another than that of the day given. */
export function dayText(day: Day, language: Language, near = day): string {
	return `${dayName(day, language)} ${day.slice(0, 4) === near.slice(0, 4) ? shortDay(day) : fullDay(day)}`;
}

/** 08:00–09:30; with the day of the end where that is another. */
export function timeText({ start, end }: Time): string {
	const other = dayOf(end - 1) === dayOf(start) ? "" : ` ${shortDay(dayOf(end))}`;
	return `${hour(minutesOf(start))}–${hour(minutesOf(end))}${other}`;
}

/** Thứ Năm 12/06, 08:00–09:30 */
export function whenText(time: Time, language: Language): string {
	return `${dayText(dayOf(time.start), language)}, ${timeText(time)}`;
}

/** 09/06 – 15/06/2025 */
export function weekText(days: Day[]): string {
	return `${shortDay(days[0])} – ${fullDay(days[days.length - 1])}`;
}

export function weekNumber(day: Day): number {
	return weekOf(day).week;
}

/** Tháng 11 năm 2026, November 2026 */
export function monthText(day: Day, language: Language): string {
	const text = new Intl.DateTimeFormat(locale(language), { month: "long", year: "numeric", timeZone: "UTC" }).format(
		Date.parse(`${day}T00:00:00Z`),
	);
	return text[0].toUpperCase() + text.slice(1);
}

/** 14:37 today, 12/06 14:37 on other days. */
export function momentText(ms: number, today: Day): string {
	const at = hour(minutesOf(ms));
	const day = dayOf(ms);
	return day === today ? at : `${day.slice(0, 4) === today.slice(0, 4) ? shortDay(day) : fullDay(day)} ${at}`;
}

/** 1 giờ 30 phút as 1:30; 45 phút as 0:45. */
export function lengthText(minutes: number): string {
	return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}`;
}
