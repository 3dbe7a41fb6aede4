// One WebSocket of diemcau.v1: requests with their answers, and everything else as it comes.
import { type ErrorCode, type Requests, resumePrefix, type ServerMessage, ticketPrefix, version } from "./protocol.gen";
import type { Method } from "./reconnect";

/** A request that the server refused. */
export class Refusal extends Error {
	constructor(
		readonly code: ErrorCode,
		readonly vi: string,
		readonly en: string,
		readonly requestId: string,
	) {
		super(code);
	}
}

export interface SocketHandler {
	message(message: ServerMessage): void;
	/**
	 * Called once; the code is 1006 where the socket could not be opened or broke. opened tells whether it ever was, silent that the server was
	 * waited for in vain.
	 */
	closed(code: number, opened: boolean, silent: boolean): void;
}

const pingEvery = 4000;
const watchEvery = 1000;
/** Without any message for this long the connection is taken for broken. The server answers every ping. */
const silence = 10_000;
/** The same where something else has broken already, and for a socket that is being opened. */
export const probing = 3000;
export const opening = 6000;

export class Socket {
	#socket: WebSocket;
	#waiting = new Map<string, { done: (body: never) => void; fail: (error: Error) => void }>();
	#next = 1;
	#heard = performance.now();
	#timers: ReturnType<typeof setInterval>[];
	#closed = false;
	#opened = false;

	constructor(
		method: Method,
		credential: string,
		private readonly handler: SocketHandler,
	) {
		const address = new URL("/ws", location.href);
		address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
		address.hash = "";
		this.#socket = new WebSocket(address, [version, (method === "ticket" ? ticketPrefix : resumePrefix) + credential]);
		this.#socket.onopen = () => {
			this.#opened = true;
			this.#heard = performance.now();
		};
		this.#socket.onmessage = (event) => this.#receive(String(event.data));
		this.#socket.onclose = (event) => this.#end(event.code);
		this.#timers = [setInterval(() => this.#ping(), pingEvery), setInterval(() => this.#watch(), watchEvery)];
	}

	/** Sends a request; the promise fails with a Refusal, or with an Error when the socket closes first. */
	request<K extends keyof Requests>(type: K, body: Requests[K]["body"]): Promise<Requests[K]["answer"]> {
		if (this.#closed || this.#socket.readyState !== WebSocket.OPEN) return Promise.reject(new Error("not connected"));
		const id = String(this.#next++);
		const answer = new Promise<Requests[K]["answer"]>((done, fail) => this.#waiting.set(id, { done, fail }));
		this.#socket.send(JSON.stringify({ type, id, body }));
		return answer;
	}

	/** Asks for a sign of life now, and takes the connection for broken much sooner than otherwise. */
	probe(): void {
		const asked = performance.now();
		this.#ping();
		setTimeout(() => {
			if (this.#heard < asked) this.#break();
		}, probing);
	}

	close(): void {
		this.#socket.close(1000);
		this.#end(1000);
	}

	#receive(data: string): void {
		this.#heard = performance.now();
		const message = JSON.parse(data) as ServerMessage;
		const waiting = message.id === undefined ? undefined : this.#waiting.get(message.id);
		if (message.id !== undefined && waiting) {
			this.#waiting.delete(message.id);
			if (message.type === "error") {
				const { code, message: vi, message_en: en, request_id: requestId } = message.body;
				waiting.fail(new Refusal(code, vi, en, requestId));
			} else {
				waiting.done(message.body as never);
			}
			return;
		}
		this.handler.message(message);
	}

	#watch(): void {
		if (performance.now() - this.#heard > (this.#opened ? silence : opening)) this.#break();
	}

	#ping(): void {
		if (this.#socket.readyState === WebSocket.OPEN) this.request("ping", {}).catch(() => undefined);
	}

	#break(): void {
		this.#socket.close();
		this.#end(1006, true);
	}

	#end(code: number, silent = false): void {
		if (this.#closed) return;
		this.#closed = true;
		for (const timer of this.#timers) clearInterval(timer);
		for (const { fail } of this.#waiting.values()) fail(new Error("connection closed"));
		this.#waiting.clear();
		this.handler.closed(code, this.#opened, silent);
	}
}
