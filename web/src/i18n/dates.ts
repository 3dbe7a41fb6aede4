// Days and hours in tables and fields: 09/06/2025, 14:05. In sentences they are written out (longTime).
const zone = "Asia/Ho_Chi_Minh";

function part(iso: string | number, options: Intl.DateTimeFormatOptions): string {
	return new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour12: false, ...options }).format(new Date(iso));
}

/** 09/06/2025, in both languages: nobody shall wonder which number is the month. */
export function shortDay(iso: string | number): string {
	return part(iso, { day: "2-digit", month: "2-digit", year: "numeric" });
}

/** 09/06/2025 14:05 */
export function shortMoment(iso: string | number): string {
	return `${shortDay(iso)} ${part(iso, { hour: "2-digit", minute: "2-digit" })}`;
}

/** 09/06/2025 14:05:09 */
export function exactMoment(iso: string | number): string {
	return `${shortDay(iso)} ${part(iso, { hour: "2-digit", minute: "2-digit", second: "2-digit" })}`;
}

/** The day it is here, as YYYY-MM-DD. */
export function today(now = Date.now()): string {
	return shortDay(now).split("/").reverse().join("-");
}

/** When a day (YYYY-MM-DD) begins here, and n days later. The zone has had no summer time since 1975. */
export function dayStart(day: string, later = 0): string {
	return new Date(Date.parse(`${day}T00:00:00+07:00`) + later * 86_400_000).toISOString();
}
