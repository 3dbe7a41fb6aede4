// What the page asks over HTTP: who the invitation is for, and a ticket for the WebSocket.
import type { ICEServer } from "./protocol.gen";

export interface Invitation {
	meeting: {
		id: string;
		subject: string;
		start: string;
		end?: string;
		state: "draft" | "submitted" | "returned" | "approved" | "issued" | "held" | "concluded" | "postponed" | "cancelled";
		speaking: "open" | "floor";
		chair: string;
		admits: boolean;
		opens_at: string;
	};
	name: string;
	unit?: string;
	role: string;
	server_time: string;
}

/** An error of the REST interface (RFC 9457), or code "network" where the server could not be reached. */
export class Problem extends Error {
	constructor(
		readonly code: string,
		readonly status: number,
		readonly vi: string,
		readonly en: string,
		readonly requestId: string,
		/** The whole answer: with some codes it says more (RFC 9457). */
		readonly body: Record<string, unknown> = {},
		/** How long the server asks to wait, in ms. */
		readonly wait = 0,
	) {
		super(code);
	}

	/** The field of the request that is at fault. */
	get field(): string {
		return typeof this.body.field === "string" ? this.body.field : "";
	}

	/** Trying again may help. */
	get passing(): boolean {
		return [0, 408, 425, 429].includes(this.status) || this.status >= 500;
	}
}

/** The server was waited for in vain. */
export class Silence extends Problem {}

/** ms: a request of a broken link would hang for minutes. */
const patience = 6000;

export function readInvitation(invitation: string): Promise<Invitation> {
	return post("/api/v1/invitation", { invitation });
}

export async function makeTicket(invitation: string): Promise<string> {
	const { ticket } = await post<{ ticket?: string }>("/api/v1/tickets", { invitation });
	if (!ticket) throw new Problem("network", 0, "", "", ""); // something on the way answered, not the server
	return ticket;
}

/** A meeting as a hall's terminal shows it. */
export interface TerminalMeeting {
	id: string;
	subject: string;
	start: string;
	end: string;
	chair: string;
	state: "approved" | "issued" | "held" | "concluded";
	join_at: string;
	/** The terminal joins by itself. */
	joins: boolean;
	/** The hall or the terminal itself is named, not only its unit. */
	own: boolean;
	/** Ids of meetings that have taken this terminal's place in it: it is in it until they begin. */
	gives_way_to?: string[];
}

/** What a paired terminal is told of its hall. */
export interface HallSchedule {
	terminal: { id: string; name: string };
	hall: { id: string; name: string };
	server_time: string;
	meetings: TerminalMeeting[];
}

/** This terminal, by the cookie of its pairing. */
export function readTerminal(): Promise<HallSchedule> {
	return send("GET", "/api/v1/terminal");
}

/** Pairs this device by the six digits that a technician made for it. */
export function pairTerminal(code: string): Promise<HallSchedule> {
	return post("/api/v1/terminal/pair", { code });
}

/** An invitation to one of this terminal's meetings, always for the same seat. */
export async function joinAsTerminal(meeting: string): Promise<string> {
	return (await post<{ invitation: string }>("/api/v1/terminal/join", { meeting })).invitation;
}

/** Begins a link test with two offers; the answers come back with its id, and with the relays by which it can be tried where they lead nowhere. */
export function beginLinkTest(
	invitation: string,
	offers: { publish: string; receive: string },
	signal: AbortSignal,
): Promise<{ id: string; publish: string; receive: string; ice_servers: ICEServer[] }> {
	return post("/linktest", offers, { invitation, signal });
}

/** Has a link test receive so many copies of the picture. Gives what the server believes the link carries, in kbit/s; 0 is not known. */
export async function loadLinkTest(invitation: string, test: string, copies: number, signal: AbortSignal): Promise<number> {
	return (await post<{ estimate_kbps: number }>(`/linktest/${test}`, { copies }, { invitation, signal })).estimate_kbps;
}

/** Ends a link test, even while the page goes away. */
export async function endLinkTest(invitation: string, test: string): Promise<void> {
	await fetch(`/linktest/${test}`, { method: "DELETE", headers: { Authorization: `Bearer ${invitation}` }, keepalive: true });
}

/** Who asks, where the body does not say it, and what stops the request. */
interface Asking {
	invitation?: string;
	signal?: AbortSignal;
}

function post<T>(path: string, body: unknown, asking?: Asking): Promise<T> {
	return send("POST", path, body, asking);
}

async function send<T>(method: "GET" | "POST", path: string, body?: unknown, { invitation, signal }: Asking = {}): Promise<T> {
	const headers: Record<string, string> = body === undefined ? {} : { "Content-Type": "application/json" };
	if (invitation) headers.Authorization = `Bearer ${invitation}`;
	let response: Response;
	try {
		const patient = AbortSignal.timeout(patience);
		response = await fetch(path, {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
			signal: signal ? AbortSignal.any([signal, patient]) : patient,
		});
	} catch (error) {
		signal?.throwIfAborted();
		throw new ((error as Error).name === "TimeoutError" ? Silence : Problem)("network", 0, "", "", "");
	}
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) throw problemOf(response, answer);
	return answer as T;
}

/** What the server answered that is no success. */
export function problemOf(response: Response, answer: Record<string, string>): Problem {
	const { code = "internal", detail, detail_en, title, title_en, request_id = "" } = answer;
	const wait = Number(response.headers.get("Retry-After") ?? 0) * 1000;
	return new Problem(code, response.status, detail ?? title ?? "", detail_en ?? title_en ?? "", request_id, answer, wait || 0);
}
