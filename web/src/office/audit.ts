// The audit log: who did what.
import { request } from "./rest";

export interface Change {
	field: string;
	from?: string;
	to?: string;
}

export interface Entry {
	id: string;
	at: string;
	actor: { id?: string; login?: string; name?: string; address?: string };
	action: string;
	object?: string;
	name?: string;
	from?: string;
	to?: string;
	/** What was and what is, by field. */
	changes?: Change[];
	result: "done" | "refused";
}

/** What is looked for; empty fields do not narrow. Times are RFC 3339. */
export interface AuditFilter {
	from?: string;
	to?: string;
	actor?: string;
	action?: string;
	text?: string;
}

export interface AuditPage {
	entries: Entry[];
	/** Where the next page begins. */
	next?: string;
}

export const auditQuery = (filter: AuditFilter) => ({
	queryKey: ["audit", filter],
	// What was done a moment ago is looked for here.
	staleTime: 0,
	initialPageParam: "",
	queryFn: ({ pageParam, signal }: { pageParam: string; signal: AbortSignal }) =>
		request<AuditPage>("GET", "/audit", { query: { ...filter, after: pageParam, limit: 100 }, signal }),
	getNextPageParam: (last: AuditPage) => last.next || undefined,
});
