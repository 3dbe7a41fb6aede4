import type { ReactNode } from "react";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { endOf, type Meeting, type MeetingType, startOf } from "../../../office/meetings";
import { dayOf } from "./dates";
import { dayName, fullDay, timeText } from "./format";
import { ruleText } from "./RecurrenceFields";
import { readRule } from "./recurrence";

interface MeetingFactsProps {
	meeting: Meeting;
	directory?: Directory;
	types: MeetingType[];
}

/** What a meeting is: when, where, who presides. */
export function MeetingFacts({ meeting, directory, types }: MeetingFactsProps) {
	const { t, language } = useTexts();
	const type = types.find((k) => k.id === meeting.type);
	const time = { start: startOf(meeting), end: endOf(meeting) };
	const day = dayOf(time.start);
	const unit = directory?.units.find((u) => u.id === meeting.preparing_unit);
	const rule = meeting.recurrence && readRule(meeting.recurrence.rrule);
	const rows: [string, ReactNode][] = [
		[t("field.time"), `${dayName(day, language)}, ${fullDay(day)}, ${timeText(time)}`],
		[t("field.format"), t(`format.${meeting.format ?? "online"}`)],
		[t("field.halls"), meeting.halls?.map((h) => hallText(h, directory)).join(", ")],
		[t("field.chair"), personText(meeting.chair)],
		[t("field.co_chairs"), meeting.co_chairs?.map(personText).join("; ")],
		[t("field.secretary"), meeting.secretary && personText(meeting.secretary)],
		[t("field.type"), type && (language === "en" && type.name_en ? type.name_en : type.name)],
		[t("field.preparing_unit"), unit?.name ?? meeting.preparing_unit],
		[t("field.recurrence"), rule ? ruleText(rule, t) : meeting.series ? t("meeting.series") : undefined],
	];
	return (
		<dl className="facts">
			{rows.map(
				([name, value]) =>
					value && (
						<div key={name}>
							<dt>{name}</dt>
							<dd>{value}</dd>
						</div>
					),
			)}
		</dl>
	);
}

function personText({ name, unit }: { name: string; unit?: string }): string {
	return unit ? `${name}, ${unit}` : name;
}

/** Phòng họp số 1 (P1) */
export function hallText(hall: { id: string; name: string }, directory: Directory | undefined): string {
	const known = directory?.halls.find((h) => h.id === hall.id);
	const name = known?.name ?? (hall.name || hall.id);
	return known?.short_name && !name.includes(known.short_name) ? `${name} (${known.short_name})` : name;
}
