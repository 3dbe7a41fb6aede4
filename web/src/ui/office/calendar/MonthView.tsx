import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { fillOf } from "./acts";
import { hallTag } from "./DayColumn";
import { addDays, type Day, dayOf, hour, minutesOf, mondayOf, monthWeeks, weekDays, weekName } from "./dates";
import { dayName, weekNumber } from "./format";
import { ofDay } from "./layout";

interface MonthViewProps {
	first: Day;
	meetings: Meeting[];
	directory?: Directory;
	now: number;
}

/** Meetings that a day of the month names; the others are counted. */
const most = 4;

/** A month: each day with its meetings in a line each, each week with the way to it. */
export function MonthView({ first, meetings, directory, now }: MonthViewProps) {
	const { t, language } = useTexts();
	const heads = weekDays(mondayOf(first));
	return (
		<div className="month" data-testid="month">
			<table>
				<thead>
					<tr>
						<th scope="col">
							<span className="visually-hidden">{t("week.title")}</span>
						</th>
						{heads.map((day) => (
							<th key={day} scope="col">
								{dayName(day, language)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{monthWeeks(first).map((days) => (
						<tr key={days[0]}>
							<th scope="row">
								<Link href={`/calendar/${weekName(days[0])}`} aria-label={t("month.week", { week: weekNumber(days[0]) })}>
									{weekNumber(days[0])}
								</Link>
							</th>
							{days.map((day) => (
								<DayCell
									key={day}
									day={day}
									inside={day.slice(0, 7) === first.slice(0, 7)}
									today={dayOf(now) === day}
									meetings={ofDay(meetings, day)}
									directory={directory}
								/>
							))}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

interface DayCellProps {
	day: Day;
	inside: boolean;
	today: boolean;
	meetings: Meeting[];
	directory?: Directory;
}

function DayCell({ day, inside, today, meetings, directory }: DayCellProps) {
	const { t, language } = useTexts();
	const shown = meetings.length > most ? meetings.slice(0, most - 1) : meetings;
	return (
		<td className={`${inside ? "" : "month-outside"}${today ? " month-today" : ""}`}>
			<Link href={`/calendar/${day}`} className="month-day">
				<span className="visually-hidden">{dayName(day, language)} </span>
				{Number(day.slice(8))}
				<span className="visually-hidden">/{day.slice(5, 7)}</span>
			</Link>
			<ul>
				{shown.map((m) => (
					<li key={m.id}>
						<Link href={`/meetings/${m.id}`} className={`month-line ev-${fillOf(m.state)}`}>
							<span>{hourOn(m, day)}</span>
							{hallTag(m, directory) && <span className="hall-tag">{hallTag(m, directory)}</span>}
							<span className="month-subject">{m.subject}</span>
						</Link>
					</li>
				))}
				{meetings.length > shown.length && (
					<li>
						<Link href={`/calendar/${weekName(addDays(day, 0))}`} className="month-more">
							{t("month.more", { count: meetings.length - shown.length })}
						</Link>
					</li>
				)}
			</ul>
		</td>
	);
}

/** When a meeting begins, or, where it goes on from the day before, when it ends. */
function hourOn(meeting: Meeting, day: Day): string {
	return dayOf(startOf(meeting)) === day ? hour(minutesOf(startOf(meeting))) : `–${hour(minutesOf(endOf(meeting)))}`;
}
