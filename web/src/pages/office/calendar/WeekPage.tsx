import { Button } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconPlus } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useRef, useState } from "react";
import { Link, useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import type { Hall } from "../../../office/directory";
import { displacedQuery, endOf, type Meeting, meetingsQuery, settingsQuery, startOf } from "../../../office/meetings";
import { ActDialog } from "../../../ui/office/calendar/ActDialog";
import { fillOf, isMovable } from "../../../ui/office/calendar/acts";
import { CalendarBar } from "../../../ui/office/calendar/CalendarBar";
import type { WeekModel } from "../../../ui/office/calendar/DayColumn";
import { addDays, type Day, dayOf, momentOf, weekDays } from "../../../ui/office/calendar/dates";
import { overlaps, type Time } from "../../../ui/office/calendar/drag";
import { weekNumber, weekText } from "../../../ui/office/calendar/format";
import type { Cursor } from "../../../ui/office/calendar/keys";
import { ofDay } from "../../../ui/office/calendar/layout";
import { SidePanel } from "../../../ui/office/calendar/SidePanel";
import { useBusy } from "../../../ui/office/calendar/useBusy";
import { useCalendarKeys } from "../../../ui/office/calendar/useCalendarKeys";
import { useDrag } from "../../../ui/office/calendar/useDrag";
import { useMove } from "../../../ui/office/calendar/useMove";
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
	const { t } = useTexts();
	const { may } = useSession();
	const [, navigate] = useLocation();
	const now = useNow();
	const narrow = useMediaQuery("(max-width: 900px)", undefined, { getInitialValueInEffect: false });
	const directory = useDirectory(days[0]).data;
	const settings = useQuery(settingsQuery).data;
	const waiting = useWaiting(may("view_drafts"), may("reschedule") || may("draft"));
	const meetings = useMemo(() => all.filter((m) => fillOf(m.state) && !m.always_on), [all]);
	const [cursor, setCursor] = useState<Cursor>({ day: days.includes(dayOf(now)) ? dayOf(now) : days[0] });
	const columns = useRef<HTMLDivElement>(null);
	const hours = useMemo(() => hoursOf(meetings, days), [meetings, days]);
	const { asked, ask, move, moved } = useMove();
	const onDrop = useCallback((meeting: Meeting, time: Time) => void move(meeting, time), [move]);
	const { drag, begin } = useDrag({ columns, hours, onDrop });

	const known = useMemo(() => new Map([...waiting.displaced, ...waiting.pending, ...all].map((m) => [m.id, m])), [all, waiting]);
	const selected = drag?.meeting ?? (cursor.meeting ? known.get(cursor.meeting) : undefined);
	const own = selected && { start: startOf(selected), end: endOf(selected) };
	const busy = useBusy(selected, selected?.id, drag?.time ?? own, now);
	const inTheWay = useMemo(
		() => (selected && (drag?.time ?? own) ? overlaps(drag?.time ?? (own as Time), selected.id, busy.resources, busy.booked) : []),
		[selected, drag, own, busy],
	);
	const select = (meeting: Meeting, day = dayOf(startOf(meeting))) => setCursor({ day, meeting: meeting.id });
	useCalendarKeys({ days, meetings, cursor, columns, onCursor: setCursor });

	if (narrow)
		return meetings.length > 0 ? (
			<WeekList days={days} meetings={meetings} directory={directory} now={now} />
		) : (
			<NoMeetings plans={plans} />
		);
	const newAt = (time: Time) => plans && navigate(`/meetings/new?start=${time.start}&end=${time.end}`);
	const model: WeekModel = {
		hours,
		halls: railsOf(directory?.halls ?? [], meetings),
		directory,
		types: new Map((settings?.types ?? []).map((type) => [type.id, type])),
		now,
		selected: cursor.meeting,
		reachable: cursor.meeting ? cursor : firstOf(meetings, days),
		drag,
		overlaps: drag ? inTheWay : [],
		free: selected && isMovable(selected) ? busy.proposals : [],
		movable: (m) => isMovable(m) && endOf(m) > now,
		onSelect: select,
		onOpen: (m) => navigate(`/meetings/${m.id}`),
		onNew: newAt,
		onFree: (time) => selected && void move(selected, time),
		onGrip: begin,
	};
	return (
		<div className="week-page">
			<div className="week-board">
				<WeekGrid days={days} meetings={meetings} model={model} columns={columns} />
				<WeekKey />
			</div>
			<SidePanel
				selected={selected}
				dragged={drag?.time}
				overlaps={inTheWay}
				busy={busy}
				pending={waiting.pending}
				displaced={waiting.displaced}
				directory={directory}
				now={now}
				onMove={(meeting, time) => void move(meeting, time)}
				onSelect={select}
			/>
			{meetings.length === 0 && <NoMeetings plans={plans} />}
			{asked && <ActDialog key={asked.meeting.id} {...asked} now={now} onDone={moved} onClose={() => ask(undefined)} />}
			<p className="visually-hidden" role="status">
				{cursor.meeting ? "" : t("week.dayChosen", { day: cursor.day })}
			</p>
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

/** Where the first meeting of some days stands. */
function firstOf(meetings: Meeting[], days: Day[]): Cursor | undefined {
	return days.flatMap((day) => ofDay(meetings, day).map((m) => ({ day, meeting: m.id })))[0];
}

/** What waits for approval, and what has lost its place. */
function useWaiting(drafts: boolean, moves: boolean): { pending: Meeting[]; displaced: Meeting[] } {
	const pending = useQuery({ ...meetingsQuery({ state: "submitted" }), enabled: drafts }).data;
	const displaced = useQuery({ ...displacedQuery, enabled: moves }).data;
	return useMemo(() => ({ pending: pending ?? [], displaced: displaced ?? [] }), [pending, displaced]);
}

/** The halls with a rail, in the order of protocol: those that the week uses, and those of the unit that has the first one. */
function railsOf(halls: Hall[], meetings: Meeting[]): Hall[] {
	const used = new Set(meetings.flatMap((m) => (m.halls ?? []).map((h) => h.id)));
	const wanted = halls.filter((h) => used.has(h.id) || h.unit === halls[0].unit);
	const chosen = new Set([...wanted].sort((a, b) => Number(used.has(b.id)) - Number(used.has(a.id))).slice(0, mostRails));
	return wanted.filter((h) => chosen.has(h));
}
