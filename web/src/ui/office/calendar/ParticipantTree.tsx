import { Button, Checkbox, Menu, Select, TextInput } from "@mantine/core";
import { IconChevronDown, IconChevronRight, IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useMemo, useState } from "react";
import { useTexts } from "../../../i18n";
import type { Directory, Hall } from "../../../office/directory";
import type { Plan, Site } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import type { Time } from "./drag";
import { attend, attendance, type Candidate, keyOf, presiding, type Where } from "./plan";
import { chosenOf, found, othersSection, type Row, type Section } from "./tree";
import type { Busy } from "./useBusy";

interface ParticipantTreeProps {
	plan: Plan;
	sections: Section[];
	directory: Directory;
	busy: Busy;
	time: Time;
	hall?: string;
	/** What is wrong with those who take part. */
	fault?: string;
	onChange: (plan: Plan) => void;
}

/** Who takes part, picked from the tree of units, by search, or by saved groups. */
export function ParticipantTree({ plan, sections, directory, busy, time, hall, fault, onChange }: ParticipantTreeProps) {
	const { t } = useTexts();
	const [query, setQuery] = useState("");
	const [open, setOpen] = useState<ReadonlySet<string>>(() => new Set([othersSection, ...sections.slice(0, 2).map((s) => s.id)]));
	const chosen = useMemo(() => attendance(plan), [plan]);
	const shown = useMemo(() => found(sections, query), [sections, query]);
	const busyNow = useMemo(
		() => new Set(busy.booked.filter((b) => b.start < time.end && time.start < b.end).map((b) => b.resource)),
		[busy.booked, time],
	);
	const usual = (row: Row): Where => (plan.format === "online" ? "online" : plan.format === "in_person" ? "hall" : row.usual);
	const pick = (rows: Row[], on: boolean) => {
		let next = plan;
		for (const row of rows) {
			const has = chosen.has(keyOf(row.candidate));
			if (on !== has) next = attend(next, [row.candidate], on ? usual(row) : undefined);
		}
		onChange(next);
	};
	const unfold = (id: string) => {
		const next = new Set(open);
		if (!next.delete(id)) next.add(id);
		setOpen(next);
	};
	return (
		<section className="who" aria-labelledby="who-title">
			<div className="who-head">
				<h2 id="who-title">{t("field.participants")}</h2>
				<Groups directory={directory} sections={sections} onPick={(rows) => pick(rows, true)} />
				<TextInput
					type="search"
					className="who-search"
					aria-label={t("who.search")}
					placeholder={t("who.placeholder")}
					leftSection={<IconSearch size={18} aria-hidden="true" />}
					value={query}
					onChange={(event) => setQuery(event.currentTarget.value)}
					data-testid="who-search"
				/>
			</div>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
			<section className="who-tree" aria-label={t("who.tree")} tabIndex={0} onKeyDown={arrows} data-testid="who-tree">
				{fault && (
					<p className="message message-bad who-fault" role="status" data-testid="who-fault">
						<StateIcon state="bad" />
						{fault}
					</p>
				)}
				{shown.length === 0 && <p className="side-text">{t("who.nothing")}</p>}
				<ul>
					{shown.map((section) => {
						const { count, state } = chosenOf(section, chosen);
						const whole = sections.find((s) => s.id === section.id)?.rows.length ?? 0;
						const unfolded = query.trim() !== "" || open.has(section.id);
						return (
							<li key={section.id}>
								<div className="who-row who-section">
									<button
										type="button"
										className="who-fold"
										aria-expanded={unfolded}
										aria-label={t(unfolded ? "who.fold" : "who.unfold", { name: section.name })}
										onClick={() => unfold(section.id)}
									>
										{unfolded ? <IconChevronDown size={20} aria-hidden="true" /> : <IconChevronRight size={20} aria-hidden="true" />}
									</button>
									<Checkbox
										size="xs"
										aria-label={t("who.all", { name: section.name })}
										checked={state === "all"}
										indeterminate={state === "some"}
										onChange={(event) => pick(section.rows, event.currentTarget.checked)}
									/>
									<span>{section.name}</span>
									<span className="who-count">
										{count}/{whole}
									</span>
								</div>
								{unfolded && (
									<ul>
										{section.rows.map((row) => (
											<RowItem
												key={keyOf(row.candidate)}
												row={row}
												searching={query.trim() !== ""}
												plan={plan}
												chosen={chosen}
												busyNow={busyNow}
												directory={directory}
												hall={hall}
												usual={usual(row)}
												onChange={onChange}
											/>
										))}
									</ul>
								)}
							</li>
						);
					})}
				</ul>
			</section>
			<Sum plan={plan} directory={directory} />
		</section>
	);
}

