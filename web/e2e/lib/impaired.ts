// A bad link between a page and the server: bin/impair carries the page's TCP and, through the candidates that the page is told, its media.
import { type ChildProcess, spawn } from "node:child_process";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { Page } from "@playwright/test";
import type { Server } from "./server";

const binary = resolve(import.meta.dirname, "../../../bin/impair");

/** What the link does to one direction; what is absent is perfect. */
export interface Conditions {
	rate_bps?: number;
	queue_ms?: number;
	delay_ms?: number;
	jitter_ms?: number;
	loss?: number;
	burst?: { share: number; length: number };
}

export interface Command {
	up?: Conditions;
	down?: Conditions;
	cut?: boolean;
	move?: boolean;
}

/** Packets of one direction by what became of them. */
export interface Counts {
	Sent: number;
	Arrived: number;
	Lost: number;
	Overflowed: number;
	Cut: number;
}

export interface Report {
	error?: string;
	udp?: string[];
	up: Counts;
	down: Counts;
	moves: number;
}

export class Impaired {
	#waiting: ((report: Report) => void)[] = [];
	#media = "";

	private constructor(
		private readonly child: ChildProcess,
		/** The server as the page reaches it. */
		readonly url: string,
	) {
		if (!child.stdout) throw new Error("no output");
		createInterface({ input: child.stdout }).on("line", (line) => this.#waiting.shift()?.(JSON.parse(line)));
	}

	static async start(server: Server, seed: number): Promise<Impaired> {
		const child = spawn(
			binary,
			[`--udp=127.0.0.1:0=127.0.0.1:${server.mediaPort}`, `--tcp=127.0.0.1:${server.proxyPort}=127.0.0.1:${server.port}`, `--seed=${seed}`],
			{ stdio: ["pipe", "pipe", "inherit"] },
		);
		const link = new Impaired(child, `http://127.0.0.1:${server.proxyPort}`);
		const first = await new Promise<Report>((done, fail) => {
			link.#waiting.push(done);
			child.once("exit", () => fail(new Error("impair ended")));
		});
		link.#media = first.udp?.[0] ?? "";
		return link;
	}

	/** Changes the link from now on. */
	do(command: Command): Promise<Report> {
		this.child.stdin?.write(`${JSON.stringify(command)}\n`);
		return new Promise((done, fail) => this.#waiting.push((r) => (r.error ? fail(new Error(r.error)) : done(r))));
	}

	/** Leads the media of a page over this link. Before the page is somewhere. */
	async carry(page: Page): Promise<void> {
		const [address, port] = this.#media.split(":");
		await page.addInitScript(redirect, { address, port });
	}

	async stop(): Promise<void> {
		if (this.child.exitCode !== null) return;
		const ended = new Promise((done) => this.child.once("exit", done));
		this.child.stdin?.end();
		await ended;
	}
}

/** Puts one address in place of all that a page is told, relays too. Runs in the browser before the page's own scripts. */
function redirect({ address, port }: { address: string; port: string }): void {
	const set: (description: RTCSessionDescriptionInit) => Promise<void> = RTCPeerConnection.prototype.setRemoteDescription;
	RTCPeerConnection.prototype.setRemoteDescription = function (description: RTCSessionDescriptionInit) {
		const sections = (description.sdp ?? "").split(/^(?=m=)/m).map((section) => {
			if (!section.includes("a=candidate:")) return section;
			const bare = section.replace(/^a=(candidate:.*|end-of-candidates)\r\n/gm, "");
			return `${bare}a=candidate:1 1 udp 2130706431 ${address} ${port} typ host\r\na=end-of-candidates\r\n`;
		});
		return set.call(this, { ...description, sdp: sections.join("") });
	};
	const configure = RTCPeerConnection.prototype.setConfiguration;
	RTCPeerConnection.prototype.setConfiguration = function (configuration: RTCConfiguration) {
		configure.call(this, { ...configuration, iceServers: [] });
	};
}
