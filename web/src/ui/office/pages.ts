// The pages of the office: where they are, who sees them, and the letter that opens them after G.
import type { TextKey } from "../../i18n/vi";
import type { Action } from "../../office/session";

export interface Entry {
	path: string;
	text: TextKey;
	/** Whoever may do one of these sees the page. */
	for: Action[];
	letter: string;
}

export const entries: Entry[] = [
	{ path: "/today", text: "nav.today", for: ["view_calendar"], letter: "t" },
	{ path: "/calendar", text: "nav.calendar", for: ["view_calendar"], letter: "c" },
	{ path: "/inbox", text: "nav.inbox", for: ["view_drafts", "answer"], letter: "i" },
	{ path: "/directory", text: "nav.directory", for: ["view_calendar"], letter: "d" },
	{ path: "/accounts", text: "nav.accounts", for: ["manage_accounts"], letter: "a" },
	{ path: "/audit", text: "nav.audit", for: ["read_audit"], letter: "l" },
];

export function visible(actions: Action[]): Entry[] {
	return entries.filter((e) => e.for.some((a) => actions.includes(a)));
}
