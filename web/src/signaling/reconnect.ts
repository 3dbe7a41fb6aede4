// How a call comes back, as a pure table: what happens next follows from the state and the event alone. A broken link is mended by the
// mildest means first: an ICE restart, then resuming the session on a new socket, then joining anew with a new media connection.

import type { EndCause } from "./protocol.gen";

/** How a connection proves itself: by a fresh ticket, or by the token of the seat that it had. */
export type Method = "ticket" | "resume";

/** Why a call is over for good. */
export type Ending = "left" | "moved" | EndCause | "removed" | "declined" | "refused";

/** An attempt to have a socket again. */
interface Attempt {
	attempt: number;
	method: Method;
	/** A seat was held before, so that there is something to resume. */
	seated: boolean;
	/** How often that failed although the server answers. */
	refusals: number;
	/** As in the open state: a break of the media can outlast sockets. */
	repairs: number;
}

/** What a server said before it closes the socket: how long it is away at least, in ms. */
interface Farewell {
	away?: number;
}

export type LinkState =
	| { at: "idle" }
	| ({ at: "connecting" } & Attempt)
	/** repairs: what was done for the media path since it carried anything; 0 while it does. */
	| ({ at: "open"; repairs: number } & Farewell)
	/** In the waiting room: there is no seat to resume. */
	| ({ at: "held" } & Farewell)
	| ({ at: "waiting" } & Attempt)
	| { at: "over"; ending: Ending };

export type LinkEvent =
	| { type: "start" }
	/** kept: the media connection of before is used further. */
	| { type: "welcome"; kept: boolean }
	/** The server has the client wait until it is admitted. */
	| { type: "held" }
	/** The server stops, and is back after ms at the earliest. The socket closes next. */
	| { type: "restarting"; ms: number }
	/**
	 * The socket closed, or could not be opened; the code is that of RFC 6455 and of the protocol. silent: the server was not heard at all,
	 * not even to refuse. answers: it can be reached, so that it must have refused.
	 */
	| { type: "closed"; code: number; silent?: boolean; answers?: boolean }
	/** The server has no ticket for this invitation and never will. */
	| { type: "refused" }
	| { type: "waited" }
	/** The media path carries nothing, though it should; told again for as long as it is so. */
	| { type: "silent" }
	/** The media path carries something; told again for as long as it is so. */
	| { type: "flowing" }
	/** The patience with the newest repair is over, and the path has not come back. */
	| { type: "unmended" }
	/** The server refuses an ICE restart: it has given the media connection up. */
	| { type: "abandoned" }
	/** This machine has another network. */
	| { type: "moved" }
	| { type: "leave" };

export type Effect =
	| { do: "connect"; method: Method }
	| { do: "wait"; ms: number }
	/** Restart ICE on the open socket. */
	| { do: "restart" }
	/** Ask the open socket for a sign of life: it may have broken together with the media path. */
	| { do: "probe" }
	/** Tell "unmended" after a while, unless the path comes back before. */
	| { do: "await"; ms: number }
	| { do: "end"; ending: Ending };

export interface Step {
	state: LinkState;
	effects: Effect[];
}

const removed = 4003;
const endings: Record<number, Ending> = { 4001: "moved", 4002: "ended", [removed]: "removed" };

/** Waits in ms, by attempt; the last one stays. The first are short: most breaks are. */
const waits = [200, 400, 800, 1200, 2000, 3000, 5000];

/** What is done for a silent media path, one after another and then from the beginning, with the patience for each in ms. */
const remedies = [
	{ remedy: "restart", patience: 3000 },
	{ remedy: "restart", patience: 4000 },
	{ remedy: "restart", patience: 6000 },
	{ remedy: "resume", patience: 8000 },
	{ remedy: "ticket", patience: 12_000 },
] as const;
const lastRestart = remedies.findIndex((r) => r.remedy === "resume");

/** A resume that is refused twice may be so for good: then fresh tickets are tried too, in turn, though they cost the media of before. */
const mostRefusals = 2;

