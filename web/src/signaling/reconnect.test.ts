import { describe, expect, it } from "vitest";
import { lookEvery, patience } from "../media/path";
import { type Effect, type LinkEvent, type LinkState, step } from "./reconnect";
import { opening, probing } from "./socket";

/** Runs events from idle and gives the last state with what was done on the way. */
function run(...events: LinkEvent[]): { state: LinkState; done: string[] } {
	let state: LinkState = { at: "idle" };
	const done: string[] = [];
	for (const event of events) {
		const next = step(state, event, 0.5);
		state = next.state;
		done.push(...next.effects.map(nameOf));
	}
	return { state, done };
}

function nameOf(e: Effect): string {
	switch (e.do) {
		case "connect":
			return `connect ${e.method}`;
		case "wait":
		case "await":
			return `${e.do} ${e.ms}`;
		case "end":
			return `end ${e.ending}`;
		default:
			return e.do;
	}
}

const start: LinkEvent = { type: "start" };
const welcome: LinkEvent = { type: "welcome", kept: true };
const anew: LinkEvent = { type: "welcome", kept: false };
const waited: LinkEvent = { type: "waited" };
const silent: LinkEvent = { type: "silent" };
const flowing: LinkEvent = { type: "flowing" };
const unmended: LinkEvent = { type: "unmended" };
const closed = (code = 1006): LinkEvent => ({ type: "closed", code });
const refused: LinkEvent = { type: "closed", code: 1006, answers: true };

