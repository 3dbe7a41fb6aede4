import { describe, expect, it } from "vitest";
import { figuresOf, nextCopies, type Sample, type TestFigures, verdictOf } from "./verdict";

const sample = (at: number, more: Partial<Sample> = {}): Sample => ({
	at,
	copies: 1,
	sentBytes: 0,
	sentPackets: 0,
	sentLost: 0,
	sendable: 0,
	receivedBytes: 0,
	receivedPackets: 0,
	receivedLost: 0,
	receivable: 0,
	rtt: 0,
	...more,
});

/** A link that carries so much each way, in kbit/s, sampled each 500 ms while copies double each second. */
function run(up: number, down: number): Sample[] {
	let [sentBytes, receivedBytes] = [0, 0];
	return Array.from({ length: 9 }, (_, i) => {
		const copies = 2 ** Math.floor(i / 2);
		if (i > 0) {
			sentBytes += up * 62.5;
			receivedBytes += Math.min(down, up * copies) * 62.5;
		}
		const counts = { sentBytes, receivedBytes, sentPackets: sentBytes / 1000, receivedPackets: receivedBytes / 1000 };
		return sample(i * 500, { copies, rtt: 40, ...counts });
	});
}

describe("a link test", () => {
	it("asks for twice as much while the link gives it", () => {
		const base = [sample(0), sample(2000, { receivedBytes: 100_000, receivedPackets: 100 })];
		expect(nextCopies(base)).toBe(2);
		expect(nextCopies([...base, sample(3000, { copies: 2, receivedBytes: 200_000, receivedPackets: 200 })])).toBe(4);
		expect(nextCopies([...base, sample(3000, { copies: 2, receivedBytes: 155_000, receivedPackets: 155 })])).toBeUndefined();
		expect(
			nextCopies([...base, sample(3000, { copies: 2, receivedBytes: 200_000, receivedPackets: 200, receivedLost: 6 })]),
		).toBeUndefined();
		expect(nextCopies([...base, sample(3000, { copies: 8, receivedBytes: 999_000, receivedPackets: 999 })])).toBeUndefined();
		expect(nextCopies([sample(0)])).toBeUndefined();
	});

	it("tells what a link carried each way", () => {
		expect(figuresOf(run(500, 1500), true)).toEqual({
			up: { kbps: 500, lossPercent: 0, atLeast: false },
			down: { kbps: 1500, lossPercent: 0, atLeast: false },
			rttMs: 40,
		});
		expect(figuresOf([], false)).toBeUndefined();
		expect(figuresOf([sample(0)], false)).toBeUndefined();
		expect(figuresOf([sample(0), sample(0)], false)?.down.kbps).toBe(0);
	});

	it("believes the estimates of both ends where they know of more", () => {
		const samples = run(500, 1500);
		const last = { ...(samples.at(-1) as Sample), sendable: 900, receivable: 4000 };
		const figures = figuresOf([...samples.slice(0, -1), last], false);
		expect([figures?.up.kbps, figures?.down.kbps, figures?.down.atLeast]).toEqual([900, 4000, true]);
	});

	it("counts loss of one picture down, and all of it up", () => {
		const samples = [
			sample(0),
			sample(1000, { receivedPackets: 90, receivedLost: 10, sentPackets: 100, sentLost: 1 }),
			sample(2000, { copies: 8, receivedPackets: 400, receivedLost: 400, sentPackets: 200, sentLost: 4 }),
		];
		const figures = figuresOf(samples, true);
		expect([figures?.down.lossPercent, figures?.up.lossPercent]).toEqual([10, 2]);
	});

	it("judges by the worse way, and up only who sends", () => {
		const figures = (up: number, down: number, upLoss = 0, downLoss = 0, rttMs = 30): TestFigures => ({
			up: { kbps: up, lossPercent: upLoss, atLeast: false },
			down: { kbps: down, lossPercent: downLoss, atLeast: false },
			rttMs,
		});
		expect(verdictOf(figures(1500, 4000), true)).toBe("good");
		expect(verdictOf(figures(1500, 4000, 0, 5), true)).toBe("fair");
		expect(verdictOf(figures(300, 4000), true)).toBe("fair");
		expect(verdictOf(figures(300, 4000), false)).toBe("good");
		expect(verdictOf(figures(100, 4000), true)).toBe("poor");
		expect(verdictOf(figures(1500, 256, 0, 5), true)).toBe("poor");
		expect(verdictOf(figures(1500, 4000, 0, 0, 700), true)).toBe("poor");
	});
});
