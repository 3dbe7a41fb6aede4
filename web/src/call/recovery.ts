// Drives the reconnect table: its timers, and what it is told of the media path and of this machine's networks.
import { type PathNews, watchPath } from "../media/path";
import { type Ending, type LinkEvent, type LinkState, type Method, step } from "../signaling/reconnect";

/** What a call can do to come back. */
export interface Remedies {
	connect(method: Method): void;
	/** The socket is gone; another one is tried soon. */
	waiting(): void;
	restartIce(): void;
	probe(): void;
	/** How often the media path was repaired since it carried anything. */
	repaired(times: number): void;
	end(ending: Ending): void;
}

export class Recovery {
	#state: LinkState = { at: "idle" };
	#wait?: ReturnType<typeof setTimeout>;
	#patience?: ReturnType<typeof setTimeout>;
	#unwatchPath?: () => void;
	#unwatchNetwork?: () => void;

	constructor(private readonly remedies: Remedies) {}

	get at(): LinkState["at"] {
		return this.#state.at;
	}

	happen(event: LinkEvent): void {
		const before = repairsOf(this.#state);
		const { state, effects } = step(this.#state, event, Math.random());
		this.#state = state;
		if (state.at !== "waiting") clearTimeout(this.#wait);
		if (state.at !== "open" || state.repairs === 0) clearTimeout(this.#patience);
		if (repairsOf(state) !== before) this.remedies.repaired(repairsOf(state));
		for (const effect of effects) {
			switch (effect.do) {
				case "connect":
					this.remedies.connect(effect.method);
					break;
				case "wait":
					this.remedies.waiting();
					this.#wait = setTimeout(() => this.happen({ type: "waited" }), effect.ms);
					break;
				case "restart":
					this.remedies.restartIce();
					break;
				case "probe":
					this.remedies.probe();
					break;
				case "await":
					clearTimeout(this.#patience);
					this.#patience = setTimeout(() => this.happen({ type: "unmended" }), effect.ms);
					break;
				case "end":
					this.stop();
					this.remedies.end(effect.ending);
					break;
			}
		}
	}

	/** Watches over the path of a connection that is being negotiated, in place of the one before. */
	watch(pc: RTCPeerConnection): void {
		this.#unwatchNetwork ??= watchNetwork(() => this.happen({ type: "moved" }));
		this.#unwatchPath?.();
		this.#unwatchPath = watchPath(pc, (news: PathNews) => this.happen({ type: news }));
	}

	stop(): void {
		this.#unwatchPath?.();
		this.#unwatchNetwork?.();
		clearTimeout(this.#wait);
		clearTimeout(this.#patience);
	}
}

function repairsOf(state: LinkState): number {
	return "repairs" in state ? state.repairs : 0;
}

/** The Network Information API, where the browser has it. */
interface NetworkInformation extends EventTarget {
	/** "wifi", "cellular" and so on; absent on desktops. */
	readonly type?: string;
}

/** Several events come with one change of network. */
const settling = 300;

/** Tells that this machine has come to another network. */
function watchNetwork(tell: () => void): () => void {
	const { connection } = navigator as Navigator & { connection?: NetworkInformation };
	let type = connection?.type;
	let timer: ReturnType<typeof setTimeout>;
	const moved = () => {
		clearTimeout(timer);
		timer = setTimeout(tell, settling);
	};
	const changed = () => {
		// The event also comes with new estimates of the rate.
		if (connection?.type === type) return;
		type = connection?.type;
		if (type !== "none") moved();
	};
	window.addEventListener("online", moved);
	connection?.addEventListener("change", changed);
	return () => {
		clearTimeout(timer);
		window.removeEventListener("online", moved);
		connection?.removeEventListener("change", changed);
	};
}
