import { type RefObject, useLayoutEffect } from "react";
import { useTexts } from "../../../i18n";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { DayColumn, type WeekModel } from "./DayColumn";
import { type Day, dayOf, hour, momentOf, weekday } from "./dates";
import { type Hours, partOn } from "./drag";
import { dayLetters, dayName, shortDay } from "./format";
import { ofDay } from "./layout";

/** Hours that are always shown. */
const least: Hours = { from: 7 * 60, to: 17 * 60 + 30 };

/** The hours of some days: what is always shown, and more where meetings lie outside. */
export function hoursOf(meetings: Meeting[], days: Day[]): Hours {
	const shown = { ...least };
	for (const day of days) {
		for (const m of meetings) {
			const part = partOn({ start: startOf(m), end: endOf(m) }, day);
			if (!part) continue;
			const minutes = (ms: number) => (ms - momentOf(day)) / 60_000;
			shown.from = Math.min(shown.from, Math.floor(minutes(part.start) / 60) * 60);
			shown.to = Math.max(shown.to, Math.ceil(minutes(part.end) / 30) * 30);
		}
	}
	return shown;
}

interface WeekGridProps {
	days: Day[];
	meetings: Meeting[];
	model: WeekModel;
	columns: RefObject<HTMLDivElement | null>;
}

/** Seven days side by side, with a rail for each hall. */
export function WeekGrid({ days, meetings, model, columns }: WeekGridProps) {
	const { t, language } = useTexts();
	const { hours, halls, now } = model;
	const marks = Array.from({ length: Math.floor((hours.to - hours.from) / 60) + 1 }, (_, i) => hours.from + i * 60);
	const busyWeekend = new Set(days.filter((d) => weekday(d) > 5 && ofDay(meetings, d).length > 0));
	const columnOf = (day: Day) => (weekday(day) < 6 ? "minmax(0, 1fr)" : busyWeekend.has(day) ? "minmax(0, .7fr)" : "var(--weekend)");
	// A meeting at night makes the day long: it begins in sight all the same.
	useLayoutEffect(() => {
		const day = columns.current?.querySelector<HTMLElement>("[data-day]");
		if (!day || hours.from === least.from) return;
		const label = 12; // px, half of the height of the hour
		columns.current?.scrollTo({ top: (day.offsetHeight * (least.from - hours.from)) / (hours.to - hours.from) - label });
	}, [columns, hours.from, hours.to]);
	return (
		<section
			className="week"
			ref={columns}
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
			tabIndex={0}
			aria-label={t("week.board")}
			style={
				{
					"--halls": halls.length,
					"--hours": (hours.to - hours.from) / 60,
					gridTemplateColumns: `var(--week-hours) ${days.map(columnOf).join(" ")}`,
				} as React.CSSProperties
			}
			data-testid="week"
		>
			<div className="week-head week-corner" />
			{days.map((day) => {
				const narrow = weekday(day) > 5 && !busyWeekend.has(day);
				const today = dayOf(now) === day;
				return (
					<div key={day} className={`week-head${narrow ? " week-narrow" : ""}${today ? " week-today" : ""}`}>
						<h2>
							{narrow ? <abbr title={dayName(day, language)}>{dayLetters(day, language)}</abbr> : dayName(day, language)}{" "}
							<span>
								{narrow ? day.slice(8) : shortDay(day)}
								{today && <span className="week-wide"> · {t("week.today")}</span>}
							</span>
						</h2>
						{!narrow && (
							<small aria-hidden="true">
								{halls.map((h) => (
									<span key={h.id}>{h.short_name || h.id}</span>
								))}
							</small>
						)}
					</div>
				);
			})}
			<div className="week-hours" aria-hidden="true">
				{marks.map((m) => (
					<span key={m} style={{ top: `${((m - hours.from) / (hours.to - hours.from)) * 100}%` }}>
						{hour(m)}
					</span>
				))}
			</div>
			{days.map((day) => (
				<DayColumn key={day} day={day} meetings={ofDay(meetings, day)} model={model} />
			))}
		</section>
	);
}

/** What the looks of blocks and rails mean. */
export function WeekKey() {
	const { t } = useTexts();
	return (
		<p className="week-key">
			<span>
				<i className="key-issued" />
				{t("week.keyIssued")}
			</span>
			<span>
				<i />
				{t("week.keyApproved")}
			</span>
			<span>
				<i className="key-waiting" />
				{t("week.keyWaiting")}
			</span>
			<span>
				<i className="key-rail" />
				{t("week.keyRail")}
			</span>
			<span className="week-wide">{t("week.how")}</span>
		</p>
	);
}
