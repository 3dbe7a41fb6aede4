// What somebody has written and the server does not have yet, kept in the browser: nothing is lost by a closed lid or a lost link.
import type { Plan, Scope } from "../../../office/meetings";

export interface LocalDraft {
	plan: Plan;
	/** What the server had when the writing began; nothing for a new meeting. */
	base?: Plan;
	/** Which meetings of a series it is for. */
	scope?: Scope;
	at: number;
}

const days = 14;

const key = (account: string, meeting: string | undefined) => `diemcau.draft.${account}.${meeting ?? "new"}`;

export function keepDraft(account: string, meeting: string | undefined, draft: LocalDraft): void {
	try {
		localStorage.setItem(key(account, meeting), JSON.stringify(draft));
	} catch {
		// A full or forbidden storage: the server is the place for drafts in any case.
	}
}

export function dropDraft(account: string, meeting: string | undefined): void {
	localStorage.removeItem(key(account, meeting));
}

/** A draft of these days; older ones are forgotten. */
export function readDraft(account: string, meeting: string | undefined): LocalDraft | undefined {
	try {
		const draft = JSON.parse(localStorage.getItem(key(account, meeting)) ?? "null") as LocalDraft | null;
		if (draft?.plan && Date.now() - draft.at < days * 24 * 3600_000) return draft;
	} catch {
		// Not readable: as if there were none.
	}
	dropDraft(account, meeting);
	return undefined;
}
