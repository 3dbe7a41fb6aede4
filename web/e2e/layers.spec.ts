// Layers that nobody receives are not sent, and flow again when somebody wants them.
import { expect, test } from "@playwright/test";
import { devices } from "./lib/devices";
import { Participant } from "./lib/participant";
import { programme } from "./lib/probe";
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
const site = { name: "Huyện Cẩm Hà", unit: "Hội trường UBND huyện", role: "site", order: 206 };

interface Sent {
	/** Bytes of each layer of the camera, by RID. */
	bytes: Record<string, number>;
	modes: Record<string, string>;
	active: string;
	/** Packets of the microphone: the clock of this test. */
	sound: number;
}

/** What a page sends. It runs in the browser. */
async function sent(): Promise<Sent> {
	const all: Sent = { bytes: {}, modes: {}, active: "", sound: 0 };
	const pc = window.diemcau.pc();
	const camera = pc.getTransceivers()[0].mid;
	const stats = (await pc.getStats()) as unknown as Map<string, Record<string, string & number>>;
	for (const s of stats.values()) {
		if (s.type !== "outbound-rtp") continue;
		if (s.kind === "audio") all.sound = Math.max(all.sound, s.packetsSent);
		if (s.mid !== camera || !s.rid) continue;
		all.bytes[s.rid] = s.bytesSent;
		all.modes[s.rid] = s.scalabilityMode;
		if (s.active) all.active += s.rid;
	}
	return all;
}

/** Waits until so many more packets of a page's microphone have gone out. */
async function sounds(p: Participant, packets: number): Promise<Sent> {
	const before = await p.page.evaluate(sent, undefined);
	let now = before;
	await p.until("sound to be sent", async () => {
		now = await p.page.evaluate(sent, undefined);
		return now.sound >= before.sound + packets;
	});
	return now;
}

/** Presses something and tells how long the programme's next picture took, in ms. It runs in the browser. */
async function pressed(selector: string): Promise<number> {
	const decoded = async () => {
		const stats = (await window.diemcau.pc().getStats()) as unknown as Map<string, Record<string, string & number>>;
		let frames = 0;
		for (const s of stats.values()) if (s.type === "inbound-rtp" && s.kind === "video") frames += s.framesDecoded ?? 0;
		return frames;
	};
	const before = await decoded();
	const began = performance.now();
	document.querySelector<HTMLElement>(selector)?.click();
	while ((await decoded()) === before && performance.now() - began < 15_000) await new Promise((done) => setTimeout(done, 5));
	return Math.round(performance.now() - began);
}

test("what nobody receives is not sent, and comes again when somebody looks", async () => {
	const meeting = await server.plan("Họp kiểm tra", "open");
	const publisher = await Participant.chromium(chair.name, devices.red, "1280x720");
	const viewer = await Participant.chromium(site.name, devices.green);
	everybody.push(publisher, viewer);
	await publisher.join(await server.invite(meeting, chair.name, chair.unit, chair.role, chair.order));
	await viewer.join(await server.invite(meeting, site.name, site.unit, site.role, site.order));
	await viewer.sees(publisher);
	await publisher.sees(viewer);

	await test.step("every layer that flows has two temporal layers", async () => {
		let modes: string[] = [];
		await publisher.until("temporal layers", async () => {
			modes = Object.values((await publisher.page.evaluate(sent, undefined)).modes).filter((mode) => mode);
			return modes.length > 0;
		});
		expect(new Set(modes)).toEqual(new Set(["L1T2"]));
	});

	const stops = async () => {
		await publisher.until("word that nobody looks", async () => (await publisher.page.evaluate(sent, undefined)).active === "", 30_000);
		const { bytes } = await sounds(publisher, 20); // what is under way goes out
		expect((await sounds(publisher, 100)).bytes).toEqual(bytes);
	};

	await test.step("the only viewer receives sound alone: the camera rests, and the voice goes on", async () => {
		await viewer.click("layout");
		await viewer.click("audio-only");
		await stops();
		await viewer.hears(publisher);
	});

	await test.step("the viewer looks again: pictures flow", async () => {
		const took = await viewer.page.evaluate(pressed, '[data-testid="audio-only"]');
		test.info().annotations.push({ type: "first picture", description: `${took} ms` });
		console.log(`the first picture came after ${took} ms`);
		await viewer.sees(publisher);
		const { decoded } = await viewer.page.evaluate(programme, undefined);
		await viewer.until("more pictures", async () => (await viewer.page.evaluate(programme, undefined)).decoded > decoded + 10);
	});

	await test.step("the viewer leaves, a camera is exchanged meanwhile, and the viewer comes back", async () => {
		await viewer.click("leave");
		await stops();
		await publisher.click("camera");
		await publisher.until("no camera", () =>
			publisher.page.evaluate(() => window.diemcau.call().participants[window.diemcau.call().participant].camera === "off", undefined),
		);
		await publisher.click("camera");
		await publisher.until("a camera", () =>
			publisher.page.evaluate(() => window.diemcau.call().participants[window.diemcau.call().participant].camera === "live", undefined),
		);
		expect((await sounds(publisher, 50)).active).toBe("");
		await viewer.click("again");
		await viewer.inMeeting();
		await viewer.sees(publisher);
		expect((await publisher.page.evaluate(sent, undefined)).active).not.toBe("");
	});
});
