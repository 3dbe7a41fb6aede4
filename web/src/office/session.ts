// Who is signed in, and how one signs in.
import { queries, sessionKey } from "./query";
import { Problem, request } from "./rest";

export type Role =
	| "leader"
	| "delegate"
	| "planner"
	| "clerk"
	| "approver"
	| "secretary"
	| "operator"
	| "auditor"
	| "administrator"
	| "terminal";

/** In the order of the table of rights. */
export const roles: Role[] = [
	"leader",
	"delegate",
	"planner",
	"clerk",
	"approver",
	"secretary",
	"operator",
	"auditor",
	"administrator",
	"terminal",
];

/** An action of the table of rights (rooms/rights). */
export type Action =
	| "view_calendar"
	| "view_drafts"
	| "draft"
	| "submit"
	| "approve"
	| "return"
	| "issue"
	| "reschedule"
	| "cancel"
	| "pre_empt"
	| "answer"
	| "join"
	| "run_meeting"
	| "line_test"
	| "read_papers"
	| "manage_papers"
	| "manage_terminals"
	| "manage_directory"
	| "manage_accounts"
	| "read_audit"
	| "export";

/** A role in a unit and all that is below it, or in the whole province. */
export interface Grant {
	role: Role;
	unit?: string;
}

export interface Account {
	id: string;
	version: number;
	login: string;
	name: string;
	title?: string;
	unit?: string;
	/** Id of the person in the directory. */
	person?: string;
	grants: Grant[];
	disabled?: boolean;
	has_password: boolean;
	created?: string;
	changed?: string;
}

export interface Me {
	account: Account;
	/** What the grants permit somewhere. */
	actions: Action[];
	/** Id of the session. */
	session?: string;
}

/** A signed-in browser. */
export interface Session {
	id: string;
	address: string;
	agent?: string;
	how: "password" | "oidc" | "setup";
	begun: string;
	seen: string;
	ends: string;
	current: boolean;
}

/** Who is signed in; nobody is null. */
export async function readSession(signal?: AbortSignal): Promise<Me | null> {
	try {
		return await request<Me>("GET", "/session", { signal });
	} catch (error) {
		if (error instanceof Problem && error.status === 401) return null;
		throw error;
	}
}

export interface SignInOptions {
	/** There is no account yet. */
	setup: boolean;
	/** The organisation's provider signs in too. */
	oidc: boolean;
	/** Whose server it is. */
	organisation?: string;
	/** Whom people ask who cannot sign in. */
	support?: string;
}

/** What one has to know to sign in, for everybody who asks. */
export const signInOptions = {
	queryKey: ["sign-in"],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<SignInOptions>("GET", "/sign-in", { signal }),
};

/** Where the browser goes to sign in by the organisation's provider. */
export const oidcStart = "/api/v1/oidc/start";

export async function signIn(login: string, password: string): Promise<void> {
	enter(await request<Me>("POST", "/session", { body: { login, password } }));
}

/** Makes the first administrator, who is then signed in. */
export async function setUp(body: { token: string; login: string; name: string; title?: string; password: string }): Promise<void> {
	enter(await request<Me>("POST", "/setup", { body }));
}

export const resetPassword = (token: string, password: string) => request<void>("POST", "/password-reset", { body: { token, password } });

/** Another account must not see what this one was shown. */
function enter(me: Me | null): void {
	queries.setQueryData(sessionKey, me);
	queries.removeQueries({ predicate: (query) => query.queryKey[0] !== sessionKey[0] });
}

export async function signOut(): Promise<void> {
	try {
		await request<void>("DELETE", "/session");
	} catch (error) {
		if (!(error instanceof Problem && error.status === 401)) throw error;
	}
	enter(null);
}

export const changePassword = (old: string, fresh: string) => request<void>("PUT", "/session/password", { body: { old, new: fresh } });

export const readOwnSessions = async (signal?: AbortSignal) =>
	(await request<{ sessions: Session[] }>("GET", "/sessions", { signal })).sessions;

export const endOwnSession = (id: string) => request<void>("DELETE", `/sessions/${encodeURIComponent(id)}`);
