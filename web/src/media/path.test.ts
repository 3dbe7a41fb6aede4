import { describe, expect, it } from "vitest";
import { judge, patience } from "./path";

describe("the judgement of a path", () => {
	const [early, late] = [1000 + patience.mending - 1, 1000 + patience.mending];
	it.each([
		["grows", 10, 11, "connected", late, "flowing"],
		["grows though the browser has given it up", 10, 11, "disconnected", late, "flowing"],
		["is still for a moment", 10, 10, "connected", early, undefined],
		["is still for long", 10, 10, "connected", late, "silent"],
		["is still, and the browser knows", 10, 10, "disconnected", early, "silent"],
		["cannot be had any more", 10, 10, "failed", early, "silent"],
		["waits for the server's answer", 0, 0, "new", late, undefined],
		["begins", 0, 0, "checking", 999 + patience.beginning, undefined],
		["does not begin", 0, 0, "checking", 1000 + patience.beginning, "silent"],
		["is not counted, and lives", 0, undefined, "connected", late, "flowing"],
		["is not counted, and is broken", 1, undefined, "disconnected", early, "silent"],
		["is not counted, and begins", 0, undefined, "new", late, undefined],
	] as const)("that %s", (_, before, count, state, now, news) => {
		expect(judge({ count: before, at: 1000, begun: before > 0 }, count, state, now).news).toBe(news);
	});

	it("remembers when it was last alive", () => {
		const first = judge({ count: 0, at: 0, begun: false }, 3, "connected", 500).pulse;
		expect(first).toEqual({ count: 3, at: 500, begun: true });
		expect(judge(first, 3, "connected", 1500).pulse).toEqual(first);
	});

	it("is patient with a beginning from the server's answer on", () => {
		const { pulse } = judge({ count: 0, at: 0, begun: false }, 0, "new", 9000);
		expect(judge(pulse, 0, "checking", 8999 + patience.beginning).news).toBeUndefined();
		expect(judge(pulse, 0, "checking", 9000 + patience.beginning).news).toBe("silent");
	});

	it("counts from the new pair after an ICE restart has dropped the old one", () => {
		const dropped = judge({ count: 10, at: 1000, begun: true }, 0, "checking", 2000);
		expect(dropped).toEqual({ pulse: { count: 0, at: 1000, begun: true }, news: undefined });
		expect(judge(dropped.pulse, 1, "connected", 3000).news).toBe("flowing");
	});
});
