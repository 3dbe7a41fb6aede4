import { describe, expect, it } from "vitest";
import { viewOf } from "./view";

describe("the view", () => {
	it("gives each slot its purpose before anything is measured", () => {
		expect(viewOf(5, undefined, 2)).toEqual({
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

	it("asks for heights in steps and within bounds, and for nothing that is not visible", () => {
		const { slots } = viewOf(5, { 0: 701, 1: 0, 2: 90.4, 3: 99_999 }, 0);
		expect(slots.map((s) => s.height)).toEqual([720, 0, 180, 2160, 0]);
		expect(slots.map((s) => s.show)).toEqual(["programme", "nothing", "chair", "mosaic", "nothing"]);
	});
});
