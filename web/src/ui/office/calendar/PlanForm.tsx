import { MultiSelect, SegmentedControl, Select, TextInput } from "@mantine/core";
import { useTexts } from "../../../i18n";
import type { Directory, Hall } from "../../../office/directory";
import type { Check, Finding, MeetingType, Plan, Scope, Secrecy } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { ScopeChoice } from "./ActDialog";
import { AgendaFields } from "./AgendaFields";
import { ConflictBox } from "./ConflictBox";
import { clashSentences, type InTheWay, inTheWay } from "./clashes";
import { hallTag } from "./DayColumn";
import type { Time } from "./drag";
import { findOptions, PeopleSelect, PersonSelect } from "./PersonSelect";
import { PreEmptNote } from "./PreEmptNote";
import { type Candidate, inFormat } from "./plan";
import { RecurrenceFields } from "./RecurrenceFields";
import { shifted } from "./recurrence";
import { TimeFields } from "./TimeFields";
import type { Busy } from "./useBusy";

interface PlanFormProps {
	plan: Plan;
	directory: Directory;
	types: MeetingType[];
	candidates: Map<string, Candidate>;
	check?: Check;
	busy: Busy;
	/** What the server refused when it was asked to keep the plan. */
	refused?: Finding;
	/** Whether it can be said how it comes again; not of a single meeting of a series. */
	repeats: boolean;
	/** Of a series: which of its meetings are written. */
	scope?: { value: Scope; onChange: (scope: Scope) => void };
	now: number;
	onChange: (plan: Plan) => void;
	onPreEmpt: (clashes: InTheWay[]) => void;
	papers: React.ReactNode;
}

const conflictId = "plan-conflict";

/** The time of a plan in ms. */
export function timeOf(plan: Plan): Time {
	return { start: Date.parse(plan.start), end: Date.parse(plan.end) };
}

/** Everything that a planner decides, but who takes part. */
export function PlanForm(props: PlanFormProps) {
	const { plan, directory, types, check, refused, repeats, scope, onChange, papers } = props;
	const { t, language } = useTexts();
	const set = (part: Partial<Plan>) => onChange({ ...plan, ...part });
	const faults = [...(refused ? [refused] : []), ...(check?.faults ?? [])];
	const faultOf = (field: string) => {
		const fault = faults.find((f) => f.field === field || f.field?.startsWith(`${field}.`) || f.field?.startsWith(`${field}[`));
		return fault && (language === "vi" ? fault.detail : fault.detail_en);
	};
	const units = directory.units.map((u) => ({ value: u.id, label: u.name }));
	return (
		<div className="plan-form">
			<fieldset>
				<legend>{t("editor.content")}</legend>
				<TextInput
					className="c12"
					label={t("field.subject")}
					value={plan.subject}
					maxLength={256}
					data-autofocus
					onChange={(event) => set({ subject: event.currentTarget.value })}
					error={plan.subject.trim() !== "" && faultOf("subject")}
					data-testid="field-subject"
				/>
				<Select
					className="c4"
					label={t("field.type")}
					data={types.map((k) => ({ value: k.id, label: language === "en" && k.name_en ? k.name_en : k.name }))}
					value={plan.type ?? null}
					onChange={(type) => type && set({ type })}
					data-testid="field-type"
				/>
				<Select
					className="c4"
					label={t("field.preparing_unit")}
					data={units}
					searchable
					clearable
					filter={findOptions}
					limit={100}
					value={plan.preparing_unit ?? null}
					onChange={(unit) => set({ preparing_unit: unit ?? undefined })}
					error={faultOf("preparing_unit")}
					nothingFoundMessage={t("who.nothing")}
					data-testid="field-unit"
				/>
				<div className="c4">
					<span className="field-label" id="format-label">
						{t("field.format")}
					</span>
					<SegmentedControl
						fullWidth
						aria-labelledby="format-label"
						data={(["in_person", "online", "hybrid"] as const).map((f) => ({ value: f, label: t(`format.${f}`) }))}
						value={plan.format ?? "hybrid"}
						onChange={(f) => onChange(inFormat(plan, f as NonNullable<Plan["format"]>, props.candidates))}
						data-testid="field-format"
					/>
				</div>
			</fieldset>
			<When {...props} set={set} faultOf={faultOf} />
			<fieldset>
				<legend>{t("editor.running")}</legend>
				<PersonSelect
					className="c4"
					label={t("field.chair")}
					directory={directory}
					value={plan.chair}
					required
					error={plan.chair.name ? faultOf("chair") : undefined}
					onChange={(chair) => set({ chair: chair ?? { name: "" } })}
					data-testid="field-chair"
				/>
				<PersonSelect
					className="c4"
					label={t("field.secretary")}
					directory={directory}
					value={plan.secretary}
					onChange={(secretary) => set({ secretary })}
				/>
				<Select
					className="c4"
					label={t("field.speaking")}
					data={[
						{ value: "floor", label: t("speaking.floor") },
						{ value: "open", label: t("speaking.open") },
					]}
					value={plan.speaking}
					onChange={(speaking) => speaking && set({ speaking: speaking as Plan["speaking"] })}
				/>
				<PeopleSelect
					className="c8"
					label={t("field.co_chairs")}
					directory={directory}
					value={plan.co_chairs ?? []}
					onChange={(people) => set({ co_chairs: people })}
				/>
				<Select
					className="c4"
					label={t("field.secrecy")}
					data={(["none", "mat", "toi_mat", "tuyet_mat"] as const).map((s) => ({ value: s, label: t(`secrecy.${s}`) }))}
					value={plan.secrecy ?? "none"}
					onChange={(s) => s && set({ secrecy: s as Secrecy })}
					error={faultOf("secrecy") ?? (isSecret(plan) && t("secrecy.refused"))}
					description={isSecret(plan) ? undefined : t("secrecy.refused")}
					inputWrapperOrder={["label", "input", "description", "error"]}
					data-testid="field-secrecy"
				/>
			</fieldset>
			{(repeats || scope) && (
				<fieldset>
					<legend>{t("field.recurrence")}</legend>
					{scope && (
						<div className="c12">
							<ScopeChoice {...scope} />
						</div>
					)}
					{repeats && (
						<RecurrenceFields value={plan.recurrence} start={timeOf(plan).start} onChange={(recurrence) => set({ recurrence })} />
					)}
					{faultOf("recurrence") && <p className="c12 field-problem">{faultOf("recurrence")}</p>}
				</fieldset>
			)}
			<fieldset>
				<legend>{t("field.agenda")}</legend>
				<AgendaFields
					value={plan.agenda ?? []}
					length={Math.round((timeOf(plan).end - timeOf(plan).start) / 60_000)}
					onChange={(agenda) => set({ agenda })}
				/>
			</fieldset>
			<fieldset>
				<legend>{t("meeting.papers")}</legend>
				<div className="c12">{papers}</div>
			</fieldset>
		</div>
	);
}

