import type { CSSProperties, KeyboardEvent, PointerEvent } from "react";
import { useTexts } from "../../../i18n";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { fillOf } from "./acts";
import { dayOf } from "./dates";
import type { Grip, Time } from "./drag";
import { dayName, timeText } from "./format";
import type { Place } from "./layout";

interface BlockProps {
	meeting: Meeting;
	place: Place;
	/** Shares of the day's height. */
	style: CSSProperties;
	/** The tag of the hall, or how people meet where there is none. */
	hall?: string;
	type?: { name: string; urgent: boolean };
	selected: boolean;
	/** Reached by Tab: one block of the calendar is. */
	reachable: boolean;
	movable: boolean;
	dragged: boolean;
	/** Of its time, what the day of the block shows. */
	part: Time;
	onSelect: () => void;
	onOpen: () => void;
	onGrip: (event: PointerEvent, grip: Grip) => void;
}

/** A meeting in the calendar. Fill says that it is issued, white that it is approved, dashes that it waits. */
export function Block(props: BlockProps) {
	const { meeting, place, style, hall, type, selected, reachable, movable, dragged, part, onSelect, onOpen, onGrip } = props;
	const { t, language } = useTexts();
	const time = { start: startOf(meeting), end: endOf(meeting) };
	const length = (part.end - part.start) / 3600_000; // for how much of it fits
	const fill = fillOf(meeting.state);
	const sites = meeting.sites?.length ?? 0;
	const open = (event: KeyboardEvent) => {
		if (event.key !== "Enter") return;
		event.preventDefault();
		onOpen();
	};
	return (
		<button
			type="button"
			className={`ev ev-${fill}${length < 2 ? " ev-short" : ""}${place.width < 0.6 ? " ev-slim" : ""}${place.over ? " ev-over" : ""}${movable ? " ev-movable" : ""}${dragged ? " ev-dragged" : ""}`}
			style={{ ...style, "--x": place.x, "--w": place.width } as CSSProperties}
			aria-pressed={selected}
			tabIndex={reachable ? 0 : -1}
			onClick={onSelect}
			onDoubleClick={onOpen}
			onKeyDown={open}
			onPointerDown={movable ? (event) => onGrip(event, "move") : undefined}
			data-meeting={meeting.id}
			data-testid="block"
		>
			<span className="visually-hidden">{dayName(dayOf(time.start), language)}, </span>
			<span className="ev-top">
				{hall ? <span className="hall-tag">{hall}</span> : <span className="ev-format">{t(`format.${meeting.format ?? "online"}`)}</span>}
				{timeText(time)}
			</span>
			<strong className={length < 1.25 ? "ev-line" : "ev-title"}>{meeting.subject}</strong>
			<span className={length >= 1.25 ? "ev-text" : "visually-hidden"}>{meeting.chair.name}</span>
			<span className="visually-hidden">, {t(`state.${meeting.state}`)}</span>
			{length >= 2.5 && sites > 0 && <span className="ev-text ev-more">{t("week.sites", { count: sites })}</span>}
			{length >= 1.5 && type?.urgent && <span className="tag ev-urgent">{type.name}</span>}
			{length >= 1 && meeting.displaced?.length && meeting.state !== "concluded" ? (
				<span className="ev-note">
					<StateIcon state="bad" /> {t("week.displaced")}
				</span>
			) : null}
			{movable && (
				<>
					{part.start === time.start && <i className="ev-grip ev-grip-start" onPointerDown={(event) => onGrip(event, "start")} />}
					{part.end === time.end && <i className="ev-grip ev-grip-end" onPointerDown={(event) => onGrip(event, "end")} />}
				</>
			)}
		</button>
	);
}
