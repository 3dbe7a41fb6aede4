import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Participant, ServerMessage, Slot } from "../signaling/protocol.gen";
import { type CallState, initialState, inOrder, mayBeHeard, reduce, soundOnly } from "./state";

const folder = join(import.meta.dirname, "../../../signaling/protocol/fixtures");
const fixture = (name: string) => JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as ServerMessage;

/** Applies messages in order. */
function stateAfter(...messages: ServerMessage[]): CallState {
	let state = initialState;
	for (const message of messages) state = { ...state, ...reduce(state, message, 0) };
	return state;
}

const person = (id: string, more: Partial<Participant> = {}): Participant => ({
	id,
	name: id,
	role: "site",
	protocol_order: 0,
	presence: "here",
	microphone: "live",
	camera: "live",
	screen: "off",
	...more,
});

describe("the state of a call", () => {
	it("takes every message that the server can send", () => {
		const sent = readdirSync(folder).map((file) => file.replace(".json", ""));
		const known = [
			"answer",
			"chat",
			"device_chosen",
			"devices",
			"diagnostics",
			"error",
			"floor_changed",
			"in_waiting_room",
			"link_changed",
			"links",
			"meeting_ended",
			"ok",
			"participant_changed",
			"participant_left",
			"pong",
			"procedure_changed",
			"restarting",
			"seat_moved",
			"slots",
			"speakers",
			"waiting_changed",
			"welcome",
		];
		expect(sent).toEqual(expect.arrayContaining(known));
		for (const name of known) expect(reduce(initialState, fixture(name), 0), name).toBeDefined();
	});

	it("knows why a meeting is over, or does not take place", () => {
		expect(reduce(initialState, { type: "meeting_ended", body: { cause: "ended" } }, 0)).toEqual({ phase: "over", ending: "ended" });
		expect(reduce(initialState, { type: "meeting_ended", body: { cause: "postponed" } }, 0)).toEqual({
			phase: "over",
			ending: "postponed",
		});
	});

	it("knows the meeting after the welcome", () => {
		const welcome = fixture("welcome");
		const state = stateAfter(welcome);
		if (welcome.type !== "welcome") throw new Error("not a welcome");
		expect(state.phase).toBe("connected");
		expect(state.participant).toBe(welcome.body.participant);
		expect(Object.keys(state.participants)).toHaveLength(welcome.body.participants.length);
		expect(state.clockOffset).toBe(Date.parse(welcome.body.server_time));
	});

	it("keeps slots that a message does not name, and drops them when media begin anew", () => {
		const slots = (...video: [number, string][]): ServerMessage => ({
			type: "slots",
			body: { slots: video.map(([slot, participant]) => ({ kind: "video", slot, state: "live", participant })), page: 1, pages: 3 },
		});
		const state = stateAfter(slots([0, "a"], [2, "b"]), slots([2, "c"]));
		expect([state.video[0]?.participant, state.video[1], state.video[2]?.participant, state.page, state.pages]).toEqual([
			"a",
			undefined,
			"c",
			1,
			3,
		]);
		const welcome = fixture("welcome");
		if (welcome.type !== "welcome") throw new Error("not a welcome");
		const anew = reduce(state, { ...welcome, body: { ...welcome.body, media_kept: false, slots: [] } }, 0);
		expect(anew.video).toEqual([]);
		const kept = reduce(state, { ...welcome, body: { ...welcome.body, media_kept: true, slots: [] } }, 0);
		expect(kept.video?.[0]?.participant).toBe("a");
	});

	it("follows who comes and goes", () => {
		const state = stateAfter(
			{ type: "participant_changed", body: { participant: person("a") } },
			{ type: "participant_changed", body: { participant: person("b") } },
			{ type: "participant_changed", body: { participant: person("a", { presence: "lost" }) } },
			{ type: "participant_left", body: { participant: "b" } },
		);
		expect(Object.keys(state.participants)).toEqual(["a"]);
		expect(state.participants.a?.presence).toBe("lost");
	});

	it("keeps the newest hundred messages", () => {
		const messages = Array.from(
			{ length: 105 },
			(_, i): ServerMessage => ({ type: "chat", body: { message: { from: "a", name: "a", text: String(i), at: "" } } }),
		);
		const { chat } = stateAfter(...messages);
		expect(chat).toHaveLength(100);
		expect(chat[0]?.text).toBe("5");
	});

	it("knows sound only by what is paused and what still comes", () => {
		const show = (...video: Partial<Slot>[]): CallState => ({
			...initialState,
			video: video.map((slot, i) => ({ kind: "video", slot: i, state: "unavailable", ...slot })),
		});
		expect(soundOnly(show())).toBe(false);
		expect(soundOnly(show({ reason: "no_camera" }, { state: "empty" }))).toBe(false);
		expect(soundOnly(show({ reason: "bandwidth" }, { reason: "no_camera" }))).toBe(true);
		expect(soundOnly(show({ reason: "bandwidth" }, { state: "live" }))).toBe(false);
	});

	it("says who is heard", () => {
		const state = (speaking: "open" | "floor", holder?: string): CallState => ({
			...initialState,
			meeting: { id: "m", subject: "", start: "", speaking },
			floor: { holder, queue: [] },
		});
		expect(mayBeHeard(state("open"), person("a"))).toBe(true);
		expect(mayBeHeard(state("open"), person("a", { role: "display" }))).toBe(false);
		expect(mayBeHeard(state("floor"), person("a"))).toBe(false);
		expect(mayBeHeard(state("floor", "a"), person("a"))).toBe(true);
		expect(mayBeHeard(state("floor"), person("a", { role: "chair" }))).toBe(true);
		expect(mayBeHeard(state("floor"), person("a", { role: "secretary" }))).toBe(false);
	});

	it("sorts by protocol order", () => {
		const all = { c: person("c", { protocol_order: 2 }), b: person("b", { protocol_order: 1 }), a: person("a", { protocol_order: 2 }) };
		expect(inOrder(all).map((p) => p.id)).toEqual(["b", "a", "c"]);
	});
});