export function isSecret(plan: Pick<Plan, "secrecy">): boolean {
	return plan.secrecy !== undefined && plan.secrecy !== "none";
}

interface WhenProps extends PlanFormProps {
	set: (part: Partial<Plan>) => void;
	faultOf: (field: string) => string | undefined;
}

type HallChoice = Pick<Hall, "id" | "name"> & Partial<Pick<Hall, "short_name" | "seats">>;

/** When and where, with what is in the way beside it. */
function When({ plan, directory, check, busy, scope, now, set, faultOf, onPreEmpt }: WhenProps) {
	const { t, language } = useTexts();
	const time = timeOf(plan);
	const clashes = (check?.clashes ?? []).map(inTheWay);
	const setTime = ({ start, end }: Time) => {
		// What a series leaves out moves with it, not with one of its meetings.
		const recurrence = scope?.value === "one" ? plan.recurrence : shifted(plan.recurrence, start - time.start);
		set({ start: new Date(start).toISOString(), end: new Date(end).toISOString(), recurrence });
	};
	// What holds everything that is asked is the best proposal; the server's own where the bookings are not known, and for all of a series.
	const proposals =
		busy.proposals.length > 0 && (!plan.recurrence || scope?.value === "one")
			? busy.proposals
			: (check?.free ?? []).map((f) => ({ start: Date.parse(f.start), end: Date.parse(f.end), busy: [] as string[] }));
	const describedBy = clashes.length > 0 ? conflictId : undefined;
	// A hall that the directory does not have on that day stays to be seen, and taken out.
	const halls = new Map<string, HallChoice>([...(plan.halls ?? []), ...directory.halls].map((h) => [h.id, h]));
	const seats = (id: string) => directory.halls.find((h) => h.id === id)?.seats;
	return (
		<fieldset>
			<legend>{t("editor.when")}</legend>
			<TimeFields value={time} onChange={setTime} describedBy={describedBy} error={faultOf("start") ?? faultOf("end")} now={now} />
			<MultiSelect
				className="c4"
				label={t("field.halls")}
				disabled={plan.format === "online"}
				data={[...halls.values()].map((h) => ({
					value: h.id,
					label: h.seats !== undefined ? t("editor.hall", { name: h.short_name || h.name, count: h.seats }) : h.name,
				}))}
				value={(plan.halls ?? []).map((h) => h.id)}
				onChange={(ids) => set({ halls: ids.map((id) => ({ id, name: halls.get(id)?.name ?? id })) })}
				error={faultOf("halls") ?? clashes.some((c) => c.resource.startsWith("hall:"))}
				aria-describedby={describedBy}
				clearable
				data-testid="field-halls"
			/>
			{clashes.length > 0 && (
				<div className="c12">
					<ConflictBox
						id={conflictId}
						sentences={clashSentences(clashes, directory, t)}
						proposals={proposals}
						total={busy.total}
						hall={hallTag(plan, directory)}
						chosen={time}
						directory={directory}
						onChoose={setTime}
					>
						<PreEmptNote clashes={clashes} onAsk={() => onPreEmpt(clashes)} />
					</ConflictBox>
				</div>
			)}
			{(check?.warnings ?? []).map((w) => (
				<p key={w.code} className="c12 message message-warn" role="status" data-testid="warning" data-code={w.code}>
					<StateIcon state="warn" />
					{language === "vi" ? w.detail : w.detail_en}
				</p>
			))}
			{plan.format !== "online" &&
				(plan.halls ?? []).some((h) => (seats(h.id) ?? Number.POSITIVE_INFINITY) < (plan.delegates?.length ?? 0)) && (
					<p className="c12 message message-warn" role="status">
						<StateIcon state="warn" />
						{t("editor.seats", { count: plan.delegates?.length ?? 0 })}
					</p>
				)}
		</fieldset>
	);
}
