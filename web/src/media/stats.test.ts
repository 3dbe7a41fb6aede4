import { expect, it } from "vitest";
import { type Counters, figuresOf } from "./stats";

const counters = (more: Partial<Counters>): Counters => ({ at: 0, received: 0, lost: 0, bytes: 0, sentLoss: 0, rtt: 0, ...more });

it("takes the worse of the two directions", () => {
	const before = counters({ received: 1000, lost: 10 });
	const now = counters({ at: 4000, received: 1190, lost: 20, bytes: 500_000, sentLoss: 0.02, rtt: 0.0314 });
	expect(figuresOf(before, now)).toEqual({ rttMs: 31, lossPercent: 5, kbps: 1000 });
	expect(figuresOf(before, { ...now, sentLoss: 0.081 })?.lossPercent).toBe(8.1);
});

it("has nothing to say without time or packets, and survives counters that begin anew", () => {
	expect(figuresOf(counters({}), counters({}))).toBeUndefined();
	expect(figuresOf(counters({ received: 50, lost: 9, bytes: 99 }), counters({ at: 1000 }))).toEqual({ rttMs: 0, lossPercent: 0, kbps: 0 });
});
