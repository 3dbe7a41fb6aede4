import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { type Language, useTexts } from "../../../i18n";
import { directoryQuery } from "../../../office/directory";
import {
	type CalendarSettings,
	type Finding,
	type Meeting,
	meetingQuery,
	type Plan,
	type Scope,
	settingsQuery,
} from "../../../office/meetings";
import { Problem } from "../../../office/rest";
import { isDraft } from "../../../ui/office/calendar/acts";
import { CallOffDialog } from "../../../ui/office/calendar/CallOffDialog";
import type { InTheWay } from "../../../ui/office/calendar/clashes";
import { hallTag } from "../../../ui/office/calendar/DayColumn";
import { addDays, dayOf, momentOf, weekday } from "../../../ui/office/calendar/dates";
import { EditorBar } from "../../../ui/office/calendar/EditorBar";
import { EditorNotes } from "../../../ui/office/calendar/EditorNotes";
import { readDraft } from "../../../ui/office/calendar/localDraft";
import { Papers } from "../../../ui/office/calendar/Papers";
import { ParticipantTree } from "../../../ui/office/calendar/ParticipantTree";
import { isSecret, PlanForm, timeOf } from "../../../ui/office/calendar/PlanForm";
import { PreEmptDialog } from "../../../ui/office/calendar/PreEmptDialog";
import { type Merged, merge } from "../../../ui/office/calendar/plan";
import { Steps } from "../../../ui/office/calendar/Steps";
import { candidatesOf, othersOf, sectionsOf } from "../../../ui/office/calendar/tree";
import { useBusy } from "../../../ui/office/calendar/useBusy";
import { useCheck } from "../../../ui/office/calendar/useCheck";
import { useDraft } from "../../../ui/office/calendar/useDraft";
import { planOf } from "../../../ui/office/calendar/useMove";
import { useNow } from "../../../ui/office/calendar/useNow";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { useSession } from "../../../ui/office/session";
import "../../../ui/office/calendar/editor.css";
import "../../../ui/office/calendar/dialogs.css";
import "../../../ui/office/calendar/meeting.css";

interface EditorPageProps {
	/** None for a new meeting. */
	id?: string;
	/** The new meeting is one that the server has now. */
	onCreated: (id: string) => void;
}

/** Where a meeting is written. */
export function EditorPage({ id, onCreated }: EditorPageProps) {
	const { t } = useTexts();
	const settings = useQuery(settingsQuery);
	const meeting = useQuery({ ...meetingQuery(id ?? ""), enabled: id !== undefined, refetchOnWindowFocus: false });
	// A meeting that was made here stays in the hands of this editor.
	const [opened] = useState(id);
	if (!settings.data || (opened && !meeting.data)) {
		return (
			<OfficePage title={t(opened ? "meeting.title" : "editor.new")}>
				<Loaded query={settings}>{() => <Loaded query={meeting}>{() => null}</Loaded>}</Loaded>
			</OfficePage>
		);
	}
	return <Editor meeting={opened ? meeting.data : undefined} settings={settings.data} onCreated={onCreated} />;
}

interface EditorProps {
	meeting?: Meeting;
	settings: CalendarSettings;
	onCreated: (id: string) => void;
}

