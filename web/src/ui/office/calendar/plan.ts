// The plan that is being written: who takes part and where, and how two people's changes come together.
import type { MeetingDelegate, Person, Plan, Site } from "../../../office/meetings";

/** How somebody takes part: in the hall, or over the network. */
export type Where = "hall" | "online";

/** A unit or person that can be asked to a meeting, as the directory has it. */
export interface Candidate {
	kind: "unit" | "person";
	id: string;
	/** A unit's name, a person's title. */
	name: string;
	short?: string;
	/** A person's unit, by id and name. */
	unitId?: string;
	unit?: string;
	order: number;
}

export function keyOf(candidate: Pick<Candidate, "kind" | "id">): string {
	return `${candidate.kind}:${candidate.id}`;
}

/** Who takes part and where, by "unit:SYT" or "person:ct". What stands in the plan without an id cannot be found in the tree. */
export function attendance(plan: Pick<Plan, "sites" | "delegates"> & Partial<Pick<Plan, "chair" | "co_chairs">>): Map<string, Where> {
	const all = new Map<string, Where>();
	for (const p of presiding(plan)) all.set(`person:${p}`, "hall");
	for (const s of plan.sites ?? []) if (s.unit_id) all.set(`unit:${s.unit_id}`, "online");
	for (const d of plan.delegates ?? []) {
		if (d.person) all.set(`person:${d.person}`, "hall");
		else if (d.unit_id) all.set(`unit:${d.unit_id}`, "hall");
	}
	return all;
}

/** Ids of those who preside: they take part without being invited. */
export function presiding(plan: Partial<Pick<Plan, "chair" | "co_chairs">>): string[] {
	return [plan.chair, ...(plan.co_chairs ?? [])].flatMap((p) => p?.person ?? []);
}

/** The plan with these taking part there, or, without a place, not at all. A person is always a delegate: a site is a unit's. */
export function attend<P extends Pick<Plan, "sites" | "delegates">>(plan: P, who: Candidate[], where: Where | undefined): P {
	const keys = new Set(who.map(keyOf));
	const sites = (plan.sites ?? []).filter((s) => !(s.unit_id && keys.has(`unit:${s.unit_id}`)));
	const delegates = (plan.delegates ?? []).filter((d) => !keys.has(d.person ? `person:${d.person}` : `unit:${d.unit_id}`));
	const known = new Map((plan.sites ?? []).map((s) => [s.unit_id, s]));
	for (const c of who) {
		if (where === undefined) continue;
		if (where === "online" && c.kind === "unit") sites.push(known.get(c.id) ?? siteOf(c));
		else delegates.push(delegateOf(c));
	}
	sites.sort((a, b) => a.protocol_order - b.protocol_order);
	return { ...plan, sites, delegates };
}

function siteOf(c: Candidate): Site {
	return { unit_id: c.id, name: c.name, short_name: c.short || undefined, protocol_order: c.order };
}

function delegateOf(c: Candidate): MeetingDelegate {
	return c.kind === "person" ? { person: c.id, unit_id: c.unitId, name: c.name, unit: c.unit } : { unit_id: c.id, name: c.name };
}

export function personOf(c: Candidate): Person {
	return { person: c.id, name: c.name, unit: c.unit };
}

/** Online meetings have no hall and no delegates in it; meetings in person have no sites. */
export function inFormat(plan: Plan, format: NonNullable<Plan["format"]>, candidates: Map<string, Candidate>): Plan {
	const next = { ...plan, format };
	const all = [...attendance(plan).keys()].flatMap((key) => candidates.get(key) ?? []);
	const units = all.filter((c) => c.kind === "unit");
	if (format === "online") return attend({ ...next, halls: [] }, units, "online");
	return format === "in_person" ? attend(next, units, "hall") : next;
}

/** What a dry run and a draft need before the server can take them. */
export function isComplete(plan: Plan): boolean {
	return plan.subject.trim() !== "" && plan.chair.name.trim() !== "" && plan.end > plan.start;
}

/** Fields that are changed and shown as one. */
export const fields = [
	"subject",
	"type",
	"format",
	"time",
	"halls",
	"chair",
	"co_chairs",
	"secretary",
	"preparing_unit",
	"participants",
	"agenda",
	"recurrence",
	"speaking",
	"secrecy",
	"resources",
] as const;
export type Field = (typeof fields)[number];

function partOf(field: Field): (keyof Plan)[] {
	if (field === "time") return ["start", "end"];
	return field === "participants" ? ["sites", "delegates"] : [field];
}

/** A value without regard to how it is written: keys in any order, empty or absent. */
function canonical(value: unknown): string {
	return JSON.stringify(value, (key, v) => {
		if (key === "start" || key === "end") return Date.parse(v);
		if (v === "" || v === null || (Array.isArray(v) && v.length === 0)) return undefined;
		if (v && typeof v === "object" && !Array.isArray(v)) {
			return Object.fromEntries(Object.entries(v).sort(([a], [b]) => a.localeCompare(b)));
		}
		return v;
	});
}

/** Which fields differ between two plans. */
export function differences(a: Plan, b: Plan): Field[] {
	const part = (plan: Plan, field: Field) => canonical(Object.fromEntries(partOf(field).map((k) => [k, plan[k]])));
	return fields.filter((field) => part(a, field) !== part(b, field));
}

/** The plan with fields taken from another. */
export function withFields(plan: Plan, from: Plan, which: Field[]): Plan {
	const taken = which.flatMap(partOf).map((key) => [key, from[key]]);
	return { ...plan, ...Object.fromEntries(taken) };
}

/** What two people changed of the same fields, each in another way. */
export interface Contest {
	fields: Field[];
	/** What both began with. */
	base: Plan;
	theirs: Plan;
}

export interface Merged {
	plan: Plan;
	/** Fields taken over from the other's change. */
	merged: Field[];
	/** What is to be decided: it is as the first has it until then. */
	contest?: Contest;
}

/** What two people made of the same plan: what only one of them changed is taken over, what both changed is contested. */
export function merge(base: Plan, mine: Plan, theirs: Plan): Merged {
	const changed = differences(base, theirs);
	const own = new Set(differences(base, mine));
	const apart = new Set(differences(mine, theirs));
	const merged = changed.filter((field) => !own.has(field));
	const both = changed.filter((field) => own.has(field) && apart.has(field));
	return { plan: withFields(mine, theirs, merged), merged, contest: both.length > 0 ? { fields: both, base, theirs } : undefined };
}
