import { expect, it } from "vitest";
import { uploadPatience } from "./rest";

it("waits for an upload at least as long as the server does: 30 s, 64 KiB in each second", () => {
	for (const size of [1, 1 << 20, 100 << 20, 2 ** 32]) expect(uploadPatience(size)).toBeGreaterThan(30_000 + (size / (64 << 10)) * 1000);
});
