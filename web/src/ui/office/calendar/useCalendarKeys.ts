import { type RefObject, useLayoutEffect, useRef } from "react";
import { flushSync } from "react-dom";
import { useLocation } from "wouter";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { choices } from "../../choices";
import { isCommand, useKeys } from "../../useShortcuts";
import { usePageKeys } from "../pageKeys";
import { useSession } from "../session";
import { addressOf, turned, type View } from "./CalendarBar";
import { type Day, dayOf } from "./dates";
import { type Arrow, type Cursor, follow } from "./keys";

interface CalendarKeys {
	view: View;
	/** A day of what is shown, from which the keys turn. */
	at: Day;
	/** Days of the view; of a month, weeks. */
	days: Day[];
	meetings: Meeting[];
	cursor: Cursor;
	columns: RefObject<HTMLElement | null>;
	onCursor: (cursor: Cursor) => void;
}

const arrows: Record<string, Arrow> = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

const listed = (view: View) =>
	[
		["↑ ↓", "keys.meetings"],
		["← →", "keys.days"],
		["Enter", "keys.open"],
		["N", "keys.new"],
		["J K", view === "month" ? "keys.months" : "keys.weeks"],
		["T", view === "month" ? "keys.thisMonth" : "keys.today"],
	] as const;
const lists = { week: listed("week"), month: listed("month"), halls: listed("halls") };

/** The keys of week and month: arrows go from meeting to meeting and from day to day; the focus goes along. */
export function useCalendarKeys(keys: CalendarKeys): void {
	const [, navigate] = useLocation();
	const { may } = useSession();
	usePageKeys(lists[keys.view]);
	const newest = useRef(keys);
	newest.current = keys;
	const turn = (by: number) => navigate(addressOf(keys.view, turned(keys.view, keys.at, by)));
	useKeys({
		...(may("draft") || may("issue") ? { n: () => navigate("/meetings/new") } : {}),
		t: () => navigate(addressOf(keys.view, dayOf(Date.now()))),
		j: () => turn(1),
		k: () => turn(-1),
		pagedown: () => turn(1),
		pageup: () => turn(-1),
	});
	useLayoutEffect(() => {
		const down = (event: KeyboardEvent) => {
			const arrow = arrows[event.key];
			const { view, columns, days, meetings, cursor, onCursor } = newest.current;
			const target = event.target as Element;
			const own = target === document.body || target.matches("main, h1, .week, .month") || columns.current?.contains(target);
			if (!arrow || !own || !choices.getState().keys || !isCommand(event)) return;
			event.preventDefault();
			const next = follow(
				cursor,
				arrow,
				days,
				meetings.map((m) => ({ id: m.id, start: startOf(m), end: endOf(m) })),
				view === "month",
			);
			// A full day shows the meeting once it is chosen.
			flushSync(() => onCursor(next));
			columns.current?.querySelector<HTMLElement>(`[data-day="${next.day}"] [data-meeting="${next.meeting}"]`)?.focus();
		};
		window.addEventListener("keydown", down);
		return () => window.removeEventListener("keydown", down);
	}, []);
}
