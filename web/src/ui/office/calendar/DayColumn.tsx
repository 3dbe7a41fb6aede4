import type { CSSProperties } from "react";
import { useTexts } from "../../../i18n";
import type { Directory, Hall } from "../../../office/directory";
import { endOf, type Meeting, type MeetingType, startOf } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { fillOf } from "./acts";
import { Block } from "./Block";
import { resourceName } from "./clashes";
import { type Day, dayOf, momentOf, weekday } from "./dates";
import { type Hours, partOn, type Time } from "./drag";
import { dayText, shortDay, timeText } from "./format";
import { type Place, place } from "./layout";
import type { Proposal } from "./resources";
import type { Board } from "./useBoard";
import type { Drag } from "./useDrag";

/** What every day of the week needs to know. */
export interface WeekModel extends Board {
	hours: Hours;
	halls: Hall[];
	types: Map<string, MeetingType>;
	onNew: (time: Time) => void;
}

interface DayColumnProps {
	day: Day;
	/** What takes place on the day, or in part of it. */
	meetings: Meeting[];
	model: WeekModel;
}

/** Where a time stands in the height of a day. */
function vertical(time: Time, day: Day, hours: Hours): CSSProperties {
	const share = (ms: number) => ((ms - momentOf(day, hours.from)) / ((hours.to - hours.from) * 60_000)) * 100;
	const [top, bottom] = [Math.max(0, share(time.start)), Math.min(100, share(time.end))];
	return { top: `${top}%`, height: `${Math.max(0, bottom - top)}%` };
}

/** The part of a meeting that a day shows. */
function partOf(meeting: Meeting, day: Day): Time {
	const time = { start: startOf(meeting), end: endOf(meeting) };
	return partOn(time, day) ?? time;
}

export function DayColumn({ day, meetings, model }: DayColumnProps) {
	const { language } = useTexts();
	const { hours, drag, now } = model;
	const places = place(meetings.map((m) => ({ id: m.id, ...partOf(m, day) })));
	const today = dayOf(now) === day;
	const create = (event: React.MouseEvent) => {
		if (event.target !== event.currentTarget) return;
		const box = event.currentTarget.getBoundingClientRect();
		const minutes = hours.from + ((event.clientY - box.top) / box.height) * (hours.to - hours.from);
		const start = momentOf(day, Math.floor(minutes / 30) * 30);
		model.onNew({ start, end: start + 2 * 3600_000 });
	};
	return (
		<section
			className={`week-day${weekday(day) > 5 ? " week-weekend" : ""}`}
			aria-label={dayText(day, language)}
			data-day={day}
			onDoubleClick={create}
		>
			<div className="week-noon" style={vertical({ start: momentOf(day, 690), end: momentOf(day, 810) }, day, hours)} />
			<Rails day={day} meetings={meetings} model={model} />
			{model.free.map((slot) => dayOf(slot.start) === day && <FreeSlot key={slot.start} slot={slot} day={day} model={model} />)}
			{meetings.map((m) => (
				<DayBlock key={m.id} meeting={m} place={places.get(m.id)} day={day} model={model} />
			))}
			{today && <i className="week-now" style={{ top: vertical({ start: now, end: now }, day, hours).top }} />}
			{drag && partOn(drag.time, day) && <Ghost day={day} model={model} drag={drag} />}
		</section>
	);
}

function DayBlock({ meeting, place: at, day, model }: { meeting: Meeting; place?: Place; day: Day; model: WeekModel }) {
	const { language } = useTexts();
	if (!at) return null;
	const { directory, types, reachable } = model;
	const part = partOf(meeting, day);
	const type = types.get(meeting.type ?? "");
	const urgent = Math.max(...[...types.values()].map((t) => t.priority)) === type?.priority;
	return (
		<Block
			meeting={meeting}
			place={at}
			style={vertical(part, day, model.hours)}
			hall={hallTag(meeting, directory)}
			type={type && { name: language === "en" && type.name_en ? type.name_en : type.name, urgent }}
			selected={model.cursor.meeting === meeting.id}
			reachable={reachable?.meeting === meeting.id && reachable.day === day}
			movable={model.movable(meeting)}
			dragged={model.drag?.meeting.id === meeting.id}
			part={part}
			onSelect={() => model.onSelect(meeting, day)}
			onOpen={() => model.onOpen(meeting)}
			onGrip={(event, grip) => model.onGrip(event, meeting, grip)}
		/>
	);
}

