import type { RefObject } from "react";
import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { fillOf } from "./acts";
import { resourceName } from "./clashes";
import { hallTag } from "./DayColumn";
import { type Day, dayOf, hour, minutesOf, weekName } from "./dates";
import { partOn } from "./drag";
import { dayName, timeText, weekNumber } from "./format";
import { ofDay } from "./layout";
import type { Board } from "./useBoard";
import type { Drag } from "./useDrag";

interface MonthViewProps {
	first: Day;
	weeks: Day[][];
	meetings: Meeting[];
	board: Board;
	cells: RefObject<HTMLElement | null>;
}

/** Meetings that a day of the month names; the others are counted. */
const most = 4;

/** A month: each day with its meetings in a line each, which can be dragged to other days; each week with the way to it. */
export function MonthView({ first, weeks, meetings, board, cells }: MonthViewProps) {
	const { t, language } = useTexts();
	return (
		// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
		<section className="month" ref={cells} tabIndex={0} aria-label={t("month.board")} data-testid="month">
			<table>
				<thead>
					<tr>
						<th scope="col">
							<span className="visually-hidden">{t("week.title")}</span>
						</th>
						{weeks[0].map((day) => (
							<th key={day} scope="col">
								{dayName(day, language)}
							</th>
						))}
					</tr>
				</thead>
				<tbody>
					{weeks.map((days) => (
						<tr key={days[0]}>
							<th scope="row">
								<Link href={`/calendar/${weekName(days[0])}`} aria-label={t("month.week", { week: weekNumber(days[0]) })}>
									{weekNumber(days[0])}
								</Link>
							</th>
							{days.map((day) => (
								<DayCell key={day} day={day} inside={day.slice(0, 7) === first.slice(0, 7)} meetings={ofDay(meetings, day)} board={board} />
							))}
						</tr>
					))}
				</tbody>
			</table>
		</section>
	);
}

interface DayCellProps {
	day: Day;
	inside: boolean;
	meetings: Meeting[];
	board: Board;
}

function DayCell({ day, inside, meetings, board }: DayCellProps) {
	const { t, language } = useTexts();
	const { cursor, drag, now } = board;
	const shown = shownOf(meetings, cursor.day === day ? cursor.meeting : undefined);
	const target = drag && partOn(drag.time, day) ? drag : undefined;
	return (
		<td
			className={`${inside ? "" : "month-outside"}${dayOf(now) === day ? " month-today" : ""}${target ? " month-target" : ""}`}
			data-day={day}
		>
			<Link href={`/calendar/${day}`} className="month-day">
				<span className="visually-hidden">{dayName(day, language)} </span>
				{Number(day.slice(8))}
				<span className="visually-hidden">/{day.slice(5, 7)}</span>
			</Link>
			<ul>
				{shown.map((m) => (
					<li key={m.id}>
						<Line meeting={m} day={day} board={board} />
					</li>
				))}
				{meetings.length > shown.length && (
					<li>
						<Link href={`/calendar/${weekName(day)}`} className="month-more">
							{t("month.more", { count: meetings.length - shown.length })}
						</Link>
					</li>
				)}
			</ul>
			{target && <Ghost drag={target} board={board} />}
		</td>
	);
}

/** What a day names: its first meetings, and the one that is chosen. */
function shownOf(meetings: Meeting[], chosen: string | undefined): Meeting[] {
	if (meetings.length <= most) return meetings;
	const first = meetings.slice(0, most - 1);
	const other = meetings.slice(most - 1).find((m) => m.id === chosen);
	return other ? [...first.slice(0, -1), other] : first;
}

function Line({ meeting, day, board }: { meeting: Meeting; day: Day; board: Board }) {
	const { t } = useTexts();
	const { directory, cursor, drag, reachable } = board;
	const tag = hallTag(meeting, directory);
	const movable = board.movable(meeting);
	return (
		<button
			type="button"
			className={`month-line ev-${fillOf(meeting.state)}${movable ? " ev-movable" : ""}${drag?.meeting.id === meeting.id ? " ev-dragged" : ""}`}
			title={meeting.subject}
			aria-pressed={cursor.meeting === meeting.id}
			tabIndex={reachable?.meeting === meeting.id && reachable.day === day ? 0 : -1}
			onClick={() => board.onSelect(meeting, day)}
			onDoubleClick={() => board.onOpen(meeting)}
			onKeyDown={(event) => {
				if (event.key !== "Enter") return;
				event.preventDefault();
				board.onOpen(meeting);
			}}
			onPointerDown={movable ? (event) => board.onGrip(event, meeting, "move") : undefined}
			data-meeting={meeting.id}
			data-testid="line"
		>
			<span>{hourOn(meeting, day)}</span>
			{tag && <span className="hall-tag">{tag}</span>}
			<span className="month-subject">{meeting.subject}</span>
			<span className="visually-hidden">, {t(`state.${meeting.state}`)}</span>
		</button>
	);
}

/** What is dragged, on the day where it would be. */
function Ghost({ drag, board }: { drag: Drag; board: Board }) {
	const { t } = useTexts();
	const [hit] = board.overlaps;
	return (
		<div className={`month-ghost${hit ? " ghost-bad" : ""}`} data-testid="ghost">
			{hit && (
				<p className="ghost-hit">
					<StateIcon state="bad" />
					{t("week.overlap", { minutes: hit.minutes, name: resourceName(hit.resource, board.directory) })}
				</p>
			)}
			<p>{timeText(drag.time)}</p>
			<strong>{drag.meeting.subject}</strong>
		</div>
	);
}

/** When a meeting begins, or, where it goes on from the day before, when it ends. */
function hourOn(meeting: Meeting, day: Day): string {
	return dayOf(startOf(meeting)) === day ? hour(minutesOf(startOf(meeting))) : `–${hour(minutesOf(endOf(meeting)))}`;
}
