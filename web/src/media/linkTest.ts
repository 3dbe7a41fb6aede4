// The link test before joining: publishes a picture to the server on one connection and receives it, in more and more copies, on another.
import { beginLinkTest, endLinkTest, loadLinkTest, Problem } from "../signaling/rest";
import { decodable } from "./codecs";
import { prefer } from "./connection";
import { TestPicture } from "./testPicture";
import { figuresOf, mostCopies, nextCopies, type Sample, type TestFigures, testedUp } from "./verdict";

export { verdictOf } from "./verdict";

/** ms between two samples, for one picture, and for each step after it. */
const [every, base, step] = [250, 2000, 1200];
/** ms within which both connections must be up. */
const patience = 5000;

/** Media do not get through. */
export class Blocked extends Error {}

export interface LinkResult {
	figures: TestFigures;
	/** Media get through by way of the server's relay alone. */
	relayed: boolean;
}

/**
 * Tests the link of an invitation, and through the server's relay where nothing else gets through, as a meeting does. It throws Blocked, a
 * Problem of the server, or what aborted it.
 */
export async function testLink(invitation: string, signal: AbortSignal): Promise<LinkResult> {
	let relays: RTCIceServer[] = [];
	let blocked: Blocked;
	try {
		const figures = await attempt(invitation, {}, signal, (servers) => {
			relays = servers;
		});
		return { figures, relayed: false };
	} catch (error) {
		if (!(error instanceof Blocked) || relays.length === 0) throw error;
		blocked = error;
	}
	try {
		return { figures: await attempt(invitation, { iceServers: relays, iceTransportPolicy: "relay" }, signal), relayed: true };
	} catch (error) {
		// What is known of the link is more to whoever asks than that a second look has to wait.
		throw error instanceof Problem && error.code === "rate_limited" ? blocked : error;
	}
}

async function attempt(
	invitation: string,
	configuration: RTCConfiguration,
	signal: AbortSignal,
	learn?: (relays: RTCIceServer[]) => void,
): Promise<TestFigures> {
	const picture = new TestPicture();
	const up = new RTCPeerConnection({ ...configuration, bundlePolicy: "max-bundle" });
	const down = new RTCPeerConnection({ ...configuration, bundlePolicy: "max-bundle" });
	let id: string | undefined;
	try {
		const camera = up.addTransceiver(picture.video, { direction: "sendonly", sendEncodings: [{ maxBitrate: testedUp * 1000 }] });
		prefer(camera, "send", (c) => c.mimeType === "video/VP8");
		up.addTransceiver(picture.audio, { direction: "sendonly" });
		for (let i = 0; i < mostCopies; i++) prefer(down.addTransceiver("video", { direction: "recvonly" }), "receive", decodable);
		down.addTransceiver("audio", { direction: "recvonly" });
		const [publish, receive] = await Promise.all([offerOf(up), offerOf(down)]);
		const answers = await beginLinkTest(invitation, { publish, receive }, signal);
		id = answers.id;
		learn?.(answers.ice_servers);
		await Promise.all([
			up.setRemoteDescription({ type: "answer", sdp: answers.publish }),
			down.setRemoteDescription({ type: "answer", sdp: answers.receive }),
		]);
		await Promise.all([connected(up, signal), connected(down, signal)]);
		return await measure(up, down, (copies) => loadLinkTest(invitation, answers.id, copies, signal), signal);
	} finally {
		picture.stop();
		up.close();
		down.close();
		// One that is not ended ends by itself.
		if (id) void endLinkTest(invitation, id).catch(() => undefined);
	}
}

async function offerOf(pc: RTCPeerConnection): Promise<string> {
	await pc.setLocalDescription();
	return pc.localDescription?.sdp ?? "";
}

async function measure(
	up: RTCPeerConnection,
	down: RTCPeerConnection,
	load: (copies: number) => Promise<number>,
	signal: AbortSignal,
): Promise<TestFigures> {
	let copies = 1;
	let receivable = 0;
	const sample = async () => ({ ...(await read(up, down)), copies, receivable });
	const samples: Sample[] = [await sample()];
	const steps: Sample[] = [...samples];
	let full = false;
	while (!full) {
		const end = performance.now() + (copies === 1 ? base : step);
		while (performance.now() < end) {
			await pause(every, signal);
			samples.push(await sample());
		}
		steps.push(samples.at(-1) as Sample);
		const next = nextCopies(steps);
		if (next === undefined) {
			full = copies < mostCopies;
			break;
		}
		receivable = await load(next);
		copies = next;
	}
	const figures = figuresOf(samples, full);
	if (!figures || samples.at(-1)?.receivedPackets === 0) throw new Blocked();
	return figures;
}

interface Stat {
	type: string;
	bytesSent?: number;
	packetsSent?: number;
	bytesReceived?: number;
	packetsReceived?: number;
	packetsLost?: number;
	roundTripTime?: number;
	currentRoundTripTime?: number;
	availableOutgoingBitrate?: number;
}

async function read(up: RTCPeerConnection, down: RTCPeerConnection): Promise<Omit<Sample, "copies" | "receivable">> {
	const s = {
		at: 0,
		sentBytes: 0,
		sentPackets: 0,
		sentLost: 0,
		sendable: 0,
		receivedBytes: 0,
		receivedPackets: 0,
		receivedLost: 0,
		rtt: 0,
	};
	const [sending, receiving] = (await Promise.all([up.getStats(), down.getStats()])) as unknown as Map<string, Stat>[];
	s.at = performance.now();
	for (const stat of sending?.values() ?? []) {
		if (stat.type === "outbound-rtp") {
			s.sentBytes += stat.bytesSent ?? 0;
			s.sentPackets += stat.packetsSent ?? 0;
		} else if (stat.type === "remote-inbound-rtp") {
			s.sentLost += Math.max(0, stat.packetsLost ?? 0);
			s.rtt = Math.max(s.rtt, (stat.roundTripTime ?? 0) * 1000);
		} else if (stat.type === "candidate-pair") {
			s.sendable = Math.max(s.sendable, (stat.availableOutgoingBitrate ?? 0) / 1000);
		}
	}
	for (const stat of receiving?.values() ?? []) {
		if (stat.type === "inbound-rtp") {
			s.receivedBytes += stat.bytesReceived ?? 0;
			s.receivedPackets += stat.packetsReceived ?? 0;
			s.receivedLost += Math.max(0, stat.packetsLost ?? 0);
		} else if (stat.type === "candidate-pair") {
			s.rtt = Math.max(s.rtt, (stat.currentRoundTripTime ?? 0) * 1000);
		}
	}
	return s;
}

function connected(pc: RTCPeerConnection, signal: AbortSignal): Promise<void> {
	return new Promise((done, fail) => {
		const look = () => {
			if (pc.connectionState === "connected") done();
			else if (pc.connectionState === "failed") fail(new Blocked());
		};
		pc.addEventListener("connectionstatechange", look);
		look();
		pause(patience, signal).then(() => fail(new Blocked()), fail);
	});
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
	return new Promise((done, fail) => {
		signal.throwIfAborted();
		const abort = () => {
			clearTimeout(timer);
			fail(signal.reason);
		};
		const timer = setTimeout(() => {
			signal.removeEventListener("abort", abort);
			done();
		}, ms);
		signal.addEventListener("abort", abort, { once: true });
	});
}
