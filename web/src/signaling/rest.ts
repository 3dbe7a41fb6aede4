// What the page asks over HTTP: who the invitation is for, and a ticket for the WebSocket.

export interface Invitation {
	meeting: {
		id: string;
		subject: string;
		start: string;
		end?: string;
		state: "scheduled" | "open" | "ended" | "cancelled";
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
	) {
		super(code);
	}

	/** Trying again may help. */
	get passing(): boolean {
		return this.status === 0 || this.status === 429 || this.status >= 500;
	}
}

/** ms: a request of a broken link would hang for minutes. */
const patience = 8000;

export function readInvitation(invitation: string): Promise<Invitation> {
	return post("/api/v1/invitation", { invitation });
}

export async function makeTicket(invitation: string): Promise<string> {
	return (await post<{ ticket: string }>("/api/v1/tickets", { invitation })).ticket;
}

async function post<T>(path: string, body: unknown): Promise<T> {
	let response: Response;
	try {
		response = await fetch(path, {
			method: "POST",
			headers: { "Content-Type": "application/json" },
			body: JSON.stringify(body),
			signal: AbortSignal.timeout(patience),
		});
	} catch {
		throw new Problem("network", 0, "", "", "");
	}
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) {
		throw new Problem(answer.code ?? "internal", response.status, answer.detail ?? "", answer.detail_en ?? "", answer.request_id ?? "");
	}
	return answer as T;
}
