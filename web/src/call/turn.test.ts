import { expect, it } from "vitest";
import { turnTime } from "./turn";

const since = "2025-06-12T07:33:00.000Z";
const at = (seconds: number) => Date.parse(since) + seconds * 1000;

it.each([
	[0, 420_000, "running", 1],
	[359, 61_000, "running", 61 / 420],
	[360, 60_000, "less", 60 / 420],
	[419.5, 500, "less", 0.5 / 420],
	[420, 0, "over", 0],
	[435, -15_000, "over", 0],
	[-3, 420_000, "running", 1], // a clock that is not quite the server's
])("after %d s of seven minutes", (seconds, ms, state, share) => {
	const time = turnTime({ holder: "a", since, limit_s: 420, queue: [] }, at(seconds));
	expect(time).toMatchObject({ ms, state, limited: true });
	expect(time?.share).toBeCloseTo(share);
});

it("counts up without a limit, and not at all without a holder", () => {
	expect(turnTime({ holder: "a", since, queue: [] }, at(90))).toMatchObject({ ms: 90_000, limited: false, state: "running" });
	expect(turnTime({ queue: [] }, at(0))).toBeUndefined();
});
