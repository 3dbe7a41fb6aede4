import type { RefObject } from "react";
import { useTexts } from "../../../i18n";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { DayColumn, type WeekModel } from "./DayColumn";
import { type Day, dayOf, hour, minutesOf, weekday } from "./dates";
import type { Hours } from "./drag";
import { dayLetters, dayName, shortDay } from "./format";

/** Hours that are always shown. */
const least: Hours = { from: 7 * 60, to: 17 * 60 + 30 };

/** The hours of a week: what is always shown, and more where meetings lie outside. */
export function hoursOf(meetings: Meeting[]): Hours {
	return meetings.reduce((hours, m) => {
		const over = dayOf(endOf(m) - 1) !== dayOf(startOf(m));
		return {
			from: Math.min(hours.from, Math.floor(minutesOf(startOf(m)) / 60) * 60),
			to: over ? 24 * 60 : Math.max(hours.to, Math.ceil((minutesOf(endOf(m) - 1) + 1) / 30) * 30),
		};
	}, least);
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
	const busyWeekend = new Set(meetings.map((m) => dayOf(startOf(m))).filter((d) => weekday(d) > 5));
	const columnOf = (day: Day) => (weekday(day) < 6 ? "minmax(0, 1fr)" : busyWeekend.has(day) ? "minmax(0, .7fr)" : "var(--weekend)");
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
				<DayColumn key={day} day={day} meetings={meetings.filter((m) => dayOf(startOf(m)) === day)} model={model} />
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
