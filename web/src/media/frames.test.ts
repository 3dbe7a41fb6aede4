import { describe, expect, it } from "vitest";
import { reached } from "./frames";

describe("reached", () => {
	it.each([
		[100, 100, true],
		[101, 100, true],
		[99, 100, false],
		[5, 0xfffffff0, true], // over the wrap
		[0xfffffff0, 5, false],
		[0x80000063, 100, true], // less than half of the circle
		[0x80000065, 100, false],
	])("%i has reached %i: %s", (shown, wanted, expected) => {
		expect(reached(shown, wanted)).toBe(expected);
	});
});
