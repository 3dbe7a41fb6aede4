import { describe, expect, it } from "vitest";
import { type Choice, gridOf, layoutOf, pageOf } from "./layout";

describe("the layout", () => {
	it.each([
		// stage, choice, content, main, speaker, strip
		["programme", "follow", false, "programme", false, true],
		["programme", "follow", true, "content", true, true],
		["content", "follow", true, "content", true, false],
		["content", "follow", false, "programme", false, true],
		["mosaic", "follow", true, "mosaic", true, false],
		["participant", "follow", true, "programme", false, true],
		["mosaic", "programme", true, "programme", false, true],
		["programme", "content", true, "content", true, false],
		["programme", "content", false, "programme", false, true],
		["programme", "mosaic", false, "mosaic", true, false],
	] as const)("%s for who wants %s, with content %s", (show, choice, content, main, speaker, strip) => {
		expect(layoutOf({ show }, choice as Choice, content)).toEqual({ main, speaker, strip });
	});

	it("shows no content twice", () => {
		expect(layoutOf({ show: "programme" }, "follow", true, true).main).toBe("programme");
		expect(layoutOf({ show: "content" }, "follow", true, true).main).toBe("programme");
	});
});

describe("the pages of the mosaic", () => {
	it("turn by the server's clock", () => {
		expect([0, 19_999, 20_000, 40_000, 60_000].map((now) => pageOf({ show: "mosaic" }, 3, now))).toEqual([0, 0, 1, 2, 0]);
		expect(pageOf({ show: "mosaic" }, 0, 50_000)).toBe(0);
	});

	it("stand where the chair has chosen one", () => {
		expect(pageOf({ show: "mosaic", page: 2 }, 3, 0)).toBe(1);
		expect(pageOf({ show: "mosaic", page: 9 }, 3, 0)).toBe(2);
	});
});

it.each([
	[1, 1, 1],
	[2, 2, 1],
	[4, 2, 2],
	[10, 4, 3],
	[25, 5, 5],
	[49, 7, 7],
	[0, 1, 1],
])("%d tiles stand in %d columns and %d rows", (tiles, columns, rows) => {
	expect(gridOf(tiles)).toEqual({ columns, rows });
});
