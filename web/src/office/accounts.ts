// Accounts, for those who manage them.
import { queries } from "./query";
import { request } from "./rest";
import type { Account, Grant, Session } from "./session";

/** What can be changed of an account. */
export interface AccountDetails {
	login: string;
	name: string;
	title?: string;
	unit?: string;
	person?: string;
	grants: Grant[];
	disabled?: boolean;
}

/** A link by which the holder of an account chooses a password. It is told once. */
export interface ResetLink {
	path: string;
	expires: string;
}

const key = ["accounts"] as const;
const pageSize = 50;

export const accountsQuery = (text: string) => ({
	queryKey: [...key, "list", text],
	initialPageParam: 0,
	queryFn: ({ pageParam, signal }: { pageParam: number; signal: AbortSignal }) =>
		request<{ accounts: Account[]; total: number }>("GET", "/accounts", {
			query: { text, offset: pageParam, limit: pageSize },
			signal,
		}),
	getNextPageParam: (last: { total: number }, pages: { accounts: Account[] }[]) => {
		const shown = pages.reduce((n, p) => n + p.accounts.length, 0);
		return shown < last.total ? shown : undefined;
	},
});

export const accountQuery = (id: string) => ({
	queryKey: [...key, id],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<Account>("GET", `/accounts/${encodeURIComponent(id)}`, { signal }),
});

export const accountSessionsQuery = (id: string) => ({
	queryKey: [...key, id, "sessions"],
	queryFn: async ({ signal }: { signal: AbortSignal }) =>
		(await request<{ sessions: Session[] }>("GET", `/accounts/${encodeURIComponent(id)}/sessions`, { signal })).sessions,
});

/** The answer is what is known from now on; lists are read again. */
function keep(account: Account): Account {
	queries.setQueryData([...key, account.id], account);
	void queries.invalidateQueries({ queryKey: [...key, "list"] });
	return account;
}

export async function createAccount(details: AccountDetails): Promise<Account> {
	return keep(await request<Account>("POST", "/accounts", { body: details }));
}

export async function changeAccount(id: string, version: number, details: AccountDetails): Promise<Account> {
	return keep(await request<Account>("PUT", `/accounts/${encodeURIComponent(id)}`, { body: details, version }));
}

/** Disables an account or lets it in again, on its newest version. */
export async function setDisabled(id: string, disabled: boolean): Promise<Account> {
	const { version, ...account } = await request<Account>("GET", `/accounts/${encodeURIComponent(id)}`);
	return changeAccount(id, version, { ...detailsOf({ version, ...account }), disabled });
}

export function detailsOf({ login, name, title, unit, person, grants, disabled }: Account): AccountDetails {
	return { login, name, title, unit, person, grants, disabled };
}

export const makeResetLink = (id: string) => request<ResetLink>("POST", `/accounts/${encodeURIComponent(id)}/reset-link`);

export async function endSessions(id: string): Promise<void> {
	await request<void>("DELETE", `/accounts/${encodeURIComponent(id)}/sessions`);
	await queries.invalidateQueries({ queryKey: [...key, id, "sessions"] });
}
