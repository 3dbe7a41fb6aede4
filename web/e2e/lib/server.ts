// The real server as a child process, on free ports of its own and in a data directory of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const binary = resolve(import.meta.dirname, "../../../bin/diemcau");
const adminToken = "e2e-Quan-tri-vien-0123456789";

/** One meeting as the REST API gives it; only what the tests read. */
export interface Meeting {
	id: string;
	subject: string;
}

export class Server {
	#child?: ChildProcess;
	#output = "";
	readonly url: string;

	private constructor(
		readonly port: number,
		/** For a proxy in front of the server, whose address is one of the server's origins. */
		readonly proxyPort: number,
		readonly mediaPort: number,
		readonly data: string,
	) {
		this.url = `http://127.0.0.1:${port}`;
	}

	static async start(data = newDirectory()): Promise<Server> {
		const server = new Server(await freePort(), await freePort(), await freePort(), data);
		await server.run();
		return server;
	}

	/** Starts with what was put into a server before: once in a process, since it takes longer than to copy its data for each test. */
	static async prepared(prepare: (server: Server) => Promise<void>): Promise<Server> {
		let kept = preparations.get(prepare);
		if (!kept) {
			kept = keep(prepare);
			preparations.set(prepare, kept);
		}
		const data = newDirectory();
		cpSync(await kept, data, { recursive: true });
		return Server.start(data);
	}

	/** Starts the process, or starts it again on the same ports and data. */
	async run(): Promise<void> {
		const child = spawn(
			binary,
			[
				"serve",
				`--listen=127.0.0.1:${this.port}`,
				`--media.listen=:${this.mediaPort}`,
				"--turn.listen=:0",
				"--turn.tls-listen=:0",
				`--data=${this.data}`,
				`--origins=${this.url},http://127.0.0.1:${this.proxyPort}`,
			],
			{ env: { ...process.env, DIEMCAU_ADMIN_TOKEN: adminToken }, stdio: ["ignore", "pipe", "pipe"] },
		);
		this.#child = child;
		child.stdout?.on("data", (chunk) => {
			this.#output += chunk;
		});
		child.stderr?.on("data", (chunk) => {
			this.#output += chunk;
		});
		for (let attempt = 0; attempt < 300; attempt++) {
			if (child.exitCode !== null) throw new Error(`server ended with ${child.exitCode}:\n${this.#output}`);
			const ready = await fetch(`${this.url}/readyz`).catch(() => undefined);
			if (ready?.ok) return;
			await new Promise((done) => setTimeout(done, 50));
		}
		throw new Error(`server is not ready:\n${this.#output}`);
	}

	/** Has the store hang, as it does with its disk; gives what lets it go on. */
	holdStore(): () => void {
		const pid = this.#child?.pid;
		const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
			readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number),
		);
		const redis = children.find((child) => readFileSync(`/proc/${child}/comm`, "utf8").startsWith("redis"));
		if (!redis) throw new Error("the server has no store of its own");
		process.kill(redis, "SIGSTOP");
		return () => process.kill(redis, "SIGCONT");
	}

	/** Ends the process at once, as a power cut would. */
	async kill(): Promise<void> {
		await this.#end("SIGKILL");
	}

	/** Ends the process as an administrator does who starts it anew. */
	async terminate(): Promise<void> {
		await this.#end("SIGTERM");
	}

	async stop(): Promise<void> {
		await this.#end("SIGTERM");
		rmSync(this.data, { recursive: true, force: true });
	}

	async #end(signal: NodeJS.Signals): Promise<void> {
		const child = this.#child;
		if (!child || child.exitCode !== null || child.signalCode !== null) return;
		const ended = new Promise((done) => child.once("exit", done));
		child.kill(signal);
		await ended;
	}

	get output(): string {
		return this.#output;
	}

	/** Plans a meeting of two hours that is open now, or starts at another time. */
	async plan(
		subject: string,
		speaking: "open" | "floor",
		start = Date.now() - 60_000,
		sites: { name: string; unit: string; order: number }[] = [],
	): Promise<Meeting> {
		return this.post("/api/v1/meetings", {
			sites: sites.map(({ name, unit, order }) => ({ name, unit, protocol_order: order })),
			subject,
			start: new Date(start).toISOString(),
			end: new Date(start + 2 * 3600_000).toISOString(),
			chair: { name: "Chủ tịch UBND tỉnh", unit: "UBND tỉnh Minh Giang" },
			speaking,
		});
	}

	/** Makes an invitation and gives its link. */
	async invite(meeting: Meeting, name: string, unit: string, role: string, protocolOrder: number): Promise<string> {
		const invitation = await this.post<{ path: string }>(`/api/v1/meetings/${meeting.id}/invitations`, {
			name,
			unit,
			role,
			protocol_order: protocolOrder,
		});
		return this.url + invitation.path;
	}

	post<T>(path: string, body: unknown): Promise<T> {
		return this.ask("POST", path, body);
	}

	put<T>(path: string, body: unknown): Promise<T> {
		return this.ask("PUT", path, body);
	}

	/** Asks the REST interface as the administrator, as a client should: where the store takes too long the request is repeated. */
	async ask<T>(method: string, path: string, body?: unknown): Promise<T> {
		const request = {
			method,
			headers: { "Content-Type": "application/json", Authorization: `Bearer ${adminToken}`, "Idempotency-Key": randomUUID() },
			body: body === undefined ? undefined : JSON.stringify(body),
		};
		let response = await fetch(this.url + path, request);
		for (const end = Date.now() + 15_000; response.status === 503 && Date.now() < end; ) {
			await new Promise((done) => setTimeout(done, 500));
			response = await fetch(this.url + path, request);
		}
		const text = await response.text();
		if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
		return (text ? JSON.parse(text) : undefined) as T;
	}
}

function newDirectory(): string {
	return mkdtempSync(join(tmpdir(), "diemcau-e2e-"));
}

/** Data directories of servers that were prepared and have ended. */
const preparations = new Map<(server: Server) => Promise<void>, Promise<string>>();

async function keep(prepare: (server: Server) => Promise<void>): Promise<string> {
	const server = await Server.start();
	process.once("exit", () => rmSync(server.data, { recursive: true, force: true }));
	await prepare(server);
	await server.terminate();
	return server.data;
}

function freePort(): Promise<number> {
	return new Promise((done, fail) => {
		const probe = createServer();
		probe.once("error", fail);
		probe.listen(0, "127.0.0.1", () => {
			const address = probe.address();
			probe.close(() => (address && typeof address === "object" ? done(address.port) : fail(new Error("no port"))));
		});
	});
}
