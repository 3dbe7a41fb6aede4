import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useRef } from "react";
import { Link, useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import type { Hall } from "../../../office/directory";
import { type Meeting, meetingsQuery, settingsQuery } from "../../../office/meetings";
import { isShown } from "../../../ui/office/calendar/acts";
import { CalendarBar } from "../../../ui/office/calendar/CalendarBar";
import type { WeekModel } from "../../../ui/office/calendar/DayColumn";
import { addDays, type Day, momentOf, weekDays } from "../../../ui/office/calendar/dates";
import { weekNumber, weekText } from "../../../ui/office/calendar/format";
import { useBoard } from "../../../ui/office/calendar/useBoard";
import { useNow } from "../../../ui/office/calendar/useNow";
import { hoursOf, WeekGrid, WeekKey } from "../../../ui/office/calendar/WeekGrid";
import { WeekList } from "../../../ui/office/calendar/WeekList";
import { Empty } from "../../../ui/office/Empty";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { useSession } from "../../../ui/office/session";
import { useDirectory } from "../../../ui/office/useDirectory";

/** Rails that fit beside the blocks of a day. */
const mostRails = 4;

/** A week of the calendar, from a Monday on. */
export function WeekPage({ monday }: { monday: Day }) {
	const { t } = useTexts();
	const { may } = useSession();
	const days = useMemo(() => weekDays(monday), [monday]);
	const meetings = useQuery(meetingsQuery({ from: isoOf(monday), to: isoOf(addDays(monday, 7)) }));
	const plans = may("draft") || may("issue");
	return (
		<OfficePage
			title={t("week.name", { week: weekNumber(monday) })}
			note={weekText(days)}
			fill
			actions={
				<CalendarBar at={monday} view="week">
					{plans && (
						<Button
							component={Link}
							href="/meetings/new"
							size="md"
							leftSection={<IconPlus size={18} aria-hidden="true" />}
							data-testid="new"
						>
							{t("week.new")}
						</Button>
					)}
				</CalendarBar>
			}
		>
			<Loaded query={meetings}>{(found) => <Week days={days} meetings={found} plans={plans} />}</Loaded>
		</OfficePage>
	);
}

const isoOf = (day: Day) => new Date(momentOf(day)).toISOString();

function Week({ days, meetings: all, plans }: { days: Day[]; meetings: Meeting[]; plans: boolean }) {
	const [, navigate] = useLocation();
	const now = useNow();
	const narrow = useMediaQuery("(max-width: 900px)", undefined, { getInitialValueInEffect: false });
	const directory = useDirectory(days[0]).data;
	const settings = useQuery(settingsQuery).data;
	const meetings = useMemo(() => all.filter(isShown), [all]);
	const hours = useMemo(() => hoursOf(meetings, days), [meetings, days]);
	const columns = useRef<HTMLDivElement>(null);
	const board = useBoard({ view: "week", at: days[0], days, meetings, known: all, columns, hours, directory, now });

	if (narrow)
		return meetings.length > 0 ? (
			<WeekList days={days} meetings={meetings} directory={directory} now={now} />
		) : (
			<NoMeetings plans={plans} />
		);
	const model: WeekModel = {
		...board,
		hours,
		halls: railsOf(directory?.halls ?? [], meetings),
		types: new Map((settings?.types ?? []).map((type) => [type.id, type])),
		onNew: (time) => plans && navigate(`/meetings/new?start=${time.start}&end=${time.end}`),
	};
	return (
		<div className="plan-page">
			<div className="week-board">
				<WeekGrid days={days} meetings={meetings} model={model} columns={columns} />
				<WeekKey />
			</div>
			{board.panel}
			{board.dialog}
			{meetings.length === 0 && <NoMeetings plans={plans} />}
		</div>
	);
}

function NoMeetings({ plans }: { plans: boolean }) {
	const { t } = useTexts();
	return (
		<div className="week-empty">
			<Empty what={t("week.none")} why={t(plans ? "week.noneWhy" : "week.noneYet")}>
				{plans && (
					<Button component={Link} href="/meetings/new" variant="default">
						{t("week.new")}
					</Button>
				)}
			</Empty>
		</div>
	);
}

/** The halls with a rail, in the order of protocol: those that the week uses, and those of the unit that has the first one. */
function railsOf(halls: Hall[], meetings: Meeting[]): Hall[] {
	const used = new Set(meetings.flatMap((m) => (m.halls ?? []).map((h) => h.id)));
	const wanted = halls.filter((h) => used.has(h.id) || h.unit === halls[0].unit);
	const chosen = new Set([...wanted].sort((a, b) => Number(used.has(b.id)) - Number(used.has(a.id))).slice(0, mostRails));
	return wanted.filter((h) => chosen.has(h));
}
