// A file of the directory is looked at first: what it would change, and what is wrong with it.
import { directoryKey, type Kind } from "./directory";
import { queries } from "./query";
import { request, upload } from "./rest";

export type ChangeAction = "create" | "change" | "same";

export interface Change {
	sheet: string;
	row: number;
	kind: string;
	id: string;
	name: string;
	action: ChangeAction;
	fields?: { field: string; before?: string; after?: string }[];
}

export interface Fault {
	sheet: string;
	row: number;
	column: string;
	code: string;
	detail: string;
	detail_en: string;
}

export interface Import {
	id: string;
	expires: string;
	changes: Change[];
	faults: Fault[];
	counts: { create: number; change: number; same: number; faults: number };
}

const xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/** What a file is by its name: what browsers say of CSV depends on the programs that are installed. */
export function typeOf(name: string): string | undefined {
	if (/\.xlsx$/i.test(name)) return xlsx;
	if (/\.csv$/i.test(name)) return "text/csv";
	return undefined;
}

/** The kind that a CSV file is of, by its name: units.csv, directory-people-2026.csv. */
export function kindOf(name: string): Kind {
	const kinds: Kind[] = ["people", "halls", "groups", "terminals", "levels", "units"];
	return kinds.find((k) => name.toLowerCase().includes(k)) ?? "units";
}

/** Uploads a file and gives what it would change. kind is for CSV. */
export function previewImport(file: File, kind: Kind): Promise<Import> {
	const type = typeOf(file.name) ?? "";
	return upload<Import>("/directory/imports", new Blob([file], { type }), { query: type === "text/csv" ? { kind } : {} });
}

export async function applyImport(id: string): Promise<Import["counts"]> {
	const { counts } = await request<{ counts: Import["counts"] }>("POST", `/directory/imports/${encodeURIComponent(id)}/apply`);
	await queries.invalidateQueries({ queryKey: directoryKey });
	return counts;
}
