import { expect, it } from "vitest";
import { dayStart, exactMoment, shortDay, shortMoment, today } from "./dates";

it("writes days and hours of this place, whatever the browser's zone is", () => {
	expect(shortDay("2026-02-05T18:00:00Z")).toBe("06/02/2026");
	expect(shortMoment("2026-02-05T17:05:00Z")).toBe("06/02/2026 00:05");
	expect(exactMoment("2026-02-05T01:02:03Z")).toBe("05/02/2026 08:02:03");
	expect(today(Date.parse("2026-02-05T17:00:00Z"))).toBe("2026-02-06");
	expect(dayStart("2026-02-06")).toBe("2026-02-05T17:00:00.000Z");
	expect(dayStart("2026-02-28", 1)).toBe("2026-02-28T17:00:00.000Z");
});
