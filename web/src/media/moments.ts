// What a connection does from second to second, from the browser's counters (W3C Identifiers for WebRTC's Statistics API). Pure but for read.
import type { SlotKind } from "../signaling/protocol.gen";
import type { Connection } from "./connection";

/** Counters of one slot since it was made, and what it shows now. */
export interface SlotCounters {
	kind: SlotKind;
	slot: number;
	bytes: number;
	packets: number;
	lost: number;
	/** seconds */
	jitter: number;
	frames: number;
	/** Lines of the picture; 0 without one. */
	height: number;
	freezes: number;
}

export interface Moment {
	/** ms */
	at: number;
	sentBytes: number;
	receivedBytes: number;
	/** Round trip in ms; 0 while it is not known. */
	rtt: number;
	/** What the browser believes it could send, in kbit/s; 0 where it does not say. */
	sendable: number;
	/** How packets go: UDP, TCP, or relayed by TURN; empty while there is no path. */
	path: string;
	slots: SlotCounters[];
}

/** What one slot did between two moments. */
export interface SlotFigures {
	kind: SlotKind;
	slot: number;
	kbps: number;
	lossPercent: number;
	jitterMs: number;
	framesPerSecond: number;
	height: number;
	/** Since the slot was made. */
	freezes: number;
}

export interface Figures {
	sentKbps: number;
	receivedKbps: number;
	rttMs: number;
	sendableKbps: number;
	path: string;
	slots: SlotFigures[];
}

interface Stat {
	type: string;
	id: string;
	state?: string;
	nominated?: boolean;
	selectedCandidatePairId?: string;
	localCandidateId?: string;
	candidateType?: string;
	protocol?: string;
	relayProtocol?: string;
	trackIdentifier?: string;
	bytesSent?: number;
	bytesReceived?: number;
	packetsReceived?: number;
	packetsLost?: number;
	jitter?: number;
	framesDecoded?: number;
	frameHeight?: number;
	freezeCount?: number;
	currentRoundTripTime?: number;
	availableOutgoingBitrate?: number;
}

/** Reads the counters of a connection. */
export async function readMoment(connection: Connection): Promise<Moment> {
	const report = (await connection.pc.getStats()) as unknown as Map<string, Stat>;
	const tracks = new Map<string, { kind: SlotKind; slot: number }>();
	for (const kind of ["video", "audio"] as const) {
		for (const [slot, stream] of connection[kind].entries()) {
			for (const track of stream.getTracks()) tracks.set(track.id, { kind, slot });
		}
	}
	return momentOf(report, tracks, performance.now());
}

/** The counters of a report; tracks are the slots by the ids of their tracks. */
export function momentOf(report: Map<string, Stat>, tracks: Map<string, { kind: SlotKind; slot: number }>, at: number): Moment {
	const all = [...report.values()];
	const selected = all.find((s) => s.type === "transport")?.selectedCandidatePairId;
	const pair = all.find((s) => s.type === "candidate-pair" && (selected ? s.id === selected : s.nominated && s.state === "succeeded"));
	const local = pair && report.get(pair.localCandidateId ?? "");
	const moment: Moment = {
		at,
		sentBytes: 0,
		receivedBytes: 0,
		rtt: (pair?.currentRoundTripTime ?? 0) * 1000,
		sendable: (pair?.availableOutgoingBitrate ?? 0) / 1000,
		path: local ? pathOf(local) : "",
		slots: [],
	};
	for (const s of all) {
		if (s.type === "outbound-rtp") moment.sentBytes += s.bytesSent ?? 0;
		const slot = s.type === "inbound-rtp" ? tracks.get(s.trackIdentifier ?? "") : undefined;
		if (!slot) continue;
		moment.receivedBytes += s.bytesReceived ?? 0;
		moment.slots.push({
			...slot,
			bytes: s.bytesReceived ?? 0,
			packets: s.packetsReceived ?? 0,
			lost: s.packetsLost ?? 0,
			jitter: s.jitter ?? 0,
			frames: s.framesDecoded ?? 0,
			height: s.frameHeight ?? 0,
			freezes: s.freezeCount ?? 0,
		});
	}
	moment.slots.sort((a, b) => b.kind.localeCompare(a.kind) || a.slot - b.slot);
	return moment;
}

function pathOf({ candidateType, protocol = "", relayProtocol }: Stat): string {
	if (candidateType === "relay") return `TURN ${(relayProtocol ?? protocol).toUpperCase()}`;
	return protocol.toUpperCase();
}

/** The figures between two moments. Counters that begin anew count from 0. */
export function between(before: Moment, now: Moment): Figures {
	const seconds = Math.max(0.001, (now.at - before.at) / 1000);
	const grown = (was: number | undefined, is: number) => (was === undefined || is < was ? 0 : is - was);
	const kbps = (was: number | undefined, is: number) => Math.round((grown(was, is) * 8) / 1000 / seconds);
	return {
		sentKbps: kbps(before.sentBytes, now.sentBytes),
		receivedKbps: kbps(before.receivedBytes, now.receivedBytes),
		rttMs: Math.round(now.rtt),
		sendableKbps: Math.round(now.sendable),
		path: now.path,
		slots: now.slots.map((is) => {
			const was = before.slots.find((s) => s.kind === is.kind && s.slot === is.slot);
			const lost = grown(was?.lost, is.lost);
			const all = lost + grown(was?.packets, is.packets);
			return {
				kind: is.kind,
				slot: is.slot,
				kbps: kbps(was?.bytes, is.bytes),
				lossPercent: all > 0 ? Math.round((lost / all) * 1000) / 10 : 0,
				jitterMs: Math.round(is.jitter * 1000),
				framesPerSecond: Math.round(grown(was?.frames, is.frames) / seconds),
				height: is.height,
				freezes: is.freezes,
			};
		}),
	};
}
