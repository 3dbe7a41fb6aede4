import { expect, it } from "vitest";
import { faultOf } from "./devices";

it.each([
	["NotAllowedError", "blocked"],
	["SecurityError", "blocked"],
	["NotFoundError", "none"],
	["OverconstrainedError", "none"],
	["NotReadableError", "busy"],
	["AbortError", "busy"],
	["TypeError", "failed"],
])("%s is shown as %s", (name, fault) => {
	expect(faultOf(Object.assign(new Error("x"), { name }))).toBe(fault);
});
