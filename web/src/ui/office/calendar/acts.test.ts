import { describe, expect, it } from "vitest";
import type { State } from "../../../office/meetings";
import { actsOf, fillOf, isEditable, isMovable } from "./acts";

describe("what can be done", () => {
	it("is what the server says, what leads on first", () => {
		const actions = ["change", "cancel", "reschedule", "issue", "postpone", "open"];
		expect(actsOf({ actions })).toEqual(["issue", "reschedule", "postpone", "cancel"]);
		expect([isEditable({ actions }), isEditable({ actions: ["submit"] }), actsOf({ actions: [] })]).toEqual([true, false, []]);
	});

	it.each<[State, string[], boolean]>([
		["draft", ["change"], true],
		["returned", ["change"], true],
		["draft", ["submit"], false],
		["issued", ["change", "reschedule"], true],
		["issued", ["change"], false],
		["postponed", ["reschedule"], true],
		["submitted", ["approve"], false],
	])("a meeting in state %s with %j can be moved: %s", (state, actions, movable) => expect(isMovable({ state, actions })).toBe(movable));

	it("is drawn by state; what does not take place is not", () => {
		const all: State[] = ["draft", "submitted", "returned", "approved", "issued", "held", "concluded", "postponed", "cancelled"];
		expect(all.map(fillOf)).toEqual(["waiting", "waiting", "waiting", "approved", "issued", "issued", "issued", undefined, undefined]);
	});
});
