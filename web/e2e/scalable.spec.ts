// A camera in VP9 or AV1, one stream of several layers: each receiver is given the layers that it shows, and sources of different codecs
// follow each other in one slot.
import { expect, type Page, test } from "@playwright/test";
import { devices } from "./lib/devices";
import { Participant } from "./lib/participant";
import { Server } from "./lib/server";

let server: Server;
const everybody: Participant[] = [];

test.beforeEach(async () => {
	server = await Server.start();
});

test.afterEach(async () => {
	await Promise.all(everybody.splice(0).map((p) => p.leaveBrowser()));
	await server.stop();
});

const chair = { name: "Chủ tịch UBND tỉnh", unit: "UBND tỉnh", role: "chair", order: 1 };
const speaker = { name: "Huyện Cẩm Hà", unit: "Hội trường UBND huyện", role: "site", order: 206 };
const another = { name: "Giám đốc Sở Y tế", unit: "Sở Y tế", role: "delegate", order: 20 };

/** What the programme shows: codec and lines of its newest picture. It runs in the browser. */
async function shown(): Promise<{ codec: string; height: number; decoded: number }> {
	const video = document.querySelector<HTMLVideoElement>('[data-testid="slot-video-0"] video');
	const id = video?.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0]?.id : undefined;
	const stats = (await window.diemcau.pc().getStats()) as unknown as Map<string, Record<string, string & number>>;
	for (const s of stats.values()) {
		if (s.type !== "inbound-rtp" || s.kind !== "video" || s.trackIdentifier !== id) continue;
		return { codec: stats.get(s.codecId)?.mimeType ?? "", height: s.frameHeight, decoded: s.framesDecoded };
	}
	return { codec: "", height: 0, decoded: 0 };
}

/** Codec and layers of the camera as it is sent. It runs in the browser. */
async function sent(): Promise<string> {
	const pc = window.diemcau.pc();
	const camera = pc.getTransceivers()[0].mid;
	const stats = (await pc.getStats()) as unknown as Map<string, Record<string, string>>;
	for (const s of stats.values()) {
		if (s.type === "outbound-rtp" && s.mid === camera) return `${stats.get(s.codecId)?.mimeType} ${s.scalabilityMode}`;
	}
	return "";
}

/** Waits until somebody's programme has a codec and so many lines, and goes on. */
async function shows(p: Participant, codec: string, lines: number): Promise<void> {
	let seen = await p.page.evaluate(shown, undefined);
	await p.until(
		`${codec} of ${lines} lines`,
		async () => {
			seen = await p.page.evaluate(shown, undefined);
			return seen.codec === codec && seen.height === lines;
		},
		30_000,
		() => JSON.stringify(seen),
	);
	const { decoded } = seen;
	await p.until("more pictures", async () => (await p.page.evaluate(shown, undefined)).decoded > decoded + 10);
}

async function grant(to: Participant, by: Participant): Promise<void> {
	await to.click("floor");
	await by.click("grant");
	await by.sees(to);
}

async function resize(p: Participant, width: number, height: number): Promise<void> {
	await (p.page as unknown as Page).setViewportSize({ width, height });
}

for (const codec of ["vp9", "av1"] as const) {
	test(`a camera in ${codec} has a layer for each receiver, and follows one in VP8`, async () => {
		const mime = `video/${codec.toUpperCase()}`;
		const meeting = await server.plan("Họp kiểm tra", "floor");
		const large = await Participant.chromium(chair.name, devices.red, "320x180");
		const source = await Participant.chromium(speaker.name, devices.green, "640x360");
		const small = await Participant.chromium(another.name, devices.blue, "320x180");
		everybody.push(large, source, small);
		await resize(large, 1920, 1080);
		await resize(small, 320, 200);
		await large.join(await server.invite(meeting, chair.name, chair.unit, chair.role, chair.order));
		await small.join(await server.invite(meeting, another.name, another.unit, another.role, another.order));
		const link = await server.invite(meeting, speaker.name, speaker.unit, speaker.role, speaker.order);
		await source.join(link.replace("#", `?codec=${codec}#`));

		await test.step("a speaker in VP8", async () => {
			await grant(small, large);
			await large.until("VP8", async () => (await large.page.evaluate(shown, undefined)).codec === "video/VP8");
		});

		// At 360 lines a camera has two layers, which costs the machine of the test the least.
		await test.step(`a speaker in ${codec}: several layers, of which each receiver shows its own`, async () => {
			await grant(source, large);
			expect(await source.page.evaluate(sent, undefined)).toBe(`${mime} L2T3_KEY`);
			await shows(large, mime, 360);
			await shows(small, mime, 180);
		});

		await test.step("a window that grows has a larger layer, and a smaller one when it shrinks", async () => {
			await resize(small, 1366, 768);
			await shows(small, mime, 360);
			await resize(small, 320, 200);
			await shows(small, mime, 180);
			await shows(large, mime, 360);
		});

		await test.step("a speaker in VP8 again", async () => {
			await grant(small, large);
			await large.until("VP8", async () => (await large.page.evaluate(shown, undefined)).codec === "video/VP8");
			await large.sees(small);
		});
	});

	test(`a camera in ${codec} leaves out the layers that nobody receives, and sends them again`, async () => {
		const mime = `video/${codec.toUpperCase()}`;
		const meeting = await server.plan("Họp kiểm tra", "open");
		const source = await Participant.chromium(chair.name, devices.red, "640x360");
		const viewer = await Participant.chromium(speaker.name, devices.green, "320x180");
		everybody.push(source, viewer);
		await resize(viewer, 320, 200);
		await source.join((await server.invite(meeting, chair.name, chair.unit, chair.role, chair.order)).replace("#", `?codec=${codec}#`));
		await viewer.join(await server.invite(meeting, speaker.name, speaker.unit, speaker.role, speaker.order));
		const sends = (mode: string) =>
			source.until(mode, async () => (await source.page.evaluate(sent, undefined)) === `${mime} ${mode}`, 30_000);
		await shows(viewer, mime, 180);
		await sends("L1T3");
		await shows(viewer, mime, 180);
		await resize(viewer, 1366, 768);
		await sends("L2T3_KEY");
		await shows(viewer, mime, 360);
		await resize(viewer, 320, 200);
		await shows(viewer, mime, 180);
		await sends("L1T3");
		await shows(viewer, mime, 180);
	});
}
