import type { CSSProperties } from "react";
import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import type { Directory, Hall } from "../../../office/directory";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { fillOf } from "./acts";
import { type Day, dayOf, hour, momentOf } from "./dates";
import type { Hours } from "./drag";
import { timeText } from "./format";
import { place } from "./layout";

interface HallsViewProps {
	day: Day;
	hours: Hours;
	meetings: Meeting[];
	directory: Directory;
	now: number;
	/** Begins a meeting in a hall at an hour; nothing for who may not. */
	onNew?: (hall: Hall, start: number) => void;
}

/** A day of all halls: a line for each, the hours from left to right. */
export function HallsView({ day, hours, meetings, directory, now, onNew }: HallsViewProps) {
	const { t } = useTexts();
	const marks = Array.from({ length: Math.floor((hours.to - hours.from) / 60) + 1 }, (_, i) => hours.from + i * 60);
	const share = (ms: number) => Math.min(1, Math.max(0, (ms - momentOf(day, hours.from)) / ((hours.to - hours.from) * 60_000)));
	return (
		<section
			className="halls"
			// biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys
			tabIndex={0}
			aria-label={t("halls.title")}
			style={{ "--hours": (hours.to - hours.from) / 60 } as CSSProperties}
			data-testid="halls"
		>
			<table>
				<caption className="visually-hidden">{t("halls.title")}</caption>
				<thead>
					<tr>
						<th scope="col">{t("field.halls")}</th>
						<td aria-hidden="true" className="halls-hours">
							{marks.map((m) => (
								<span key={m} style={{ left: `${((m - hours.from) / (hours.to - hours.from)) * 100}%` }}>
									{hour(m)}
								</span>
							))}
						</td>
					</tr>
				</thead>
				<tbody>
					{directory.halls.map((hall) => (
						<HallLine
							key={hall.id}
							hall={hall}
							meetings={meetings.filter((m) => m.halls?.some((h) => h.id === hall.id))}
							share={share}
							now={dayOf(now) === day ? now : undefined}
							onNew={onNew && ((at) => onNew(hall, momentOf(day, Math.floor((hours.from + at * (hours.to - hours.from)) / 30) * 30)))}
						/>
					))}
				</tbody>
			</table>
		</section>
	);
}

interface HallLineProps {
	hall: Hall;
	meetings: Meeting[];
	share: (ms: number) => number;
	now?: number;
	onNew?: (share: number) => void;
}

function HallLine({ hall, meetings, share, now, onNew }: HallLineProps) {
	const { t } = useTexts();
	const places = place(meetings.map((m) => ({ id: m.id, start: startOf(m), end: endOf(m) })));
	return (
		<tr>
			<th scope="row">
				{hall.short_name && <span className="hall-tag">{hall.short_name}</span>}
				<span>{hall.name}</span>
				<small>{t("halls.seats", { count: hall.seats })}</small>
			</th>
			<td
				onDoubleClick={(event) => {
					const box = event.currentTarget.getBoundingClientRect();
					if (event.target === event.currentTarget) onNew?.((event.clientX - box.left) / box.width);
				}}
			>
				{meetings.map((m) => (
					<Link
						key={m.id}
						href={`/meetings/${m.id}`}
						className={`halls-block ev-${fillOf(m.state)}`}
						style={
							{
								left: `${share(startOf(m)) * 100}%`,
								width: `${(share(endOf(m)) - share(startOf(m))) * 100}%`,
								"--x": places.get(m.id)?.x,
								"--w": places.get(m.id)?.width,
							} as CSSProperties
						}
					>
						<span>{timeText({ start: startOf(m), end: endOf(m) })}</span>
						<strong>{m.subject}</strong>
						<span>{m.chair.name}</span>
					</Link>
				))}
				{meetings.length === 0 && <span className="halls-free">{t("halls.free")}</span>}
				{now !== undefined && <i className="halls-now" style={{ left: `${share(now) * 100}%` }} />}
			</td>
		</tr>
	);
}
