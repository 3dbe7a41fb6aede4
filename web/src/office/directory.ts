// Units, people, halls and terminals. A page reads all that is valid at a day at once.
import { queries } from "./query";
import { address, request } from "./rest";

/** A day as YYYY-MM-DD. */
export type Day = string;

export interface Level {
	id: string;
	version: number;
	name: string;
	name_en?: string;
	order: number;
}

export interface Unit {
	id: string;
	version: number;
	name: string;
	short_name?: string;
	level: string;
	parent?: string;
	mailbox?: string;
	protocol_order: number;
	valid_from?: Day;
	valid_to?: Day;
	predecessors?: string[];
}

export interface Person {
	id: string;
	version: number;
	name?: string;
	/** Chức vụ: comes first on plates. */
	title: string;
	unit: string;
	protocol_order: number;
	/** Can be booked: the resource leader:<id>. */
	leader: boolean;
	mailbox?: string;
}

export interface Hall {
	id: string;
	version: number;
	name: string;
	short_name?: string;
	unit: string;
	seats: number;
	equipment?: string[];
	protocol_order: number;
}

export interface Terminal {
	id: string;
	version: number;
	name: string;
	hall: string;
	paired: boolean;
	paired_at?: string;
	seen_at?: string;
}

export interface Group {
	id: string;
	version: number;
	name: string;
	units: string[];
}

/** Everything that is valid at a day, in protocol order. */
export interface Directory {
	levels: Level[];
	units: Unit[];
	people: Person[];
	halls: Hall[];
	terminals: Terminal[];
	groups: Group[];
	revision: number;
}

export interface Records {
	levels: Level;
	units: Unit;
	people: Person;
	halls: Hall;
	terminals: Terminal;
	groups: Group;
}

export type Kind = keyof Records;

export const kinds: Kind[] = ["units", "people", "halls", "terminals", "groups", "levels"];

export const directoryKey = ["directory"] as const;

export const directoryQuery = (at?: Day) => ({
	queryKey: [...directoryKey, at ?? ""],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<Directory>("GET", "/directory", { query: { at }, signal }),
	staleTime: 60_000,
});

/** Creates a record (version 0) or replaces it. */
export async function saveRecord<K extends Kind>(kind: K, record: Records[K]): Promise<void> {
	const { id, version, ...body } = record;
	await request<void>("PUT", `/directory/${kind}/${encodeURIComponent(id)}`, { body, version });
	await queries.invalidateQueries({ queryKey: directoryKey });
}

export async function deleteRecord(kind: Kind, id: string, version: number): Promise<void> {
	await request<void>("DELETE", `/directory/${kind}/${encodeURIComponent(id)}`, { version });
	await queries.invalidateQueries({ queryKey: directoryKey });
}

export const exportAddress = (query: { format: "xlsx" } | { format: "csv"; kind: Kind }) => address("/directory/export", query);