interface RowItemProps {
	row: Row;
	searching: boolean;
	plan: Plan;
	chosen: ReadonlyMap<string, Where>;
	busyNow: ReadonlySet<string>;
	directory: Directory;
	hall?: string;
	usual: Where;
	onChange: (plan: Plan) => void;
}

function RowItem({ row, searching, plan, chosen, busyNow, directory, hall, usual, onChange }: RowItemProps) {
	const { candidate, people } = row;
	// A unit's people are shown where they are looked for, or chosen.
	const listed = searching ? people : people.filter((p) => chosen.has(keyOf(p)));
	return (
		<>
			<CandidateRow
				candidate={candidate}
				plan={plan}
				at={chosen.get(keyOf(candidate))}
				busyNow={busyNow}
				directory={directory}
				hall={hall}
				usual={usual}
				onChange={onChange}
			/>
			{listed.map((p) => (
				<CandidateRow
					key={p.id}
					candidate={p}
					nested
					plan={plan}
					at={chosen.get(keyOf(p))}
					busyNow={busyNow}
					directory={directory}
					hall={hall}
					usual="hall"
					onChange={onChange}
				/>
			))}
		</>
	);
}

interface CandidateRowProps extends Omit<RowItemProps, "row" | "searching" | "chosen"> {
	candidate: Candidate;
	at: Where | undefined;
	nested?: boolean;
}

function CandidateRow({ candidate, at, nested, plan, busyNow, directory, hall, usual, onChange }: CandidateRowProps) {
	const { t } = useTexts();
	const tag = roleOf(candidate, plan);
	const resource = candidate.kind === "unit" ? (at === "online" ? `site:${candidate.id}` : undefined) : `leader:${candidate.id}`;
	const holds = at !== undefined && (candidate.kind === "unit" ? at === "online" : presiding(plan).includes(candidate.id));
	const busy = resource !== undefined && busyNow.has(resource);
	const other: Where = at === "online" ? "hall" : "online";
	return (
		<li className={`who-row${at ? "" : " who-off"}${nested ? " who-nested" : ""}`}>
			<Checkbox
				size="xs"
				label={
					<>
						{candidate.name}
						{nested && candidate.unit && <span className="visually-hidden">, {candidate.unit}</span>}
						{tag && <span className="tag">{t(tag)}</span>}
					</>
				}
				checked={at !== undefined}
				// Who presides is there; that is decided in the form.
				disabled={candidate.kind === "person" && presiding(plan).includes(candidate.id)}
				onChange={(event) => onChange(attend(plan, [candidate], event.currentTarget.checked ? usual : undefined))}
				data-testid={`who-${keyOf(candidate)}`}
			/>
			{at && (
				<span className="who-at">
					{candidate.kind === "unit" && plan.format === "hybrid" ? (
						<button type="button" onClick={() => onChange(attend(plan, [candidate], other))}>
							{whereText(at, hall, t)}
							<span className="visually-hidden">. {t(at === "online" ? "who.toHall" : "who.toOnline", { name: candidate.name })}</span>
						</button>
					) : (
						whereText(at, hall, t)
					)}
				</span>
			)}
			{(holds || busy) && (
				<span className="who-state">
					<StateIcon state={busy ? "warn" : "ok"} />
					{t(busy ? "who.busy" : "who.free")}
				</span>
			)}
			{at === "online" && candidate.kind === "unit" && (
				<SiteHall unit={candidate} plan={plan} halls={directory.halls.filter((h) => h.unit === candidate.id)} onChange={onChange} />
			)}
		</li>
	);
}

interface SiteHallProps {
	unit: Candidate;
	plan: Plan;
	/** Those of the unit. */
	halls: Hall[];
	onChange: (plan: Plan) => void;
}

