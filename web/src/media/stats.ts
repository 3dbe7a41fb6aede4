// The figures behind a link, from the browser's counters (W3C Identifiers for WebRTC's Statistics API).

/** How a link was since the figures before. */
export interface LinkFigures {
	/** Round trip to the server in ms. */
	rttMs: number;
	/** Packets lost, in percent, in the worse direction. */
	lossPercent: number;
	/** Bits received per second, in thousands. */
	kbps: number;
}

/** Counters that figures are drawn from. */
export interface Counters {
	/** ms */
	at: number;
	received: number;
	lost: number;
	bytes: number;
	/** Newest share of packets that the server missed, from 0 to 1. */
	sentLoss: number;
	/** seconds */
	rtt: number;
}

interface Stat {
	type: string;
	id?: string;
	state?: string;
	nominated?: boolean;
	selectedCandidatePairId?: string;
	currentRoundTripTime?: number;
	packetsReceived?: number;
	packetsLost?: number;
	bytesReceived?: number;
	fractionLost?: number;
}

export async function readCounters(pc: RTCPeerConnection): Promise<Counters> {
	const counters: Counters = { at: performance.now(), received: 0, lost: 0, bytes: 0, sentLoss: 0, rtt: 0 };
	const report = (await pc.getStats()) as unknown as Map<string, Stat>;
	// The pair in use: others may be slow, and of another network. Firefox names none.
	const selected = [...report.values()].find((s) => s.type === "transport")?.selectedCandidatePairId;
	const inUse = (s: Stat) => (selected ? s.id === selected : s.nominated && s.state === "succeeded");
	for (const s of report.values()) {
		if (s.type === "inbound-rtp") {
			counters.received += s.packetsReceived ?? 0;
			counters.lost += Math.max(0, s.packetsLost ?? 0);
			counters.bytes += s.bytesReceived ?? 0;
		} else if (s.type === "remote-inbound-rtp") {
			counters.sentLoss = Math.max(counters.sentLoss, s.fractionLost ?? 0);
		} else if (s.type === "candidate-pair" && s.currentRoundTripTime !== undefined && inUse(s)) {
			counters.rtt = Math.max(counters.rtt, s.currentRoundTripTime);
		}
	}
	return counters;
}

/** Undefined where there is no time between the two. */
export function figuresOf(before: Counters, now: Counters): LinkFigures | undefined {
	const seconds = (now.at - before.at) / 1000;
	if (seconds <= 0) return undefined;
	const lost = Math.max(0, now.lost - before.lost);
	const received = Math.max(0, now.received - before.received);
	const loss = Math.max(lost + received > 0 ? lost / (lost + received) : 0, now.sentLoss);
	return {
		rttMs: Math.round(now.rtt * 1000),
		lossPercent: Math.round(Math.min(1, loss) * 1000) / 10,
		kbps: Math.round((Math.max(0, now.bytes - before.bytes) * 8) / 1000 / seconds),
	};
}