function Editor({ meeting: opened, settings, onCreated }: EditorProps) {
	const { t, language } = useTexts();
	const { account, may } = useSession();
	const search = useSearch();
	const [, navigate] = useLocation();
	const now = useNow();
	const [start] = useState(() => startingPlan(opened, account.id, search));
	const fresh = !opened || isDraft(opened);
	const draft = useDraft({
		account: account.id,
		meeting: opened,
		start,
		auto: may("draft") && fresh,
		// A series that is made here is written as a whole; one that is opened is changed meeting by meeting, unless it is said otherwise.
		scope: start.scope ?? (opened?.series ? "one" : "all"),
		onCreated,
	});
	const { plan, meeting, scope, change } = draft;
	const [asked, ask] = useState<InTheWay[]>();
	const [calm] = useDebouncedValue(plan, 400);
	const check = useCheck(isSecret(calm) ? undefined : calm, meeting?.id, meeting?.series ? scope : undefined);
	const time = useMemo(() => timeOf(plan), [plan]);
	// As it is on the day of the meeting: units come and go. While another day is read, what was known stays.
	const query = useQuery({ ...directoryQuery(dayOf(Date.parse(calm.start))), placeholderData: keepPreviousData });
	const directory = query.data;
	const busy = useBusy(calm, meeting?.id, time, now, directory);
	const [leaders, others] = [t("who.leaders"), t("who.others")];
	const known = useMemo(
		() => (directory ? sectionsOf(directory, { leaders: (unit) => `${leaders} ${unit}`, english: language === "en" }) : []),
		[directory, language, leaders],
	);
	const { sites, delegates } = plan;
	const sections = useMemo(() => [...othersOf({ sites, delegates }, known, others), ...known], [sites, delegates, known, others]);
	const candidates = useMemo(() => candidatesOf(sections), [sections]);
	const refused = draft.error instanceof Problem && draft.error.status === 422 ? draft.error : undefined;
	if (!directory) {
		return (
			<OfficePage title={plan.subject || t("editor.new")}>
				<Loaded query={query}>{() => null}</Loaded>
			</OfficePage>
		);
	}
	return (
		<OfficePage
			title={plan.subject || t(meeting ? "meeting.title" : "editor.new")}
			note={meeting && !isDraft(meeting) ? t("editor.revises") : undefined}
			actions={<Steps state={meeting?.state ?? "draft"} />}
			fill
		>
			<div className="editor">
				{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
				<section className="editor-form" tabIndex={0} aria-label={t("editor.form")}>
					<EditorNotes draft={draft} restored={start.restored} />
					<PlanForm
						plan={plan}
						directory={directory}
						types={settings.types}
						candidates={candidates}
						check={check.data}
						busy={busy}
						refused={refused && { field: refused.field, code: refused.code, detail: refused.vi, detail_en: refused.en }}
						repeats={fresh && (!meeting?.series || scope !== "one")}
						scope={meeting?.series ? { value: scope, onChange: draft.choose } : undefined}
						now={now}
						onChange={change}
						onPreEmpt={ask}
						papers={meeting ? <Papers meeting={meeting.id} /> : <p className="caption">{t("editor.papersLater")}</p>}
					/>
				</section>
				<ParticipantTree
					plan={plan}
					sections={sections}
					directory={directory}
					busy={busy}
					time={time}
					hall={hallTag(plan, directory)}
					fault={whoIsWrong(check.data?.faults ?? [], calm, language)}
					onChange={change}
				/>
				<EditorBar draft={draft} clashes={(check.data?.clashes ?? []).length > 0} now={now} />
			</div>
			<CallOffDialog draft={draft} />
			{asked && (
				<PreEmptDialog
					subject={plan.subject}
					clashes={asked}
					directory={directory}
					busy={draft.saving}
					error={draft.error}
					onClose={() => ask(undefined)}
					onConfirm={async () => {
						const state = may("issue") && !meeting ? "issued" : "draft";
						const saved = await draft.save(state, true);
						if (!saved) return;
						ask(undefined);
						if (saved.state !== "draft") navigate(`/meetings/${saved.id}`);
					}}
				/>
			)}
		</OfficePage>
	);
}

/** What is wrong with those who take part, and with whom. */
function whoIsWrong(faults: Finding[], plan: Plan, language: Language): string | undefined {
	const all = faults.flatMap((fault) => {
		const [, list, place] = /^(sites|delegates)\[(\d+)\]/.exec(fault.field ?? "") ?? [];
		const name = list && plan[list as "sites" | "delegates"]?.[Number(place)]?.name;
		return name ? [{ ...fault, name }] : [];
	});
	const [first] = all;
	if (!first) return undefined;
	const names = all.filter((f) => f.code === first.code).map((f) => f.name);
	return `${names.join(", ")}: ${language === "vi" ? first.detail : first.detail_en}`;
}

/** What the editor begins with: what was left unsaved here, else the meeting, else a new one at the time that was asked for. */
function startingPlan(meeting: Meeting | undefined, account: string, search: string): Merged & { scope?: Scope; restored: boolean } {
	const kept = readDraft(account, meeting?.id);
	if (meeting) {
		const own = planOf(meeting);
		if (!kept) return { plan: own, merged: [], restored: false };
		return { ...merge(kept.base ?? own, kept.plan, own), scope: kept.scope, restored: true };
	}
	const asked = new URLSearchParams(search);
	if (kept && !asked.has("start")) return { plan: kept.plan, merged: [], restored: true };
	const start = Number(asked.get("start")) || momentOf(nextWorkingDay(dayOf(Date.now())), 8 * 60);
	const hall = asked.get("hall");
	return {
		restored: false,
		merged: [],
		plan: {
			subject: "",
			type: "thematic",
			format: "hybrid",
			start: new Date(start).toISOString(),
			end: new Date(Number(asked.get("end")) || start + 2 * 3600_000).toISOString(),
			chair: { name: "" },
			halls: hall ? [{ id: hall, name: hall }] : [], // the server knows its name
			speaking: "floor",
			secrecy: "none",
		},
	};
}

function nextWorkingDay(day: string): string {
	let next = addDays(day, 1);
	while (weekday(next) > 5) next = addDays(next, 1);
	return next;
}
