import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link, Redirect, useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import { type Meeting, meetingsQuery } from "../../../office/meetings";
import { isShown } from "../../../ui/office/calendar/acts";
import { CalendarBar, type View } from "../../../ui/office/calendar/CalendarBar";
import { addDays, type Day, dayOf, momentOf, mondayOf, monthWeeks, readDay, readMonth, readWeek } from "../../../ui/office/calendar/dates";
import { dayName, fullDay, monthText } from "../../../ui/office/calendar/format";
import { HallsView } from "../../../ui/office/calendar/HallsView";
import { MonthView } from "../../../ui/office/calendar/MonthView";
import { useBoard } from "../../../ui/office/calendar/useBoard";
import { useNow } from "../../../ui/office/calendar/useNow";
import { hoursOf } from "../../../ui/office/calendar/WeekGrid";
import { Empty } from "../../../ui/office/Empty";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { useSession } from "../../../ui/office/session";
import { useDirectory } from "../../../ui/office/useDirectory";
import { WeekPage } from "./WeekPage";
import "../../../ui/office/calendar/calendar.css";
import "../../../ui/office/calendar/views.css";

/** The calendar by week (2026-W48), month (2026-11) and halls of a day (2026-11-27). */
export default function CalendarPages() {
	const [location] = useLocation();
	const name = location.replace(/^\/calendar\/?/, "");
	const monday = readWeek(name);
	if (monday) return <WeekPage key={monday} monday={monday} />;
	const month = readMonth(name);
	if (month) return <MonthPage key={month} first={month} />;
	const day = readDay(name);
	if (day) return <HallsPage key={day} day={day} />;
	const now = mondayOf(dayOf(Date.now()));
	return name === "" ? <WeekPage key={now} monday={now} /> : <Redirect to="/calendar" replace />;
}

const isoOf = (day: Day) => new Date(momentOf(day)).toISOString();

function NewButton() {
	const { t } = useTexts();
	const { may } = useSession();
	if (!may("draft") && !may("issue")) return null;
	return (
		<Button component={Link} href="/meetings/new" size="md" leftSection={<IconPlus size={18} aria-hidden="true" />}>
			{t("week.new")}
		</Button>
	);
}

function bar(at: Day, view: View) {
	return (
		<CalendarBar at={at} view={view}>
			<NewButton />
		</CalendarBar>
	);
}

function MonthPage({ first }: { first: Day }) {
	const { language } = useTexts();
	const weeks = useMemo(() => monthWeeks(first), [first]);
	const end = addDays(weeks[weeks.length - 1][6], 1);
	const meetings = useQuery(meetingsQuery({ from: isoOf(weeks[0][0]), to: isoOf(end) }));
	return (
		<OfficePage title={monthText(first, language)} fill actions={bar(first, "month")}>
			<Loaded query={meetings}>{(found) => <Month first={first} weeks={weeks} meetings={found} />}</Loaded>
		</OfficePage>
	);
}

function Month({ first, weeks, meetings: all }: { first: Day; weeks: Day[][]; meetings: Meeting[] }) {
	const now = useNow();
	const narrow = useMediaQuery("(max-width: 900px)", undefined, { getInitialValueInEffect: false });
	const directory = useDirectory(first).data;
	const days = useMemo(() => weeks.flat(), [weeks]);
	const meetings = useMemo(() => all.filter(isShown), [all]);
	const cells = useRef<HTMLElement>(null);
	const board = useBoard({ view: "month", at: first, days, meetings, known: all, columns: cells, directory, now });
	// Without a place for the panel a meeting is opened at once.
	if (narrow)
		return (
			<>
				<MonthView first={first} weeks={weeks} meetings={meetings} board={{ ...board, onSelect: board.onOpen }} cells={cells} />
				{board.dialog}
			</>
		);
	return (
		<div className="plan-page">
			<MonthView first={first} weeks={weeks} meetings={meetings} board={board} cells={cells} />
			{board.panel}
			{board.dialog}
		</div>
	);
}

function HallsPage({ day }: { day: Day }) {
	const { t, language } = useTexts();
	const { may } = useSession();
	const [, navigate] = useLocation();
	const now = useNow();
	const meetings = useQuery(meetingsQuery({ from: isoOf(day), to: isoOf(addDays(day, 1)) }));
	const directory = useDirectory(day);
	const plans = may("draft") || may("issue");
	return (
		<OfficePage title={`${dayName(day, language)} ${fullDay(day)}`} note={t("halls.title")} fill actions={bar(day, "halls")}>
			<Loaded query={directory}>
				{(known) => (
					<Loaded query={meetings}>
						{(found) => {
							const shown = found.filter(isShown);
							if (known.halls.length === 0) {
								return (
									<div className="week-empty">
										<Empty what={t("halls.none")} why={t("halls.noneWhy")} />
									</div>
								);
							}
							return (
								<HallsView
									day={day}
									hours={hoursOf(shown, [day])}
									meetings={shown}
									directory={known}
									now={now}
									onNew={
										plans
											? (hall, start) => navigate(`/meetings/new?start=${start}&end=${start + 2 * 3600_000}&hall=${hall.id}`)
											: undefined
									}
								/>
							);
						}}
					</Loaded>
				)}
			</Loaded>
		</OfficePage>
	);
}
