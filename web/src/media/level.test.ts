import { describe, expect, it } from "vitest";
import { MicrophoneWatch } from "./level";

/** What the watch says at the end of levels, each for a number of tenths of a second. */
function last(muted: boolean, ...levels: [level: number, tenths: number][]) {
	const watch = new MicrophoneWatch();
	let warning: ReturnType<MicrophoneWatch["hear"]>;
	for (const [level, tenths] of levels) for (let i = 0; i < tenths; i++) warning = watch.hear(level, muted);
	return warning;
}

describe("the watch over a microphone", () => {
	it("warns who speaks while muted, and not for a cough", () => {
		expect(last(true, [-30, 10])).toBe("muted");
		expect(last(true, [-30, 3], [-70, 10])).toBeUndefined();
		expect(last(true, [-30, 10], [-70, 60])).toBeUndefined();
		expect(last(false, [-30, 10])).toBeUndefined();
	});

	it("warns of a microphone without any signal, and not of a quiet room", () => {
		expect(last(false, [-100, 90])).toBe("silent");
		expect(last(false, [-100, 50])).toBeUndefined();
		expect(last(false, [-65, 200])).toBeUndefined();
		expect(last(true, [-100, 200])).toBeUndefined();
	});
});
