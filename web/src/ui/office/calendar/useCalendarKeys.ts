import { type RefObject, useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { choices } from "../../choices";
import { isCommand, useKeys } from "../../useShortcuts";
import { usePageKeys } from "../pageKeys";
import { useSession } from "../session";
import { addDays, type Day, dayOf, weekName } from "./dates";
import { type Arrow, type Cursor, follow } from "./keys";

interface CalendarKeys {
	days: Day[];
	meetings: Meeting[];
	cursor: Cursor;
	columns: RefObject<HTMLElement | null>;
	onCursor: (cursor: Cursor) => void;
}

const arrows: Record<string, Arrow> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

const listed = [
	["↑ ↓", "keys.meetings"],
	["← →", "keys.days"],
	["Enter", "keys.open"],
	["N", "keys.new"],
	["J K", "keys.weeks"],
	["T", "keys.today"],
] as const;

/** The keys of the week: arrows go from meeting to meeting and from day to day; the focus goes along. */
export function useCalendarKeys(keys: CalendarKeys): void {
	const [, navigate] = useLocation();
	const { may } = useSession();
	usePageKeys(listed);
	const newest = useRef(keys);
	newest.current = keys;
	const turn = (by: number) => navigate(`/calendar/${weekName(addDays(keys.days[0], by))}`);
	useKeys({
		...(may("draft") || may("issue") ? { n: () => navigate("/meetings/new") } : {}),
		t: () => navigate(`/calendar/${weekName(dayOf(Date.now()))}`),
		j: () => turn(7),
		k: () => turn(-7),
		pagedown: () => turn(7),
		pageup: () => turn(-7),
	});
	useEffect(() => {
		const down = (event: KeyboardEvent) => {
			const arrow = arrows[event.key];
			const { columns, days, meetings, cursor, onCursor } = newest.current;
			const target = event.target as Element;
			const own = target === document.body || target.matches("main, h1, .week") || columns.current?.contains(target);
			if (!arrow || !own || !choices.getState().keys || !isCommand(event)) return;
			event.preventDefault();
			const next = follow(
				cursor,
				arrow,
				days,
				meetings.map((m) => ({ id: m.id, start: startOf(m), end: endOf(m) })),
			);
			onCursor(next);
			columns.current?.querySelector<HTMLElement>(`[data-day="${next.day}"] [data-meeting="${next.meeting}"]`)?.focus();
		};
		window.addEventListener("keydown", down);
		return () => window.removeEventListener("keydown", down);
	}, []);
}
