// Sites whose networks let little through: a meeting comes about over TCP, or through the server's relay.
import { createSocket } from "node:dgram";
import { expect, type Page, test } from "@playwright/test";
import { devices } from "./lib/devices";
import { Participant } from "./lib/participant";
import { type Meeting, Server } from "./lib/server";

let server: Server;
let meeting: Meeting;
let joined: Participant[];

test.beforeEach(async () => {
	server = await Server.start();
	meeting = await server.plan("Ứng phó bão", "open");
	joined = [];
});

test.afterEach(async () => {
	for (const participant of joined) await participant.leaveBrowser();
	await server.stop();
});

/** The local candidate of the pair that a page's media go over. */
interface Way {
	candidateType: string;
	protocol: string;
	relayProtocol?: string;
}

async function wayOf(participant: Participant): Promise<Way | undefined> {
	return participant.page.evaluate(async () => {
		const stats = (await window.diemcau.pc().getStats()) as unknown as Map<string, Record<string, string>>;
		const transport = [...stats.values()].find((s) => s.type === "transport");
		const pair = transport && stats.get(transport.selectedCandidatePairId);
		const local = pair && stats.get(pair.localCandidateId);
		return local && { candidateType: local.candidateType, protocol: local.protocol, relayProtocol: local.relayProtocol };
	}, undefined);
}

/** Changes every message that a page gets from the server. */
async function rewrite(page: Page, change: (message: string) => string): Promise<void> {
	await page.routeWebSocket(/./, (socket) => {
		const upstream = socket.connectToServer();
		upstream.onMessage((message) => socket.send(change(String(message))));
	});
}

/** Has a participant join, and gives the time at which it did. */
async function enter(participant: Participant, unit: string, role: string, order: number): Promise<number> {
	joined.push(participant);
	await participant.page.goto(await server.invite(meeting, participant.name, unit, role, order));
	await participant.until("the join button", () =>
		participant.page.evaluate((s) => document.querySelector<HTMLButtonElement>(s)?.disabled === false, '[data-testid="join"]'),
	);
	const began = Date.now();
	await participant.enter();
	return began;
}

/** Has the chair join freely and a site behind a barrier, until each sees and hears the other. */
async function meet(barrier: (page: Page) => Promise<void>): Promise<Participant> {
	const chair = await Participant.chromium("Chủ tịch", devices.red);
	await enter(chair, "UBND tỉnh", "chair", 1);
	const site = await Participant.chromium("Huyện Cẩm Hà", devices.blue);
	await barrier(site.page as unknown as Page);
	const began = await enter(site, "Hội trường UBND huyện", "site", 206);
	await site.sees(chair);
	test.info().annotations.push({ type: "from the click to the first picture, ms", description: String(Date.now() - began) });
	await chair.sees(site);
	await chair.hears(site);
	await site.hears(chair);
	return site;
}

test("a site that no UDP reaches takes part over one TCP connection", async () => {
	// Packets go and nothing comes, as behind a firewall: nobody answers on this port, which the page takes for the server's.
	const silence = createSocket("udp6");
	await new Promise<void>((done) => silence.bind(0, done));
	const { port } = silence.address();
	const site = await meet((page) => rewrite(page, (message) => message.replaceAll(/(a=candidate:\d+ 1 udp \d+ \S+) \d+/g, `$1 ${port}`)));
	silence.close();
	expect(await wayOf(site)).toMatchObject({ protocol: "tcp" });
	expect((await wayOf(site))?.relayProtocol).toBeUndefined();
});

/** Lets a page reach nothing but relays. */
async function onlyRelays(page: Page): Promise<void> {
	await page.addInitScript(() => {
		window.RTCPeerConnection = class extends RTCPeerConnection {
			constructor(configuration?: RTCConfiguration) {
				super({ ...configuration, iceTransportPolicy: "relay" });
			}
		};
	});
}

test("the link test of a site that reaches nothing but the relay goes through it, and says so", async () => {
	const site = await Participant.chromium("Huyện Cẩm Hà", devices.blue);
	joined.push(site);
	const page = site.page as unknown as Page;
	await onlyRelays(page);
	await page.goto(await server.invite(meeting, site.name, "Hội trường UBND huyện", "site", 206));
	await page.click('[data-testid="link-start"]');
	const check = page.locator('[data-testid="check-link"]');
	await expect(check).toHaveAttribute("data-state", /done|blocked|failed|refused/, { timeout: 30_000 });
	await expect(check).toHaveAttribute("data-state", "done");
	await expect(page.locator('[data-testid="link-relayed"]')).toHaveText(/máy chủ chuyển tiếp/);
});

for (const transport of ["udp", "tcp"]) {
	test(`a site that reaches nothing but the relay takes part through it, over ${transport}`, async () => {
		const site = await meet(async (page) => {
			await onlyRelays(page);
			await rewrite(page, (message) => {
				const { body, ...rest } = JSON.parse(message);
				for (const relay of body?.ice_servers ?? [])
					relay.urls = relay.urls.filter((url: string) => url.endsWith(`transport=${transport}`));
				return JSON.stringify({ ...rest, body });
			});
		});
		expect(await wayOf(site)).toMatchObject({ candidateType: "relay", relayProtocol: transport });
	});
}
