// Texts in two languages: Vietnamese first. English is loaded by those who read it.
import i18next from "i18next";
import { initReactI18next, useTranslation } from "react-i18next";
import { type TextKey, vi } from "./vi";

export type Language = "vi" | "en";
const storageKey = "diemcau.language";

export async function startTexts(): Promise<void> {
	await i18next.use(initReactI18next).init({
		lng: "vi",
		fallbackLng: "vi",
		// Keys hold points that do not nest.
		keySeparator: false,
		nsSeparator: false,
		interpolation: { escapeValue: false },
		resources: { vi: { translation: vi } },
	});
	await speak(localStorage.getItem(storageKey) === "en" ? "en" : "vi");
}

export async function switchLanguage(): Promise<void> {
	const next: Language = i18next.language === "vi" ? "en" : "vi";
	localStorage.setItem(storageKey, next);
	await speak(next);
}

/** Adds the texts of the office pages, which come with them. */
export async function startOfficeTexts(): Promise<void> {
	office = true;
	const { vi } = await import("./office/vi");
	i18next.addResourceBundle("vi", "translation", vi);
	if (i18next.language === "en") await addEnglish();
}

let office = false;

async function addEnglish(): Promise<void> {
	const parts = await Promise.all([import("./en"), office ? import("./office/en") : undefined]);
	for (const part of parts) if (part) i18next.addResourceBundle("en", "translation", part.en);
}

async function speak(language: Language): Promise<void> {
	// Where the texts cannot be had it stays Vietnamese.
	const english =
		language === "en" &&
		(await addEnglish().then(
			() => true,
			() => false,
		));
	const spoken = english ? "en" : "vi";
	await i18next.changeLanguage(spoken);
	document.documentElement.lang = spoken;
}

/** Gives a text with values in it. */
export type Texts = (key: TextKey, values?: Record<string, string | number>) => string;

/** The text function of a component. */
export function useTexts(): { t: Texts; language: Language } {
	const { t, i18n } = useTranslation();
	return { t: (key, values) => t(key, values ?? {}), language: i18n.language === "en" ? "en" : "vi" };
}

/** A day and hour as officials write them: "08 giờ 00, thứ Năm, ngày 05 tháng 02 năm 2026". */
export function longTime(iso: string, language: Language): string {
	const date = new Date(iso);
	const part = (options: Intl.DateTimeFormatOptions) =>
		new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", { timeZone: zone, ...options }).format(date);
	if (language === "en") {
		return part({ hour: "2-digit", minute: "2-digit", weekday: "long", day: "numeric", month: "long", year: "numeric" });
	}
	const two = (n: string) => n.padStart(2, "0");
	const hour = two(part({ hour: "numeric", hour12: false }).replace(/\D/g, ""));
	const minute = two(part({ minute: "numeric" }));
	const weekday = part({ weekday: "long" }).replace(/^Thứ/, "thứ").replace(/^Chủ/, "chủ");
	return `${hour} giờ ${minute}, ${weekday}, ngày ${two(part({ day: "numeric" }))} tháng ${two(part({ month: "numeric" }))} năm ${part({ year: "numeric" })}`;
}

const zone = "Asia/Ho_Chi_Minh";

/** The hour on the wall: 14:37. */
export function clock(ms: number, language: Language): string {
	return new Intl.DateTimeFormat(language === "vi" ? "vi-VN" : "en-GB", {
		hour: "2-digit",
		minute: "2-digit",
		hour12: false,
		timeZone: zone,
	}).format(ms);
}

/** The hour as it is said: 14 giờ 37. */
export function spokenClock(ms: number, language: Language): string {
	const hour = clock(ms, language);
	return language === "vi" ? hour.replace(":", " giờ ") : hour;
}

/** A day as it stands on the screen of a hall: thứ Năm, ngày 12 tháng 6 năm 2025. */
export function longDay(ms: number, language: Language): string {
	const long = longTime(new Date(ms).toISOString(), language);
	if (language === "vi") return long.slice(long.indexOf(", ") + 2);
	return new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: zone }).format(ms);
}

/** How long, as it is said: 3 phút 24 giây. */
export function spokenDuration(ms: number, language: Language): string {
	const seconds = Math.round(Math.abs(ms) / 1000);
	const [minutes, rest] = [Math.floor(seconds / 60), seconds % 60];
	if (language === "vi") return minutes > 0 ? `${minutes} phút ${rest} giây` : `${rest} giây`;
	return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`;
}

/** A number with at most one decimal: 1.234,5 in Vietnamese. */
export function number(value: number, language: Language): string {
	return new Intl.NumberFormat(language === "vi" ? "vi-VN" : "en-GB", { maximumFractionDigits: 1 }).format(value);
}

/** Minutes and seconds, and hours where there are any: 02:10, 1:05:00. */
export function duration(ms: number): string {
	const seconds = Math.max(0, Math.floor(ms / 1000));
	const two = (n: number) => String(n).padStart(2, "0");
	const hours = Math.floor(seconds / 3600);
	return `${hours > 0 ? `${hours}:` : ""}${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
