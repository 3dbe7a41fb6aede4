import { useQuery } from "@tanstack/react-query";
import { type Language, type Texts, useTexts } from "../../../i18n";
import { type HistoryEntry, historyQuery } from "../../../office/meetings";
import { Loaded } from "../Loaded";
import { dayOf } from "./dates";
import { momentText, whenText } from "./format";
import { type Field, fields } from "./plan";

const actions = [
	"created",
	"changed",
	"submitted",
	"approved",
	"returned",
	"issued",
	"postponed",
	"rescheduled",
	"cancelled",
	"opened",
	"concluded",
	"displaced",
	"reclaimed",
	"invited",
	"entered",
] as const;
type Known = (typeof actions)[number];
const isKnown = (action: string): action is Known => (actions as readonly string[]).includes(action);

/** Who did what when, the newest first. */
export function History({ meeting, now }: { meeting: string; now: number }) {
	const { t, language } = useTexts();
	const query = useQuery(historyQuery(meeting));
	return (
		<Loaded query={query} rows={3}>
			{(entries) =>
				entries.length === 0 ? (
					<p className="side-text">{t("meeting.noHistory")}</p>
				) : (
					<ol className="history" data-testid="history">
						{[...entries]
							.sort((a, b) => Date.parse(b.at) - Date.parse(a.at))
							.map((entry) => (
								<li key={`${entry.at} ${entry.action}`}>
									<p>
										<strong>{t(isKnown(entry.action) ? `entry.${entry.action}` : "entry.other")}</strong>
										{entry.revision ? ` · ${t("meeting.revision", { count: entry.revision })}` : ""}
									</p>
									<p className="caption">
										<time dateTime={entry.at}>{momentText(Date.parse(entry.at), dayOf(now))}</time> ·{" "}
										<bdi>{entry.actor === "server" ? t("entry.server") : (entry.actor_name ?? entry.actor)}</bdi>
									</p>
									{entry.reason && <p className="history-reason">{t("meeting.reason", { reason: entry.reason })}</p>}
									<Changes entry={entry} t={t} language={language} />
								</li>
							))}
					</ol>
				)
			}
		</Loaded>
	);
}

/** Values longer than this are not spelled out: that they changed is enough. */
const longest = 120;

function Changes({ entry, t, language }: { entry: HistoryEntry; t: Texts; language: Language }) {
	const lines = (entry.changes ?? []).map(({ field, before, after }) => {
		const name = fieldName(field, t);
		const [from, to] = [valueText(field, before, t, language), valueText(field, after, t, language)];
		if (from && to) return t("meeting.change", { field: name, before: from, after: to });
		if (to) return t("meeting.added", { field: name, what: to });
		return from ? t("meeting.removed", { field: name, what: from }) : name;
	});
	if (entry.invited) lines.push(entry.action === "invited" ? t("meeting.invitedWhom", { name: entry.invited }) : entry.invited);
	for (const { subject } of entry.meetings ?? []) lines.push(subject);
	if (lines.length === 0) return null;
	return (
		<ul className="history-changes">
			{[...new Set(lines)].map((line) => (
				<li key={line}>{line}</li>
			))}
		</ul>
	);
}

function fieldName(field: string, t: Texts): string {
	const [first] = field.split(/[.[]/);
	if (first === "start") return t("field.from");
	if (first === "end") return t("field.to");
	if (first === "sites" || first === "delegates") return t("field.participants");
	return (fields as readonly string[]).includes(first) ? t(`field.${first as Field}`) : field;
}

/** A value as a person reads it; undefined where there is none, or it is too long. */
function valueText(field: string, value: string | undefined, t: Texts, language: Language): string | undefined {
	if (!value || value.length > longest) return undefined;
	if (/^\d{4}-\d\d-\d\dT/.test(value)) {
		const at = Date.parse(value);
		return whenText({ start: at, end: at }, language).replace(/–.*/, "");
	}
	if (field === "format" && (value === "in_person" || value === "online" || value === "hybrid")) return t(`format.${value}`);
	return value;
}
