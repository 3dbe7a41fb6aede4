// Units, people, halls and terminals. A page reads all that is valid at a day at once.
import { queries } from "./query";
import { download, request } from "./rest";

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

/** Creates a record (version 0) or replaces it. Gives it as it is kept. */
export async function saveRecord<K extends Kind>(kind: K, record: Records[K]): Promise<Records[K]> {
	const { id, version, ...body } = record;
	const kept = await request<Records[K]>("PUT", `/directory/${kind}/${encodeURIComponent(id)}`, { body, version });
	await queries.invalidateQueries({ queryKey: directoryKey });
	return kept;
}

export async function deleteRecord(kind: Kind, id: string, version: number): Promise<void> {
	await request<void>("DELETE", `/directory/${kind}/${encodeURIComponent(id)}`, { version });
	await queries.invalidateQueries({ queryKey: directoryKey });
}

/** All of the directory, or one kind of it for programs that read tables. */
export const exportDirectory = (query: { format: "xlsx" } | { format: "csv"; kind: Kind }) => download("/directory/export", query);

/** The code that pairs the device of a terminal, once. */
export interface PairingCode {
	code: string;
	expires: string;
}

export const makePairingCode = (terminal: string) => request<PairingCode>("POST", `/terminals/${encodeURIComponent(terminal)}/code`);

/** Takes the credential of a terminal's device back: it must be paired anew. */
export async function revokePairing(terminal: string): Promise<void> {
	await request<void>("DELETE", `/terminals/${encodeURIComponent(terminal)}/credential`);
	await queries.invalidateQueries({ queryKey: directoryKey });
}
