import { expect, it } from "vitest";
import { between, type Moment, momentOf } from "./moments";

const tracks = new Map([
	["v1", { kind: "video" as const, slot: 1 }],
	["a0", { kind: "audio" as const, slot: 0 }],
]);

function report(seconds: number, relayed = false): Moment {
	const stats = [
		{ type: "transport", id: "t", selectedCandidatePairId: "p2" },
		{ type: "candidate-pair", id: "p1", currentRoundTripTime: 9 },
		{ type: "candidate-pair", id: "p2", localCandidateId: "c", currentRoundTripTime: 0.184, availableOutgoingBitrate: 640_000 },
		{
			type: "local-candidate",
			id: "c",
			protocol: "udp",
			...(relayed ? { candidateType: "relay", relayProtocol: "tls" } : { candidateType: "host" }),
		},
		{ type: "outbound-rtp", id: "o", bytesSent: 50_000 * seconds },
		{ type: "inbound-rtp", id: "a", trackIdentifier: "a0", bytesReceived: 4000 * seconds, packetsReceived: 50 * seconds },
		{
			type: "inbound-rtp",
			id: "v",
			trackIdentifier: "v1",
			bytesReceived: 100_000 * seconds,
			packetsReceived: 90 * seconds,
			packetsLost: 10 * seconds,
			jitter: 0.012,
			framesDecoded: 25 * seconds,
			frameHeight: 360,
			freezeCount: 2,
		},
		{ type: "inbound-rtp", id: "probe", bytesReceived: 10 ** 9 },
	];
	return momentOf(new Map(stats.map((s) => [s.id, s])), tracks, seconds * 1000);
}

it("tells what each slot and the whole did between two moments", () => {
	const figures = between(report(3), report(5));
	expect(figures).toMatchObject({ sentKbps: 400, receivedKbps: 832, rttMs: 184, sendableKbps: 640, path: "UDP" });
	expect(figures.slots).toEqual([
		{ kind: "video", slot: 1, kbps: 800, lossPercent: 10, jitterMs: 12, framesPerSecond: 25, height: 360, freezes: 2 },
		{ kind: "audio", slot: 0, kbps: 32, lossPercent: 0, jitterMs: 0, framesPerSecond: 0, height: 0, freezes: 0 },
	]);
});

it("names a relayed path, and survives counters that begin anew", () => {
	expect(report(1, true).path).toBe("TURN TLS");
	const figures = between(report(9), report(1));
	expect([figures.receivedKbps, figures.slots[0]?.kbps, figures.slots[0]?.lossPercent]).toEqual([0, 0, 0]);
	expect(momentOf(new Map(), tracks, 0)).toMatchObject({ path: "", slots: [] });
});
