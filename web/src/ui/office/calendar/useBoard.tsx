import { useQuery } from "@tanstack/react-query";
import { type RefObject, useCallback, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { displacedQuery, endOf, type Meeting, meetingsQuery, startOf } from "../../../office/meetings";
import { useSession } from "../session";
import { ActDialog } from "./ActDialog";
import { isMovable } from "./acts";
import type { View } from "./CalendarBar";
import { type Day, dayOf } from "./dates";
import { type Hours, overlaps, type Time } from "./drag";
import type { Cursor } from "./keys";
import { ofDay } from "./layout";
import { SidePanel } from "./SidePanel";
import { useBusy } from "./useBusy";
import { useCalendarKeys } from "./useCalendarKeys";
import { useDrag } from "./useDrag";
import { useMove } from "./useMove";

interface BoardOptions {
	view: View;
	/** A day of what is shown, from which the keys turn. */
	at: Day;
	days: Day[];
	/** What the days show. */
	meetings: Meeting[];
	/** What the server has of the days: also what is not shown, such as a meeting that was postponed. */
	known: Meeting[];
	/** Holds an element with data-day for each day. */
	columns: RefObject<HTMLElement | null>;
	/** The hours that the height of a day stands for; none where it stands for none. */
	hours?: Hours;
	directory?: Directory;
	now: number;
}

/** What week and month have in common: a meeting is chosen and moved, by the pointer, by keys or in the panel beside them. */
export function useBoard({ view, at, days, meetings, known, columns, hours, directory, now }: BoardOptions) {
	const { t } = useTexts();
	const { may } = useSession();
	const [, navigate] = useLocation();
	const waiting = useWaiting(may("view_drafts"), may("reschedule") || may("draft"));
	const [put, setCursor] = useState<Cursor>({ day: days.includes(dayOf(now)) ? dayOf(now) : at });
	const cursor = useMemo(() => followed(put, meetings), [put, meetings]);
	const { asked, ask, move, moved } = useMove();
	const onDrop = useCallback((meeting: Meeting, time: Time) => void move(meeting, time), [move]);
	const { drag, begin } = useDrag({ columns, hours, onDrop });
	useCalendarKeys({ view, at, days, meetings, cursor, columns, onCursor: setCursor });

	const all = useMemo(() => new Map([...waiting.displaced, ...waiting.pending, ...known].map((m) => [m.id, m])), [known, waiting]);
	const selected = drag?.meeting ?? (cursor.meeting ? all.get(cursor.meeting) : undefined);
	const time = drag?.time ?? (selected && { start: startOf(selected), end: endOf(selected) });
	const busy = useBusy(selected, selected?.id, time, now, directory);
	const inTheWay = selected && time ? overlaps(time, selected.id, busy.resources, busy.booked) : [];
	const select = (meeting: Meeting, day = dayOf(startOf(meeting))) => setCursor({ day, meeting: meeting.id });
	return {
		directory,
		now,
		cursor,
		/** What Tab reaches: what is chosen, else the first. */
		reachable: cursor.meeting ? cursor : firstOf(meetings, days),
		drag,
		/** What is in the way of what is dragged. */
		overlaps: drag ? inTheWay : [],
		/** Where what is chosen could be. */
		free: selected && isMovable(selected) ? busy.proposals : [],
		movable: (m: Meeting) => isMovable(m) && endOf(m) > now,
		onSelect: select,
		onOpen: (m: Meeting) => navigate(`/meetings/${m.id}`),
		onFree: (to: Time) => selected && void move(selected, to),
		onGrip: begin,
		/** What is asked before a meeting is moved: stands wherever one can be dragged. */
		dialog: asked && <ActDialog key={asked.meeting.id} {...asked} now={now} onDone={moved} onClose={() => ask(undefined)} />,
		/** Stands beside the days. */
		panel: (
			<>
				<SidePanel
					selected={selected}
					dragged={drag?.time}
					overlaps={inTheWay}
					busy={busy}
					pending={waiting.pending}
					displaced={waiting.displaced}
					directory={directory}
					now={now}
					onMove={(meeting, to) => void move(meeting, to)}
					onSelect={select}
				/>
				<p className="visually-hidden" role="status">
					{cursor.meeting ? "" : t("week.dayChosen", { day: cursor.day })}
				</p>
			</>
		),
	};
}

export type Board = ReturnType<typeof useBoard>;

/** The cursor goes along with a meeting that is moved to another day. */
function followed(cursor: Cursor, meetings: Meeting[]): Cursor {
	const meeting = meetings.find((m) => m.id === cursor.meeting);
	return !meeting || ofDay([meeting], cursor.day).length > 0 ? cursor : { day: dayOf(startOf(meeting)), meeting: meeting.id };
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
