import { expect, it } from "vitest";
import { suggestId, validity } from "./kinds";

it("suggests ids that say what they name", () => {
	expect(suggestId("Sở Y tế")).toBe("so-y-te");
	expect(suggestId("Huyện Đông Lĩnh")).toBe("huyen-dong-linh");
	expect(suggestId("Giám đốc", "so-y-te")).toBe("giam-doc-so-y-te");
	expect(suggestId("  (P1) – tầng 2 ")).toBe("p1-tang-2");
	expect(suggestId("x".repeat(80))).toHaveLength(64);
});

it("says from when to when a unit exists", () => {
	const unit = { id: "a", version: 1, name: "A", level: "so", protocol_order: 1 };
	expect(validity(unit)).toBe("");
	expect(validity({ ...unit, valid_to: "2025-06-30" })).toBe("… – 30/06/2025");
	expect(validity({ ...unit, valid_from: "2025-07-01" })).toBe("01/07/2025 – …");
});
