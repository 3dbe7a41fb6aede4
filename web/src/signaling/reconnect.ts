// When and how to connect again, as a pure table: what happens next follows from the state and the event alone.

/** How a connection proves itself: by a fresh ticket, or by the token of the seat that it had. */
export type Method = "ticket" | "resume";

/** Why a call is over for good. */
export type Ending = "left" | "moved" | "ended" | "removed" | "declined" | "refused";

export type LinkState =
	| { at: "idle" }
	/** seated: a seat was held before, so that there is something to resume. */
	| { at: "connecting"; attempt: number; method: Method; seated: boolean }
	| { at: "open" }
	/** In the waiting room: there is no seat to resume. */
	| { at: "held" }
	| { at: "waiting"; attempt: number; method: Method; seated: boolean }
	| { at: "over"; ending: Ending };

export type LinkEvent =
	| { type: "start" }
	| { type: "welcome" }
	/** The server has the client wait until it is admitted. */
	| { type: "held" }
	/** The socket closed, or could not be opened; the code is that of RFC 6455 and of the protocol. */
	| { type: "closed"; code: number }
	/** The server has no ticket for this invitation and never will. */
	| { type: "refused" }
	| { type: "waited" }
	| { type: "leave" };

export type Effect = { do: "connect"; method: Method } | { do: "wait"; ms: number } | { do: "end"; ending: Ending };

export interface Step {
	state: LinkState;
	effects: Effect[];
}

const removed = 4003;
const endings: Record<number, Ending> = { 4001: "moved", 4002: "ended", [removed]: "removed" };

/** Waits in ms, by attempt; the last one stays. The first are short: most breaks are. */
const waits = [200, 400, 800, 1200, 2000, 3000, 5000];

/** A resume that fails twice may fail for good: then fresh tickets are tried too, in turn. */
function methodOf(attempt: number, seated: boolean): Method {
	return seated && (attempt <= 2 || attempt % 2 === 0) ? "resume" : "ticket";
}

/** random is in [0, 1): it spreads the clients of one meeting when they all come back at once. */
export function step(state: LinkState, event: LinkEvent, random: number): Step {
	if (state.at === "over") return { state, effects: [] };
	switch (event.type) {
		case "leave":
			return over("left");
		case "refused":
			return over("refused");
		case "start":
			return state.at === "idle" ? connect(0, "ticket", false) : { state, effects: [] };
		case "welcome":
			return { state: { at: "open" }, effects: [] };
		case "held":
			return { state: { at: "held" }, effects: [] };
		case "waited":
			return state.at === "waiting" ? connect(state.attempt, state.method, state.seated) : { state, effects: [] };
		case "closed": {
			const ending = state.at === "held" && event.code === removed ? "declined" : endings[event.code];
			if (ending) return over(ending);
			if (state.at !== "open" && state.at !== "held" && state.at !== "connecting") return { state, effects: [] };
			const attempt = state.at === "connecting" ? state.attempt + 1 : 1;
			const seated = state.at === "open" || (state.at === "connecting" && state.seated);
			const wait = waits[Math.min(attempt, waits.length) - 1];
			return {
				state: { at: "waiting", attempt, method: methodOf(attempt, seated), seated },
				effects: [{ do: "wait", ms: Math.round(wait * (0.75 + random / 2)) }],
			};
		}
	}
}

function connect(attempt: number, method: Method, seated: boolean): Step {
	return { state: { at: "connecting", attempt, method, seated }, effects: [{ do: "connect", method }] };
}

function over(ending: Ending): Step {
	return { state: { at: "over", ending }, effects: [{ do: "end", ending }] };
}
