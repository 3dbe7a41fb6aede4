// How long it takes from the click on "Vào phòng họp" to the first remote frame: ten joins into a meeting where one participant sends.
// Prints the median; run it on an idle machine.
import { devices } from "../lib/devices";
import { Participant, pause } from "../lib/participant";
import { Server } from "../lib/server";

const rounds = 10;
const server = await Server.start();
const meeting = await server.plan("Đo thời gian vào họp", "open");
const host = await Participant.chromium("Chủ tịch UBND tỉnh", devices.red, "1280x720");
const guest = await Participant.chromium("Huyện Cẩm Hà", devices.green, "1280x720");
const times: number[] = [];
try {
	await host.join(await server.invite(meeting, host.name, "UBND tỉnh", "chair", 1));
	await pause(5000);
	for (let round = 0; round < rounds; round++) {
		await guest.page.goto("about:blank");
		await guest.page.goto(await server.invite(meeting, `Điểm cầu ${round}`, "UBND huyện", "site", 200 + round));
		await guest.until("the join button", () =>
			guest.page.evaluate(() => document.querySelector<HTMLButtonElement>('[data-testid="join"]')?.disabled === false, undefined),
		);
		await pause(1500); // people look at themselves first
		times.push(await guest.page.evaluate(clickToFrame, undefined));
		await guest.click("leave");
	}
} finally {
	await Promise.all([host.leaveBrowser(), guest.leaveBrowser()]);
	await server.stop();
}
times.sort((a, b) => a - b);
console.log(`click to first remote frame, ${rounds} joins, ms: ${times.map(Math.round).join(" ")}`);
console.log(`median ${Math.round((times[rounds / 2 - 1] + times[rounds / 2]) / 2)} ms`);

/** Runs in the browser. */
async function clickToFrame(): Promise<number> {
	const start = performance.now();
	document.querySelector<HTMLElement>('[data-testid="join"]')?.click();
	for (;;) {
		const video = document.querySelector<HTMLVideoElement>('[data-testid="slot-video-0"] video');
		if (video && video.getVideoPlaybackQuality().totalVideoFrames > 0 && video.readyState >= 2) return performance.now() - start;
		if (performance.now() - start > 20_000) return Number.POSITIVE_INFINITY;
		await new Promise((done) => setTimeout(done, 4));
	}
}
