import { describe, expect, it } from "vitest";
import { type LinkEvent, type LinkState, step } from "./reconnect";

/** Runs events from idle and gives the last state with what was done on the way. */
function run(...events: LinkEvent[]): { state: LinkState; done: string[] } {
	let state: LinkState = { at: "idle" };
	const done: string[] = [];
	for (const event of events) {
		const next = step(state, event, 0.5);
		state = next.state;
		for (const e of next.effects)
			done.push(e.do === "connect" ? `connect ${e.method}` : e.do === "wait" ? `wait ${e.ms}` : `end ${e.ending}`);
	}
	return { state, done };
}

const start: LinkEvent = { type: "start" };
const welcome: LinkEvent = { type: "welcome" };
const waited: LinkEvent = { type: "waited" };
const closed = (code = 1006): LinkEvent => ({ type: "closed", code });

describe("the reconnect table", () => {
	it("joins with a ticket", () => {
		expect(run(start, welcome)).toEqual({ state: { at: "open" }, done: ["connect ticket"] });
	});

	it("resumes a lost seat at once, and takes a fresh ticket when that fails twice", () => {
		const { done } = run(start, welcome, closed(), waited, closed(), waited, closed(), waited, closed(), waited, welcome);
		expect(done).toEqual([
			"connect ticket",
			"wait 200",
			"connect resume",
			"wait 400",
			"connect resume",
			"wait 800",
			"connect ticket",
			"wait 1200",
			"connect resume",
		]);
	});

	it("begins to count anew after each welcome", () => {
		const { done } = run(start, welcome, closed(), waited, welcome, closed());
		expect(done.at(-1)).toBe("wait 200");
	});

	it("never resumes what it never had", () => {
		const { done } = run(start, closed(), waited, closed(), waited, closed(), waited);
		expect(done.filter((d) => d.startsWith("connect"))).toEqual(Array(4).fill("connect ticket"));
	});

	it("tries every few seconds for as long as it takes", () => {
		const events: LinkEvent[] = [start, welcome];
		for (let i = 0; i < 50; i++) events.push(closed(), waited);
		expect(run(...events).done.at(-2)).toBe("wait 5000");
	});

	it("spreads those who come back", () => {
		const wait = (random: number) => step({ at: "open" }, closed(), random).effects[0];
		expect(wait(0)).toEqual({ do: "wait", ms: 150 });
		expect(wait(0.999)).toEqual({ do: "wait", ms: 250 });
	});

	it.each([
		[4001, "moved"],
		[4002, "ended"],
		[4003, "removed"],
	])("ends with %i: %s", (code, ending) => {
		expect(run(start, welcome, closed(code)).done.at(-1)).toBe(`end ${ending}`);
	});

	it("comes back after 1012, 1008 and 4004", () => {
		for (const code of [1012, 1008, 4004]) expect(run(start, welcome, closed(code)).state.at).toBe("waiting");
	});

	it("stays over", () => {
		expect(run(start, welcome, { type: "leave" }, closed(), waited, welcome, start)).toEqual({
			state: { at: "over", ending: "left" },
			done: ["connect ticket", "end left"],
		});
		expect(run(start, { type: "refused" }, waited).state).toEqual({ at: "over", ending: "refused" });
	});
});
