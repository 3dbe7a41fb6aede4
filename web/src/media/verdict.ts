// What a link test says of a link. Pure: samples in, figures and a verdict out.

/** Counters of both connections of a test at one moment, since its beginning. */
export interface Sample {
	/** ms */
	at: number;
	/** Slots that were asked to show the picture. */
	copies: number;
	sentBytes: number;
	sentPackets: number;
	/** Packets that the server missed. */
	sentLost: number;
	/** What the browser believes it could send, in kbit/s; 0 where it does not say. */
	sendable: number;
	receivedBytes: number;
	receivedPackets: number;
	receivedLost: number;
	/** What the server believes could be received, in kbit/s; 0 while it does not know. */
	receivable: number;
	/** Round trip in ms; 0 while it is not known. */
	rtt: number;
}

export interface Way {
	kbps: number;
	lossPercent: number;
	/** More was not tried. */
	atLeast: boolean;
}

export interface TestFigures {
	up: Way;
	down: Way;
	rttMs: number;
}

export type Verdict = "good" | "fair" | "poor";

/** What the picture of a test is sent with at most, in kbit/s. */
export const testedUp = 1500;
/** Copies of the picture that a test may receive. */
export const mostCopies = 8;
/** Packets lost in one step, in percent, after which more is not tried. */
const spoiltLoss = 5;
/** How much more must come after twice as much was asked for. */
const growth = 1.3;

/** What a link must have, by the verdict: kbit/s down and up, loss in percent and round trip in ms. A camera in three layers and one
 * that is seen need what is good; a small picture each way what is fair; the voice alone gets along with less. */
const needs = {
	good: { down: 1500, up: 700, loss: 3, rtt: 300 },
	fair: { down: 400, up: 200, loss: 8, rtt: 600 },
};

function kbps(bytes: number, ms: number): number {
	return ms > 0 ? Math.max(0, bytes * 8) / ms : 0;
}

function percent(lost: number, arrived: number): number {
	const all = Math.max(0, lost) + Math.max(0, arrived);
	return all > 0 ? Math.round((Math.max(0, lost) / all) * 1000) / 10 : 0;
}

/** The highest rate over a second, in kbit/s. */
function peak(samples: Sample[], bytes: (s: Sample) => number): number {
	let best = 0;
	for (const [i, from] of samples.entries()) {
		const to = samples.slice(i + 1).find((s) => s.at - from.at >= 900);
		if (to) best = Math.max(best, kbps(bytes(to) - bytes(from), to.at - from.at));
	}
	return Math.round(best);
}

/** How many copies to ask for after a step, or undefined where the link gives no more. The steps are the samples at their beginnings and now. */
export function nextCopies(steps: Sample[]): number | undefined {
	const [before, from, to] = [steps.at(-3), steps.at(-2), steps.at(-1)];
	if (!from || !to || to.copies >= mostCopies) return undefined;
	if (percent(to.receivedLost - from.receivedLost, to.receivedPackets - from.receivedPackets) >= spoiltLoss) return undefined;
	if (before) {
		const was = kbps(from.receivedBytes - before.receivedBytes, from.at - before.at);
		const is = kbps(to.receivedBytes - from.receivedBytes, to.at - from.at);
		if (is < was * growth) return undefined;
	}
	return to.copies * 2;
}

/** The figures of a test; undefined without two samples. full tells that the link gave no more at its end. */
export function figuresOf(samples: Sample[], full: boolean): TestFigures | undefined {
	const [first, last] = [samples[0], samples.at(-1)];
	if (!first || !last || last === first) return undefined;
	// Loss by one picture alone: that of more is the test's own doing.
	const single = samples.findLast((s) => s.copies === 1) ?? last;
	const upLoss = percent(last.sentLost - first.sentLost, last.sentPackets - first.sentPackets - (last.sentLost - first.sentLost));
	const sent = Math.round(peak(samples, (s) => s.sentBytes) * (1 - upLoss / 100));
	const received = peak(samples, (s) => s.receivedBytes);
	const trips = samples.map((s) => s.rtt).filter((rtt) => rtt > 0);
	return {
		up: { kbps: Math.max(sent, Math.round(last.sendable)), lossPercent: upLoss, atLeast: sent >= testedUp * 0.85 },
		down: {
			kbps: Math.max(received, Math.round(last.receivable)),
			lossPercent: percent(single.receivedLost - first.receivedLost, single.receivedPackets - first.receivedPackets),
			atLeast: !full,
		},
		rttMs: Math.round(trips.sort((a, b) => a - b)[trips.length >> 1] ?? 0),
	};
}

/** The verdict for who sends too, or only receives. */
export function verdictOf({ up, down, rttMs }: TestFigures, sends: boolean): Verdict {
	const meets = (need: (typeof needs)["good"]) =>
		rttMs <= need.rtt &&
		down.kbps >= need.down &&
		down.lossPercent <= need.loss &&
		(!sends || (up.kbps >= need.up && up.lossPercent <= need.loss));
	return meets(needs.good) ? "good" : meets(needs.fair) ? "fair" : "poor";
}
