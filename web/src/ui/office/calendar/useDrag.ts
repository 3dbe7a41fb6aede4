import { type PointerEvent, type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { Meeting } from "../../../office/meetings";
import { endOf, startOf } from "../../../office/meetings";
import { type Day, daysBetween } from "./dates";
import { type Grip, type Hours, later, moved, type Time } from "./drag";

export interface Drag {
	meeting: Meeting;
	grip: Grip;
	/** Where it would be. */
	time: Time;
}

/** px that the pointer moves before a press is a drag. */
const slack = 5;

interface DragOptions {
	/** Holds an element with data-day for each day. */
	columns: RefObject<HTMLElement | null>;
	/** The hours that the height of a day stands for. Without, meetings keep their hour. */
	hours?: Hours;
	onDrop: (meeting: Meeting, time: Time) => void;
}

/** Moves and resizes blocks with the pointer. Escape gives up; fingers scroll instead. */
export function useDrag({ columns, hours, onDrop }: DragOptions) {
	const [drag, setDrag] = useState<Drag>();
	const stop = useRef<() => void>(undefined);
	useEffect(() => () => stop.current?.(), []);

	const begin = useCallback(
		(event: PointerEvent, meeting: Meeting, grip: Grip) => {
			if (event.button !== 0 || event.pointerType === "touch" || !columns.current) return;
			event.stopPropagation();
			const from = { x: event.clientX, y: event.clientY };
			const own = { start: startOf(meeting), end: endOf(meeting) };
			const days = [...columns.current.querySelectorAll<HTMLElement>("[data-day]")].filter((d) => d.offsetWidth > 0);
			const grabbed = (event.target as Element).closest<HTMLElement>("[data-day]")?.dataset.day as Day;
			let current: Drag | undefined;

			const move = (e: globalThis.PointerEvent) => {
				if (!current && Math.hypot(e.clientX - from.x, e.clientY - from.y) < slack) return;
				const over = dayAt(days, e);
				const by = daysBetween(grabbed, over.dataset.day as Day);
				const share = (e.clientY - from.y) / over.getBoundingClientRect().height;
				const time = hours ? moved(own, grip, by, share * (hours.to - hours.from), hours) : later(own, by);
				current = { meeting, grip, time };
				setDrag(current);
			};
			const end = (e: Event) => {
				stop.current?.();
				if (e.type !== "pointerup" || !current) return;
				const { time } = current;
				if (time.start !== own.start || time.end !== own.end) onDrop(meeting, time);
			};
			const giveUp = (e: KeyboardEvent) => e.key === "Escape" && end(e);
			stop.current = () => {
				window.removeEventListener("pointermove", move);
				for (const type of ["pointerup", "pointercancel", "blur"]) window.removeEventListener(type, end);
				window.removeEventListener("keydown", giveUp);
				setDrag(undefined);
			};
			window.addEventListener("pointermove", move);
			for (const type of ["pointerup", "pointercancel", "blur"]) window.addEventListener(type, end);
			window.addEventListener("keydown", giveUp);
		},
		[columns, hours, onDrop],
	);
	return { drag, begin };
}

/** The day under the pointer, else the nearest: days stand beside each other, and in a month weeks below each other. */
function dayAt(days: HTMLElement[], { clientX, clientY }: globalThis.PointerEvent): HTMLElement {
	const last = days[days.length - 1];
	const { right, bottom } = last.getBoundingClientRect();
	const [x, y] = [Math.min(clientX, right - 1), Math.min(clientY, bottom - 1)];
	const under = (day: HTMLElement) => {
		const box = day.getBoundingClientRect();
		return x < box.right && y < box.bottom;
	};
	return days.find(under) ?? last;
}
