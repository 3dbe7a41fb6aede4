// REST under /api/v1 for the office pages. The session's cookie goes along by itself.
import { Problem, problemOf, Silence } from "../signaling/rest";

export { Problem } from "../signaling/rest";

const prefix = "/api/v1";

/** ms. The server answers within 1.5 s, or within 5 s where it hashes a password; files take their time. */
const patience = 10_000;
const filePatience = 120_000;

type Value = string | number | boolean | undefined;

export interface Asking {
	/** Sent as JSON, a file as it is. */
	body?: unknown;
	/** Empty values are left out. */
	query?: Record<string, Value>;
	/** The version that a change is based on; 0 where there must be nothing yet. */
	version?: number;
	/** Idempotency-Key: a repeat with the same key is not done twice. */
	key?: string;
	signal?: AbortSignal;
}

/** An address under /api/v1 with its query, for requests and for downloads. */
export function address(path: string, query: Record<string, Value> = {}): string {
	const all = new URLSearchParams();
	for (const [name, value] of Object.entries(query)) {
		if (value !== undefined && value !== "") all.set(name, String(value));
	}
	return `${prefix}${path}${all.size > 0 ? `?${all}` : ""}`;
}

/** Asks the server; throws a Problem. */
export async function request<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, asking: Asking = {}): Promise<T> {
	const { body, query, version, key, signal } = asking;
	const headers: Record<string, string> = {};
	const file = body instanceof Blob;
	if (body !== undefined) headers["Content-Type"] = file ? body.type : "application/json";
	if (version !== undefined) headers["If-Match"] = `"${version}"`;
	if (key) headers["Idempotency-Key"] = key;
	const patient = AbortSignal.timeout(file ? filePatience : patience);
	let response: Response;
	try {
		response = await fetch(address(path, query), {
			method,
			headers,
			body: body === undefined || file ? (body as Blob | undefined) : JSON.stringify(body),
			signal: signal ? AbortSignal.any([signal, patient]) : patient,
		});
	} catch (error) {
		signal?.throwIfAborted();
		throw new ((error as Error).name === "TimeoutError" ? Silence : Problem)("network", 0, "", "", "");
	}
	if (response.status === 204) return undefined as T;
	const answer = await response.json().catch(() => ({}));
	if (!response.ok) throw problemOf(response, answer);
	return answer as T;
}

/** Fetches a file and has the browser save it under the server's name; throws a Problem. */
export async function download(path: string, query: Record<string, Value> = {}): Promise<void> {
	const response = await fetch(address(path, query), { signal: AbortSignal.timeout(filePatience) }).catch(() => undefined);
	if (!response) throw new Problem("network", 0, "", "", "");
	if (!response.ok) throw problemOf(response, await response.json().catch(() => ({})));
	const [, name = "diemcau"] = response.headers.get("Content-Disposition")?.match(/filename="?([^";]+)/) ?? [];
	const link = document.createElement("a");
	link.href = URL.createObjectURL(await response.blob());
	link.download = name;
	link.click();
	setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A new Idempotency-Key: one for each thing that a person wants done. */
export function newKey(): string {
	return [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