/** random is in [0, 1): it spreads the clients of one meeting when they all come back at once. */
export function step(state: LinkState, event: LinkEvent, random: number): Step {
	const stay: Step = { state, effects: [] };
	if (state.at === "over") return stay;
	switch (event.type) {
		case "leave":
			return over("left");
		case "refused":
			return over("refused");
		case "start":
			return state.at === "idle" ? connect({ attempt: 0, method: "ticket", seated: false, refusals: 0, repairs: 0 }) : stay;
		case "welcome": {
			const repairs = "repairs" in state ? state.repairs : 0;
			if (repairs === 0) return { state: { at: "open", repairs }, effects: [] };
			// The media path broke too. It may be another one now: what the server has kept is tried on it at once.
			return { state: { at: "open", repairs }, effects: [...(event.kept ? [restart] : []), patienceWith(repairs, random)] };
		}
		case "held":
			return { state: { at: "held" }, effects: [] };
		case "restarting":
			return state.at === "open" || state.at === "held" ? { state: { ...state, away: event.ms }, effects: [] } : stay;
		case "waited":
			return state.at === "waiting" ? connect(state) : stay;
		case "closed":
			return closed(state, event, random);
		case "flowing":
			return "repairs" in state ? { state: { ...state, repairs: 0 }, effects: [] } : stay;
		case "silent": {
			if (state.at !== "open" || state.repairs > 0) return stay;
			const { effects, ...rest } = repair(1, random);
			return { ...rest, effects: [...effects, { do: "probe" }] };
		}
		case "unmended":
			return state.at === "open" && state.repairs > 0 ? repair(state.repairs + 1, random) : stay;
		case "abandoned":
			return state.at === "open" ? repair(lastRestart + 1, random) : stay;
		case "moved":
			if (state.at === "waiting" || state.at === "connecting") return connect(state);
			if (state.at !== "open") return stay;
			return {
				state: { at: "open", repairs: Math.max(1, state.repairs) },
				effects: [restart, patienceWith(1, random), { do: "probe" }],
			};
	}
}

function closed(state: LinkState, { code, silent, answers }: Extract<LinkEvent, { type: "closed" }>, random: number): Step {
	const ending = state.at === "held" && code === removed ? "declined" : endings[code];
	if (ending) return over(ending);
	if (state.at !== "open" && state.at !== "held" && state.at !== "connecting") return { state, effects: [] };
	const connecting = state.at === "connecting";
	const seated = state.at === "open" || (connecting && state.seated);
	const repairs = state.at === "held" ? 0 : state.repairs;
	// Silence says nothing of the seat, and was waited for long enough: the network is tried again in the same way.
	const again = silent && connecting;
	const attempt = again ? Math.max(1, state.attempt) : connecting ? state.attempt + 1 : 1;
	const refused = connecting && state.seated && state.method === "resume" && answers;
	const refusals = connecting ? state.refusals + (refused ? 1 : 0) : 0;
	const method = seated && !(refused && refusals >= mostRefusals) ? "resume" : "ticket";
	// Who is refused has reached the server, however long that took.
	const wait = again ? waits[0] : waits[Math.min(refused ? refusals : attempt, waits.length) - 1];
	// All clients of a server that restarts come back: they take as long again for it as they have to wait.
	const ms = !connecting && state.away !== undefined ? Math.round(state.away * (1 + random)) : spread(wait, random);
	return { state: { at: "waiting", attempt, method, seated, refusals, repairs }, effects: [{ do: "wait", ms }] };
}

const restart: Effect = { do: "restart" };

/** Does the nth thing for a silent media path, counted from 1. */
function repair(n: number, random: number): Step {
	const { remedy } = remedies[(n - 1) % remedies.length];
	if (remedy !== "restart") return connect({ attempt: 0, method: remedy, seated: true, refusals: 0, repairs: n });
	return { state: { at: "open", repairs: n }, effects: [restart, patienceWith(n, random)] };
}

function patienceWith(n: number, random: number): Effect {
	return { do: "await", ms: spread(remedies[(n - 1) % remedies.length].patience, random) };
}

function connect({ attempt, method, seated, refusals, repairs }: Attempt): Step {
	return { state: { at: "connecting", attempt, method, seated, refusals, repairs }, effects: [{ do: "connect", method }] };
}

function over(ending: Ending): Step {
	return { state: { at: "over", ending }, effects: [{ do: "end", ending }] };
}

/** A time from three quarters to five quarters of ms. */
function spread(ms: number, random: number): number {
	return Math.round(ms * (0.75 + random / 2));
}
