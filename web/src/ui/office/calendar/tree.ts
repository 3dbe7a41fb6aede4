// The tree from which participants are picked: the leaders, then each level of units, all in the order of protocol.
import { matches } from "../../../call/search";
import type { Directory, Unit } from "../../../office/directory";
import type { Plan } from "../../../office/meetings";
import { type Candidate, keyOf, type Where } from "./plan";

export interface Section {
	id: string;
	name: string;
	/** Units, or the leaders. */
	rows: Row[];
}

export interface Row {
	candidate: Candidate;
	/** Of a unit. */
	people: Candidate[];
	/** Where it usually takes part. */
	usual: Where;
}

export const leadersSection = "leaders";
export const othersSection = "others";

const inOrder = <T extends { protocol_order: number }>(all: T[]) => [...all].sort((a, b) => a.protocol_order - b.protocol_order);

function unitOf(unit: Unit): Candidate {
	return { kind: "unit", id: unit.id, name: unit.name, short: unit.short_name, order: unit.protocol_order };
}

/** The sections of a directory; leaders names that of the leaders by their unit. The unit that all are below is left out: it invites. */
export function sectionsOf(directory: Directory, names: { leaders: (unit: string) => string; english: boolean }): Section[] {
	const units = new Map(directory.units.map((u) => [u.id, u]));
	const person = (p: Directory["people"][number]): Candidate => ({
		kind: "person",
		id: p.id,
		name: p.title,
		unitId: p.unit,
		unit: units.get(p.unit)?.name,
		order: p.protocol_order,
	});
	const leaders = inOrder(directory.people.filter((p) => p.leader)).map((p): Row => ({ candidate: person(p), people: [], usual: "hall" }));
	const [first] = leaders;
	const sections: Section[] = first ? [{ id: leadersSection, name: names.leaders(first.candidate.unit ?? ""), rows: leaders }] : [];
	const levels = [...directory.levels].sort((a, b) => a.order - b.order);
	const inviting = invitingUnit(directory.units);
	// The first level below the province meets in its halls, and so do others that are as high.
	const central = levels.find((l) => directory.units.some((u) => u.level === l.id && u.parent))?.order;
	for (const level of levels) {
		const own = inOrder(directory.units.filter((u) => u.level === level.id && u.id !== inviting));
		const usual: Where = central === undefined || level.order <= central ? "hall" : "online";
		const rows = own.map((u): Row => {
			const people = inOrder(directory.people.filter((p) => p.unit === u.id && !p.leader)).map(person);
			return { candidate: unitOf(u), people, usual };
		});
		sections.push({ id: level.id, name: names.english && level.name_en ? level.name_en : level.name, rows });
	}
	return sections.filter((s) => s.rows.length > 0);
}

/** The first in protocol order of those that are below no other and have units below them; none where no unit is below another. */
function invitingUnit(units: Unit[]): string | undefined {
	const above = new Set(units.map((u) => u.parent));
	return inOrder(units.filter((u) => !u.parent && above.has(u.id)))[0]?.id;
}

/** Who takes part and is in no section: perhaps he, or it, has no place in the directory on the day of the meeting. */
export function othersOf(plan: Pick<Plan, "sites" | "delegates">, sections: Section[], name: string): Section[] {
	const known = candidatesOf(sections);
	const units = (plan.sites ?? []).flatMap((s): Row[] => {
		if (!s.unit_id) return [];
		const candidate: Candidate = { kind: "unit", id: s.unit_id, name: s.name, short: s.short_name, order: s.protocol_order };
		return [{ candidate, people: [], usual: "online" }];
	});
	const invited = (plan.delegates ?? []).flatMap((d, i): Row[] => {
		const who = { name: d.name, unit: d.unit, unitId: d.unit_id, order: i };
		if (d.person) return [{ candidate: { kind: "person", id: d.person, ...who }, people: [], usual: "hall" }];
		return d.unit_id ? [{ candidate: { kind: "unit", id: d.unit_id, ...who }, people: [], usual: "hall" }] : [];
	});
	const rows = [...units, ...invited].filter((row) => !known.has(keyOf(row.candidate)));
	return rows.length > 0 ? [{ id: othersSection, name, rows }] : [];
}

/** What can be picked, by its key. */
export function candidatesOf(sections: Section[]): Map<string, Candidate> {
	const rows = sections.flatMap((s) => s.rows);
	return new Map(rows.flatMap((r) => [r.candidate, ...r.people]).map((c) => [keyOf(c), c]));
}

/** The sections with only what is looked for: by name, short name, title or unit. A section whose name fits stays whole. */
export function found(sections: Section[], query: string): Section[] {
	if (query.trim() === "") return sections;
	const fits = (c: Candidate) => matches(`${c.name} ${c.short ?? ""} ${c.unit ?? ""}`, query);
	return sections
		.map((s) => {
			if (matches(s.name, query)) return s;
			const rows = s.rows.map((r) => ({ ...r, people: r.people.filter(fits) }));
			return { ...s, rows: rows.filter((r) => fits(r.candidate) || r.people.length > 0) };
		})
		.filter((s) => s.rows.length > 0);
}

/** How much of a section takes part. */
export function chosenOf(section: Section, chosen: ReadonlyMap<string, Where>): { count: number; state: "none" | "some" | "all" } {
	const count = section.rows.filter((r) => chosen.has(keyOf(r.candidate))).length;
	return { count, state: count === 0 ? "none" : count === section.rows.length ? "all" : "some" };
}
