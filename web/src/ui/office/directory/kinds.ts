// What is known of each kind of record: its fields in the order of the form, and its columns in a list.
import { plain } from "../../../call/search";
import { shortDay } from "../../../i18n/dates";
import type { TextKey } from "../../../i18n/vi";
import type { Directory, Kind, Records } from "../../../office/directory";

export type FieldKind = "text" | "number" | "check" | "day" | "unit" | "units" | "level" | "hall" | "words";

export interface Field {
	name: string;
	kind: FieldKind;
	label: TextKey;
	note?: TextKey;
	required?: boolean;
	/** Shares its line with the next field of which this is said too. */
	half?: boolean;
}

const order: Field = { name: "protocol_order", kind: "number", label: "field.protocolOrder", note: "field.protocolOrderWhy" };
const short: Field = { name: "short_name", kind: "text", label: "field.shortName", note: "field.shortNameWhy" };
const mailbox: Field = { name: "mailbox", kind: "text", label: "field.mailbox" };

export const fields: Record<Kind, Field[]> = {
	units: [
		{ name: "name", kind: "text", label: "field.name", required: true },
		short,
		{ name: "parent", kind: "unit", label: "field.parent" },
		{ name: "level", kind: "level", label: "field.level", required: true, half: true },
		{ ...order, note: undefined, half: true },
		{ ...mailbox, note: "field.mailboxWhy" },
		{ name: "valid_from", kind: "day", label: "field.validFrom", half: true },
		{ name: "valid_to", kind: "day", label: "field.validTo", half: true },
		{ name: "predecessors", kind: "units", label: "field.predecessors", note: "field.predecessorsWhy" },
	],
	people: [
		{ name: "title", kind: "text", label: "field.title", note: "field.titleWhy", required: true },
		{ name: "name", kind: "text", label: "field.personName" },
		{ name: "unit", kind: "unit", label: "field.unit", required: true },
		order,
		mailbox,
		{ name: "leader", kind: "check", label: "field.leader", note: "field.leaderWhy" },
	],
	halls: [
		{ name: "name", kind: "text", label: "field.name", required: true },
		short,
		{ name: "unit", kind: "unit", label: "field.unit", required: true },
		{ name: "seats", kind: "number", label: "field.seats", half: true },
		{ ...order, note: undefined, half: true },
		{ name: "equipment", kind: "words", label: "field.equipment", note: "field.equipmentWhy" },
	],
	terminals: [
		{ name: "name", kind: "text", label: "field.name", required: true },
		{ name: "hall", kind: "hall", label: "field.hall", required: true },
	],
	groups: [
		{ name: "name", kind: "text", label: "field.name", required: true },
		{ name: "units", kind: "units", label: "field.units", required: true },
	],
	levels: [
		{ name: "name", kind: "text", label: "field.name", required: true },
		{ name: "name_en", kind: "text", label: "field.nameEn" },
		{ name: "order", kind: "number", label: "field.order" },
	],
};

/** A record of which nothing is known yet. */
export const blanks: Records = {
	units: { id: "", version: 0, name: "", level: "", protocol_order: 0 },
	people: { id: "", version: 0, title: "", unit: "", protocol_order: 0, leader: false },
	halls: { id: "", version: 0, name: "", unit: "", seats: 0, protocol_order: 0 },
	terminals: { id: "", version: 0, name: "", hall: "", paired: false },
	groups: { id: "", version: 0, name: "", units: [] },
	levels: { id: "", version: 0, name: "", order: 0 },
};

/** An id that says what it names: "Sở Y tế" is so-y-te. */
export function suggestId(...texts: string[]): string {
	return plain(texts.join(" "))
		.replace(/[^a-z0-9]+/g, "-")
		.replace(/^-+|-+$/g, "")
		.slice(0, 64);
}

export interface Column {
	label: TextKey;
	number?: boolean;
	text: (record: never, names: Names) => string;
}

/** Names of what records refer to by id. */
export interface Names {
	unit: (id: string) => string;
	level: (id: string) => string;
	hall: (id: string) => string;
}

export function namesOf(directory: Directory): Names {
	const by = (list: { id: string; name: string; short_name?: string }[]) => {
		const all = new Map(list.map((r) => [r.id, r.short_name || r.name]));
		return (id: string) => all.get(id) ?? id;
	};
	return { unit: by(directory.units), level: by(directory.levels), hall: by(directory.halls) };
}

const column = <K extends Kind>(_kind: K, label: TextKey, text: (record: Records[K], names: Names) => string, number = false): Column => ({
	label,
	text: text as Column["text"],
	number,
});

/** Columns after the first, which names the record. Units have a tree of their own. */
export const columns: Record<Exclude<Kind, "units">, Column[]> = {
	people: [
		column("people", "field.personName", (p) => p.name ?? ""),
		column("people", "field.unit", (p, n) => n.unit(p.unit)),
		column("people", "field.mailbox", (p) => p.mailbox ?? ""),
		column("people", "field.protocolOrder", (p) => `${p.protocol_order}`, true),
	],
	halls: [
		column("halls", "field.shortName", (h) => h.short_name ?? ""),
		column("halls", "field.unit", (h, n) => n.unit(h.unit)),
		column("halls", "field.equipment", (h) => (h.equipment ?? []).join(", ")),
		column("halls", "field.seats", (h) => `${h.seats}`, true),
	],
	terminals: [column("terminals", "field.hall", (t, n) => n.hall(t.hall))],
	groups: [column("groups", "field.units", (g) => `${g.units.length}`, true)],
	levels: [column("levels", "field.nameEn", (l) => l.name_en ?? ""), column("levels", "field.order", (l) => `${l.order}`, true)],
};

/** What a record is called. */
export function labelOf(record: Records[Kind]): string {
	return "title" in record ? record.title : record.name;
}

/** Where a unit is not for ever: "01/07/2025 – 30/06/2030". */
export function validity(unit: Records["units"]): string {
	if (!unit.valid_from && !unit.valid_to) return "";
	const day = (d?: string) => (d ? shortDay(`${d}T12:00:00Z`) : "…");
	return `${day(unit.valid_from)} – ${day(unit.valid_to)}`;
}
