// REST under /api/v1 for the office pages. The session's cookie goes along by itself.
import { Problem, problemOf, Silence } from "../signaling/rest";

export { Problem } from "../signaling/rest";

const prefix = "/api/v1";

/** ms. The server answers within 1.5 s, or within 5 s where it hashes a password; files take their time. */
const patience = 10_000;
const filePatience = 120_000;
/** Bytes per ms: what a link must do at least, or the server gives an upload up. */
const slowest = 64;

type Value = string | number | boolean | undefined;

export interface Asking {
	/** Sent as JSON. */
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
	const headers = conditions(version, key);
	if (body !== undefined) headers["Content-Type"] = "application/json";
	const patient = AbortSignal.timeout(patience);
	let response: Response;
	try {
		response = await fetch(address(path, query), {
			method,
			headers,
			body: body === undefined ? undefined : JSON.stringify(body),
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

function conditions(version?: number, key?: string): Record<string, string> {
	const headers: Record<string, string> = {};
	if (version !== undefined) headers["If-Match"] = `"${version}"`;
	if (key) headers["Idempotency-Key"] = key;
	return headers;
}

/** How long a file of so many bytes may take, in ms: no less than the server grants it. */
export const uploadPatience = (size: number) => filePatience + size / slowest;

export interface Uploading extends Omit<Asking, "body"> {
	/** How much of the file has gone, from 0 to 1. */
	onProgress?: (part: number) => void;
}

/** Sends a file as it is, for as long as the server would take it; throws a Problem. fetch would not tell how far it is. */
export function upload<T>(path: string, file: Blob, { query, version, key, signal, onProgress }: Uploading = {}): Promise<T> {
	return new Promise((resolve, reject) => {
		signal?.throwIfAborted();
		const ask = new XMLHttpRequest();
		ask.open("POST", address(path, query));
		ask.setRequestHeader("Content-Type", file.type || "application/octet-stream");
		for (const [name, value] of Object.entries(conditions(version, key))) ask.setRequestHeader(name, value);
		ask.timeout = uploadPatience(file.size);
		ask.upload.onprogress = ({ loaded, total }) => onProgress?.(total > 0 ? loaded / total : 0);
		ask.onerror = () => reject(new Problem("network", 0, "", "", ""));
		ask.ontimeout = () => reject(new Silence("network", 0, "", "", ""));
		ask.onabort = () => reject(signal?.reason);
		ask.onload = () => {
			const response = new Response(null, { status: ask.status, headers: { "Retry-After": ask.getResponseHeader("Retry-After") ?? "" } });
			const answer = parsed(ask.responseText);
			if (response.ok) resolve(answer as T);
			else reject(problemOf(response, answer));
		};
		signal?.addEventListener("abort", () => ask.abort());
		ask.send(file);
	});
}

function parsed(text: string): Record<string, string> {
	try {
		return JSON.parse(text);
	} catch {
		return {};
	}
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
