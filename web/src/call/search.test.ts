import { expect, it } from "vitest";
import { matches } from "./search";

it.each([
	["Huyện Cẩm Hà", "cam ha", true],
	["Huyện Cẩm Hà", "HÀ cẩm", true],
	["Thị xã Đông Lĩnh", "dong", true],
	["Thị xã Đông Lĩnh", "đông", true],
	["Thị xã Đông Lĩnh", "ông", false],
	["Sở Y tế", "", true],
	["Sở Y tế", "  y ", true],
	["Sở Y tế", "so x", false],
])("%s is found by %s: %s", (text, query, expected) => {
	expect(matches(text, query)).toBe(expected);
});