describe("the reconnect table", () => {
	it("joins with a ticket", () => {
		expect(run(start, welcome)).toEqual({ state: { at: "open", repairs: 0 }, done: ["connect ticket"] });
	});

	it("resumes a lost seat at once, and takes a fresh ticket when that is refused twice", () => {
		const { done } = run(start, welcome, closed(), waited, refused, waited, refused, waited, closed(), waited, welcome);
		expect(done).toEqual([
			"connect ticket",
			"wait 200",
			"connect resume",
			"wait 200",
			"connect resume",
			"wait 400",
			"connect ticket",
			"wait 1200",
			"connect resume",
		]);
	});

	it("goes on resuming while the server cannot be reached: a ticket costs the media", () => {
		const { done } = run(
			start,
			welcome,
			closed(),
			...Array(7).fill([waited, closed()]).flat(),
			waited,
			refused,
			waited,
			closed(),
			waited,
			refused,
			waited,
		);
		expect(done.filter((d) => d.startsWith("connect"))).toEqual(["connect ticket", ...Array(10).fill("connect resume"), "connect ticket"]);
	});

	it("does not wait long for its ticket after a long break", () => {
		const broken = Array(9).fill([waited, closed()]).flat();
		const { done } = run(start, welcome, closed(), ...broken, waited, refused, waited, refused, waited, closed(), waited, refused, waited);
		expect(done.slice(-9)).toEqual([
			"connect resume",
			"wait 200",
			"connect resume",
			"wait 400",
			"connect ticket",
			"wait 5000",
			"connect resume",
			"wait 800",
			"connect ticket",
		]);
	});

	it("goes on resuming, without long waits, where nobody answers at all", () => {
		const silence: LinkEvent = { type: "closed", code: 1006, silent: true };
		const { done } = run(start, welcome, silence, ...Array(9).fill([waited, silence]).flat());
		expect(done.slice(1)).toEqual([...Array(9).fill(["wait 200", "connect resume"]).flat(), "wait 200"]);
		const both = run(start, welcome, closed(), waited, silence, waited, refused, waited, refused, waited);
		expect(both.done.filter((d) => d.startsWith("connect"))).toEqual([
			"connect ticket",
			"connect resume",
			"connect resume",
			"connect resume",
			"connect ticket",
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
		const wait = (random: number) => step({ at: "open", repairs: 0 }, closed(), random).effects[0];
		expect(wait(0)).toEqual({ do: "wait", ms: 150 });
		expect(wait(0.999)).toEqual({ do: "wait", ms: 250 });
	});

	it("waits for a server that restarts for as long as it says, and spreads all its clients over as long again", () => {
		for (const seat of [welcome, { type: "held" } as LinkEvent]) {
			const { state } = run(start, seat, { type: "restarting", ms: 3000 }, flowing);
			const wait = (random: number) => step(state, closed(1012), random).effects;
			expect(wait(0)).toEqual([{ do: "wait", ms: 3000 }]);
			expect(wait(0.999)).toEqual([{ do: "wait", ms: 5997 }]);
		}
		// The next server has said nothing of the kind.
		const { done } = run(start, welcome, { type: "restarting", ms: 3000 }, closed(1012), waited, closed(), waited, welcome, closed());
		expect(done.filter((d) => d.startsWith("wait"))).toEqual(["wait 4500", "wait 400", "wait 200"]);
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

describe("the mending of the media path", () => {
	const open: LinkEvent[] = [start, welcome, flowing];
	const mending = (events: LinkEvent[]) => run(...open, ...events).done.slice(1);

	it("does nothing while media flow", () => {
		expect(run(...open, flowing, flowing, unmended)).toEqual({ state: { at: "open", repairs: 0 }, done: ["connect ticket"] });
	});

	it("restarts ICE at once, and asks whether the socket lives", () => {
		expect(mending([silent])).toEqual(["restart", "await 3000", "probe"]);
	});

	it("does one thing at a time", () => {
		expect(mending([silent, silent, silent])).toEqual(["restart", "await 3000", "probe"]);
	});

	it("goes from ICE restarts to a resume and then to a rejoin, with a longer patience each time, and begins again", () => {
		expect(mending([silent, unmended, unmended, unmended, welcome, unmended, anew, unmended])).toEqual([
			"restart",
			"await 3000",
			"probe",
			"restart",
			"await 4000",
			"restart",
			"await 6000",
			"connect resume",
			"restart",
			"await 8000",
			"connect ticket",
			"await 12000",
			"restart",
			"await 3000",
		]);
	});

	it("begins anew after each break", () => {
		expect(mending([silent, unmended, flowing, silent]).slice(-3)).toEqual(["restart", "await 3000", "probe"]);
	});

	it("resumes at once where the server has given the media up", () => {
		expect(mending([silent, { type: "abandoned" }, anew, unmended])).toEqual([
			"restart",
			"await 3000",
			"probe",
			"connect resume",
			"await 8000",
			"connect ticket",
		]);
	});

	it("restarts ICE after a break of both, unless media flow already or begin anew", () => {
		expect(mending([silent, closed(), waited, welcome]).slice(-3)).toEqual(["connect resume", "restart", "await 3000"]);
		expect(mending([silent, closed(), waited, flowing, welcome]).at(-1)).toBe("connect resume");
		expect(mending([silent, closed(), waited, anew]).slice(-2)).toEqual(["connect resume", "await 3000"]);
	});

	it("leaves the media alone where only the socket broke", () => {
		expect(mending([closed(), waited, welcome])).toEqual(["wait 200", "connect resume"]);
	});

	it("cares for the socket first while there is none", () => {
		expect(mending([closed(), silent, unmended, { type: "abandoned" }])).toEqual(["wait 200"]);
	});

	it("moves to another network without waiting", () => {
		const moved: LinkEvent = { type: "moved" };
		expect(mending([moved])).toEqual(["restart", "await 3000", "probe"]);
		expect(mending([moved, flowing, unmended])).toEqual(["restart", "await 3000", "probe"]);
		expect(mending([closed(), moved])).toEqual(["wait 200", "connect resume"]);
		expect(mending([closed(), waited, moved])).toEqual(["wait 200", "connect resume", "connect resume"]);
		expect(run(moved).done).toEqual([]);
	});

	it("does nothing for the media of a call that is over or waits", () => {
		for (const before of [{ type: "held" }, { type: "leave" }] as LinkEvent[]) {
			const { done } = run(start, before);
			expect(run(start, before, silent, unmended, flowing, { type: "moved" }, { type: "abandoned" }).done).toEqual(done);
		}
	});
});

describe("a link that is cut, in virtual time", () => {
	/** ms after which TCP sends the first packet of a connection again (RFC 6298), as long as the page waits for it. */
	const again = [0, 1000, 3000];

	/** What is done from the cut at 0 on, by its time in ms, until the media path is restarted on a link that has been back since then. */
	function breakFor(back: number, noticed: number, random: number): { at: number; does: string }[] {
		const done: { at: number; does: string }[] = [];
		let state: LinkState = { at: "open", repairs: 0 };
		let events: { at: number; event: LinkEvent }[] = [{ at: noticed, event: silent }];
		const soon = (at: number, event: LinkEvent) => events.push({ at, event });
		for (;;) {
			events.sort((a, b) => a.at - b.at);
			const next = events.shift();
			if (!next || next.at >= back + 60_000) return done;
			const { at, event } = next;
			const stepped = step(state, event, random);
			state = stepped.state;
			for (const effect of stepped.effects) {
				done.push({ at, does: effect.do });
				if (effect.do === "restart" && at >= back) return done;
				if (effect.do === "probe" && at < back) soon(at + probing, { type: "closed", code: 1006, silent: true });
				if (effect.do === "await") {
					events = events.filter((e) => e.event !== unmended); // there is one patience
					soon(at + effect.ms, unmended);
				}
				if (effect.do === "wait") soon(at + effect.ms, waited);
				if (effect.do === "connect") {
					const arrives = again.map((ms) => at + ms).find((sent) => sent >= back);
					if (arrives !== undefined) soon(arrives, welcome);
					else soon(at + opening, { type: "closed", code: 1006, silent: true });
				}
			}
		}
	}

	// The browser tells at once, or the path is looked at just before it has been silent for long enough.
	const earliest = 0;
	const latest = patience.mending + lookEvery;
	const cases = [earliest, patience.mending, latest].flatMap((noticed) => [0, 0.5, 0.999].map((random) => [noticed, random] as const));

	it.each(cases)("for 10 s has its media path restarted within 3 s after it is back (noticed after %i ms, %f)", (noticed, random) => {
		const last = breakFor(10_000, noticed, random).at(-1);
		expect(last?.does).toBe("restart");
		expect(last?.at).toBeLessThanOrEqual(13_000);
	});

	it.each(cases)("for 40 s is tried again every few seconds (noticed after %i ms, %f)", (noticed, random) => {
		const done = breakFor(40_000, noticed, random);
		expect(done.at(-1)?.does).toBe("restart");
		for (const [i, { at }] of done.slice(1).entries()) expect(at - done[i].at).toBeLessThanOrEqual(opening + 250);
	});

	it("for 3 s has nothing done where the browser says nothing", () => {
		expect(patience.mending).toBeGreaterThan(3000);
	});

	it("tries the relay within 5 s where nothing comes through from the first", () => {
		// At the first step, with the relays that the welcome named; two of the five seconds are left for its round trips.
		expect(run(start, anew, silent).done[1]).toBe("restart");
		expect(patience.beginning + lookEvery).toBeLessThanOrEqual(3000);
	});
});