/** In which of its halls a site is. Where there is one only, the server knows. */
function SiteHall({ unit, plan, halls, onChange }: SiteHallProps) {
	const { t } = useTexts();
	if (halls.length < 2) return null;
	const label = t("who.siteHall", { name: unit.name });
	// The hall's only terminal is found by the server.
	const put = (s: Site, hall: string | null): Site => ({ ...s, hall: hall ?? undefined, terminal: undefined });
	return (
		<Select
			className="who-hall"
			size="xs"
			aria-label={label}
			placeholder={t("who.siteHallNone")}
			data={halls.map((h) => ({ value: h.id, label: h.name }))}
			value={plan.sites?.find((s) => s.unit_id === unit.id)?.hall ?? null}
			onChange={(hall) => onChange({ ...plan, sites: plan.sites?.map((s) => (s.unit_id === unit.id ? put(s, hall) : s)) })}
			clearable
			clearButtonProps={{ "aria-label": t("office.clear") }}
			data-testid={`hall-of-${unit.id}`}
		/>
	);
}

function whereText(at: Where, hall: string | undefined, t: ReturnType<typeof useTexts>["t"]): string {
	if (at === "online") return t("format.online");
	return hall ? t("who.atHall", { hall }) : t("format.in_person");
}

function roleOf(c: Candidate, plan: Plan) {
	if (c.kind === "unit") return plan.preparing_unit === c.id ? "who.prepares" : undefined;
	if (plan.chair.person === c.id) return "field.chair";
	if (plan.co_chairs?.some((p) => p.person === c.id)) return "field.co_chairs";
	return plan.secretary?.person === c.id ? "field.secretary" : undefined;
}

/** Saved groups ("10 huyện"), each added with one choice. */
function Groups({ directory, sections, onPick }: { directory: Directory; sections: Section[]; onPick: (rows: Row[]) => void }) {
	const { t } = useTexts();
	if (directory.groups.length === 0) return null;
	const rows = new Map(sections.flatMap((s) => s.rows).map((r) => [keyOf(r.candidate), r]));
	return (
		<Menu position="bottom-end" withinPortal returnFocus>
			<Menu.Target>
				<Button variant="default" size="xs" rightSection={<IconChevronDown size={16} aria-hidden="true" />} data-testid="groups">
					{t("who.groups")}
				</Button>
			</Menu.Target>
			<Menu.Dropdown>
				{directory.groups.map((g) => (
					<Menu.Item key={g.id} onClick={() => onPick(g.units.flatMap((u) => rows.get(`unit:${u}`) ?? []))} data-testid={`group-${g.id}`}>
						{g.name}
					</Menu.Item>
				))}
			</Menu.Dropdown>
		</Menu>
	);
}

function Sum({ plan, directory }: { plan: Plan; directory: Directory }) {
	const { t } = useTexts();
	const sites = plan.sites?.length ?? 0;
	const delegates = plan.delegates?.length ?? 0;
	const seats = (plan.halls ?? []).reduce((sum, h) => sum + (directory.halls.find((k) => k.id === h.id)?.seats ?? 0), 0);
	return (
		<p className="who-sum" data-testid="who-sum">
			<span>{t("who.sumAll", { count: sites + delegates })}</span>
			<span>{t("who.sumSites", { count: sites })}</span>
			<span>{seats > 0 ? t("who.sumSeats", { count: delegates, seats }) : t("who.sumHall", { count: delegates })}</span>
		</p>
	);
}

/** Up and down go from field to field; left and right fold a section. */
function arrows(event: KeyboardEvent<HTMLElement>): void {
	if (!["ArrowDown", "ArrowUp", "ArrowLeft", "ArrowRight"].includes(event.key)) return;
	const fields = [...event.currentTarget.querySelectorAll<HTMLInputElement>("input[type=checkbox]")];
	const at = fields.indexOf(event.target as HTMLInputElement);
	if (at < 0) return;
	event.preventDefault();
	if (event.key === "ArrowDown" || event.key === "ArrowUp") fields[at + (event.key === "ArrowDown" ? 1 : -1)]?.focus();
	else {
		const fold = fields[at].closest("li")?.querySelector<HTMLButtonElement>(":scope > .who-section > .who-fold");
		if (fold && (fold.getAttribute("aria-expanded") === "true") === (event.key === "ArrowLeft")) fold.click();
	}
}
