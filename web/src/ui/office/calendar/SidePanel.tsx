import { Button } from "@mantine/core";
import { IconArrowRight, IconPencil } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { isEditable, isMovable } from "./acts";
import { Coming } from "./ConflictBox";
import { clashSentences } from "./clashes";
import { hallTag } from "./DayColumn";
import { dayOf } from "./dates";
import type { Overlap, Time } from "./drag";
import { dayText, timeText, whenText } from "./format";
import { TimeFields } from "./TimeFields";
import type { Busy } from "./useBusy";

interface SidePanelProps {
	selected?: Meeting;
	/** Where the selected meeting is being dragged. */
	dragged?: Time;
	overlaps: Overlap[];
	busy: Busy;
	pending: Meeting[];
	displaced: Meeting[];
	directory?: Directory;
	now: number;
	onMove: (meeting: Meeting, time: Time) => void;
	onSelect: (meeting: Meeting) => void;
}

/** Beside the calendar: the chosen meeting with what is in its way and when else it could be, and what waits. */
export function SidePanel(props: SidePanelProps) {
	const { selected, pending, displaced, directory, onSelect } = props;
	const { t } = useTexts();
	return (
		<aside className="plan-side" aria-label={t("week.side")} data-testid="side">
			{selected ? (
				<Chosen key={selected.id} {...props} selected={selected} />
			) : (
				<section>
					<h2>{t("week.nothingChosen")}</h2>
					<p className="side-text">{t("week.how")}.</p>
				</section>
			)}
			{displaced.length > 0 && (
				<section>
					<h2>{t("week.toMove", { count: displaced.length })}</h2>
					<Rows meetings={displaced} directory={directory} onSelect={onSelect} />
				</section>
			)}
			<section>
				<h2>{t("week.pending", { count: pending.length })}</h2>
				{pending.length === 0 && <p className="side-text">{t("week.nothingPending")}</p>}
				<Rows meetings={pending} directory={directory} onSelect={onSelect} />
			</section>
		</aside>
	);
}

function Chosen({ selected, dragged, overlaps, busy, directory, now, onMove }: SidePanelProps & { selected: Meeting }) {
	const { t, language } = useTexts();
	const own = { start: startOf(selected), end: endOf(selected) };
	const movable = isMovable(selected);
	const shown = dragged ?? own;
	return (
		<>
			<section aria-live="polite">
				<h2>{t(dragged ? "week.moving" : `state.${selected.state}`)}</h2>
				<h3>{selected.subject}</h3>
				<p className="side-text">
					{whenText(shown, language)}
					{selected.halls?.length ? ` · ${hallTag(selected, directory)}` : ""}
					<br />
					{t("week.chair", { name: selected.chair.name })}
				</p>
				{overlaps.length > 0 && (
					<div className="message message-bad side-message">
						<StateIcon state="bad" />
						<ul>
							{clashSentences(overlaps, directory, t).map((s) => (
								<li key={s}>{s}</li>
							))}
						</ul>
					</div>
				)}
				<div className="side-buttons">
					<Button
						component={Link}
						href={`/meetings/${selected.id}`}
						variant="default"
						size="sm"
						rightSection={<IconArrowRight size={16} aria-hidden="true" />}
						data-testid="open"
					>
						{t("week.open")}
					</Button>
					{isEditable(selected) && (
						<Button
							component={Link}
							href={`/meetings/${selected.id}/edit`}
							variant="default"
							size="sm"
							leftSection={<IconPencil size={16} aria-hidden="true" />}
						>
							{t("week.edit")}
						</Button>
					)}
				</div>
			</section>
			{movable && (
				<section>
					<h2>{t("clash.nearestFree")}</h2>
					{busy.proposals.map((p) => (
						<button key={p.start} type="button" className="side-option" onClick={() => onMove(selected, p)} data-testid="option">
							<b>
								{dayText(dayOf(p.start), language)}, <span>{timeText(p)}</span>
							</b>
							<Coming proposal={p} total={busy.total} directory={directory} />
							<em>{t("week.choose")}</em>
						</button>
					))}
					<OtherTime key={own.start} own={own} now={now} onMove={(time) => onMove(selected, time)} />
				</section>
			)}
		</>
	);
}

/** Another time, typed. */
function OtherTime({ own, now, onMove }: { own: Time; now: number; onMove: (time: Time) => void }) {
	const { t } = useTexts();
	const [time, setTime] = useState(own);
	useEffect(() => setTime({ start: own.start, end: own.end }), [own.start, own.end]);
	const same = time.start === own.start && time.end === own.end;
	return (
		<form
			className="side-time"
			onSubmit={(event) => {
				event.preventDefault();
				if (!same) onMove(time);
			}}
		>
			<TimeFields value={time} onChange={setTime} size="sm" now={now} />
			<Button type="submit" variant="default" size="sm" disabled={same} data-testid="move">
				{t("act.reschedule")}
			</Button>
		</form>
	);
}

function Rows({ meetings, directory, onSelect }: { meetings: Meeting[]; directory?: Directory; onSelect: (meeting: Meeting) => void }) {
	const { language } = useTexts();
	return (
		<ul className="side-rows">
			{meetings.map((m) => (
				<li key={m.id}>
					<button type="button" onClick={() => onSelect(m)}>
						<b>{m.subject}</b>
						<span>
							{[
								directory?.units.find((u) => u.id === m.preparing_unit)?.name,
								whenText({ start: startOf(m), end: endOf(m) }, language),
								hallTag(m, directory),
							]
								.filter(Boolean)
								.join(" · ")}
						</span>
					</button>
				</li>
			))}
		</ul>
	);
}
