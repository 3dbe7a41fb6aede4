import { describe, expect, it } from "vitest";
import { viewOf } from "./view";

describe("the view", () => {
	it("gives each slot its purpose", () => {
		expect(viewOf(5, {}, 2)).toEqual({
			page: 2,
			slots: [
				{ slot: 0, show: "programme", height: 180 },
				{ slot: 1, show: "content", height: 180 },
				{ slot: 2, show: "chair", height: 180 },
				{ slot: 3, show: "mosaic", height: 180 },
				{ slot: 4, show: "mosaic", height: 180 },
			],
		});
	});

	it("asks for heights in steps and within bounds", () => {
		const heights = viewOf(4, { 0: 701, 1: 0, 2: 90.4, 3: 99_999 }, 0).slots.map((s) => s.height);
		expect(heights).toEqual([720, 90, 180, 2160]);
	});
});