/** The short names of a meeting's halls: P1, or P1 +1. */
export function hallTag(meeting: Pick<Meeting, "halls">, directory: Directory | undefined): string | undefined {
	const [first, ...others] = meeting.halls ?? [];
	if (!first) return undefined;
	const name = directory?.halls.some((h) => h.id === first.id) ? resourceName(`hall:${first.id}`, directory) : first.name || first.id;
	return others.length > 0 ? `${name} +${others.length}` : name;
}

/** One slim track for each hall: when it is taken, and, while a meeting is dragged, what it wants and where it cannot have it. */
function Rails({ day, meetings, model }: DayColumnProps) {
	const { halls, hours, drag } = model;
	const left = (hall: string) => ({ "--r": halls.findIndex((h) => h.id === hall) }) as CSSProperties;
	const shown = (hall: string) => halls.some((h) => h.id === hall);
	const wanted = drag && partOn(drag.time, day) ? drag : undefined;
	return (
		<div className="week-rails" aria-hidden="true">
			{meetings
				.filter((m) => fillOf(m.state) && m.id !== drag?.meeting.id)
				.flatMap((m) =>
					(m.halls ?? [])
						.filter((h) => shown(h.id))
						.map((h) => (
							<i key={`${m.id} ${h.id}`} style={{ ...left(h.id), ...vertical({ start: startOf(m), end: endOf(m) }, day, hours) }} />
						)),
				)}
			{wanted?.meeting.halls
				?.filter((h) => shown(h.id))
				.map((h) => (
					<i key={h.id} className="rail-want" style={{ ...left(h.id), ...vertical(wanted.time, day, hours) }} />
				))}
			{wanted &&
				model.overlaps
					.filter((o) => o.resource.startsWith("hall:") && shown(o.resource.slice(5)))
					.map((o) => (
						<i
							key={`${o.meeting} ${o.resource}`}
							className="rail-clash"
							data-testid="rail-clash"
							style={{ ...left(o.resource.slice(5)), ...vertical(o, day, hours) }}
						/>
					))}
		</div>
	);
}

/** A time at which the selected meeting could be: a click puts it there. */
function FreeSlot({ slot, day, model }: { slot: Proposal; day: Day; model: WeekModel }) {
	const { t, language } = useTexts();
	return (
		<button
			type="button"
			className="week-free"
			style={vertical(slot, day, model.hours)}
			tabIndex={-1}
			onClick={() => model.onFree(slot)}
			data-testid="free-slot"
		>
			<span className="visually-hidden">
				{t("week.moveTo")} {dayText(day, language)}
			</span>
			<b>{timeText(slot)}</b>
			<span>{slot.busy.length === 0 ? t("week.free") : t("week.freeBut", { count: slot.busy.length })}</span>
		</button>
	);
}

/** What is dragged, where it would be. */
function Ghost({ day, model, drag }: { day: Day; model: WeekModel; drag: Drag }) {
	const { t } = useTexts();
	const [first] = model.overlaps;
	const tag = hallTag(drag.meeting, model.directory);
	const part = partOn(drag.time, day) ?? drag.time;
	return (
		<div className={`ev ghost${first ? " ghost-bad" : ""}`} style={vertical(drag.time, day, model.hours)} data-testid="ghost">
			{model.overlaps.map((o) => {
				const hit = partOn(o, day);
				return hit && <i key={`${o.resource} ${o.meeting}`} className="ghost-hatch" style={within(hit, part)} />;
			})}
			{first && (
				<p className="ghost-hit">
					<StateIcon state="bad" />
					{t("week.overlap", { minutes: first.minutes, name: resourceName(first.resource, model.directory) })}
				</p>
			)}
			<p className="ev-top">
				{tag && <span className="hall-tag">{tag}</span>}
				{shortDay(dayOf(drag.time.start))} {timeText(drag.time)}
			</p>
			<strong className="ev-title">{drag.meeting.subject}</strong>
		</div>
	);
}

function within(part: Time, whole: Time): CSSProperties {
	const length = whole.end - whole.start;
	return { top: `${((part.start - whole.start) / length) * 100}%`, height: `${((part.end - part.start) / length) * 100}%` };
}
