// Whether the path of the media carries anything. The browser's own states tell late: Chromium calls a path disconnected after some seven
// seconds, while it hears answers to its connectivity checks every 2.5 s on a path that lives, whoever speaks.

export type PathNews = "flowing" | "silent";

/** What has come so far on a path. */
export interface Pulse {
	/** Packets and answers to connectivity checks. */
	count: number;
	/** ms; when the count grew last. */
	at: number;
	/** Something has come ever. */
	begun: boolean;
}

/** ms between two looks. */
export const lookEvery = 1000;
/**
 * ms without anything until a path that has carried something is silent, and one that never has: the first answer takes one round trip, so that
 * what does not come soon is blocked.
 */
export const patience = { mending: 4000, beginning: 2000 };

/**
 * Judges a path by what came since the look before. Without a count, as in Firefox, only the browser's own state counts.
 * Undefined where it is too early to tell.
 */
export function judge(
	before: Pulse,
	count: number | undefined,
	state: RTCIceConnectionState,
	now: number,
): { pulse: Pulse; news?: PathNews } {
	const lives = state === "connected" || state === "completed";
	if (count === undefined ? lives : count > before.count) return { pulse: { count: count ?? 0, at: now, begun: true }, news: "flowing" };
	// The count falls when an ICE restart drops a pair.
	const pulse = { ...before, count: count ?? before.count };
	// Nothing can come before the server's answer.
	if (state === "new" && !before.begun) return { pulse: { ...pulse, at: now } };
	if (state === "disconnected" || state === "failed") return { pulse, news: "silent" };
	const silent = now - before.at >= (before.begun ? patience.mending : patience.beginning);
	return { pulse, news: silent ? "silent" : undefined };
}

/** Looks at a connection's path again and again, and tells how it is, until it is stopped. */
export function watchPath(pc: RTCPeerConnection, tell: (news: PathNews) => void): () => void {
	let pulse: Pulse = { count: 0, at: performance.now(), begun: false };
	let stopped = false;
	const look = async () => {
		const count = await countOf(pc);
		if (stopped || pc.iceConnectionState === "closed") return;
		const judged = judge(pulse, count, stateOf(pc), performance.now());
		pulse = judged.pulse;
		if (judged.news) tell(judged.news);
	};
	const timer = setInterval(() => void look(), lookEvery);
	// The browser may know before the next look.
	pc.addEventListener("iceconnectionstatechange", look);
	return () => {
		stopped = true;
		clearInterval(timer);
		pc.removeEventListener("iceconnectionstatechange", look);
	};
}

/** ICE's state, which is new before the server's answer only: a browser that has no candidate at all stays so after it. */
function stateOf(pc: RTCPeerConnection): RTCIceConnectionState {
	if (!pc.currentRemoteDescription) return "new";
	return pc.iceConnectionState === "new" ? "checking" : pc.iceConnectionState;
}

interface Stat {
	type: string;
	packetsReceived?: number;
	responsesReceived?: number;
}

/** What has come on all candidate pairs, or undefined where the browser does not count it. */
async function countOf(pc: RTCPeerConnection): Promise<number | undefined> {
	let count: number | undefined;
	// Of one sender: that of the whole connection lists every slot.
	const report = (await pc.getSenders()[0]?.getStats()) as unknown as Map<string, Stat> | undefined;
	for (const s of report?.values() ?? []) {
		if (s.type !== "candidate-pair" || s.responsesReceived === undefined) continue;
		count = (count ?? 0) + s.responsesReceived + (s.packetsReceived ?? 0);
	}
	return count;
}
