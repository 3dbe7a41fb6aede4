import { expect, type Page, test } from "@playwright/test";
import { findings } from "./lib/axe";
import { devices } from "./lib/devices";
import { Participant } from "./lib/participant";
import { Server } from "./lib/server";

let server: Server;
let site: Participant;

test.beforeEach(async () => {
	server = await Server.start();
	site = await Participant.chromium("Huyện Cẩm Hà", devices.red, "320x180");
});

test.afterEach(async () => {
	await site.leaveBrowser();
	await server.stop();
});

const at = (testid: string) => `[data-testid="${testid}"]`;

test("the link is tested before joining, can be stopped and tested again, and keeps nobody from joining", async () => {
	const page = site.page as unknown as Page;
	const requests: string[] = [];
	page.on("request", (request) => requests.push(`${request.method()} ${new URL(request.url()).pathname.split("/")[1]}`));
	await page.goto(await server.invite(await server.plan("Họp", "open"), site.name, "UBND huyện", "site", 1));
	const check = page.locator(at("check-link"));
	await page.waitForSelector(`${at("join")}:not([disabled])`);
	await expect(check).toHaveAttribute("data-state", "untried");
	// By keyboard alone.
	await page.locator(at("link-start")).focus();
	await page.keyboard.press("Enter");
	await expect(check).toHaveAttribute("data-state", "running");
	await expect(page.locator(at("join"))).toBeEnabled();
	expect(await findings(page), "while it runs").toEqual([]);
	await page.click(at("link-stop"));
	await expect(check).toHaveAttribute("data-state", "stopped");
	await page.click(at("link-start"));
	await expect(check).toHaveAttribute("data-state", "done", { timeout: 20_000 });
	const text = (await check.textContent()) ?? "";
	expect(text).toMatch(/Nhận .*kb\/s.*mất gói .*gửi .*kb\/s.*trễ \d+ ms/s);
	expect(await findings(page), "after it").toEqual([]);
	await expect.poll(() => requests.filter((r) => r === "DELETE linktest").length).toBeGreaterThan(0);
	// A test that runs gives way.
	await page.click(at("link-start"));
	await expect(check).toHaveAttribute("data-state", "running");
	await site.enter();
	expect(server.output).not.toContain(page.url().split("#")[1]);
});

test("the diagnostics show what each slot and the connection do, and can be copied", async () => {
	const page = site.page as unknown as Page;
	const meeting = await server.plan("Họp", "open");
	const chair = await Participant.chromium("Chủ tịch UBND tỉnh", devices.green, "320x180");
	try {
		await chair.join(await server.invite(meeting, chair.name, "UBND tỉnh", "chair", 1));
		await site.join(await server.invite(meeting, site.name, "UBND huyện", "site", 2));
		await site.sees(chair);
		const loaded = () => page.evaluate(() => performance.getEntriesByType("resource").some((e) => e.name.includes("Diagnostics")));
		expect(await loaded(), "loaded by those who open it").toBe(false);
		await page.locator("body").press("d");
		const sheet = page.locator(at("diagnostics"));
		const seconds = async () => Number(await sheet.getAttribute("data-seconds"));
		await expect.poll(seconds, { timeout: 15_000 }).toBeGreaterThanOrEqual(4);
		const programme = page.locator(at("diagnostics-video-0"));
		await expect(programme).toContainText(chair.name);
		await expect(programme).toContainText(/Tốc độ\s*[1-9][\d.,]* kb\/s/);
		await expect(page.locator(at("diagnostics-audio-0"))).toContainText(chair.name);
		await expect(sheet).toContainText("Đường đi: UDP");
		await page.waitForTimeout(300); // the dialog fades in: its colours are not final before
		expect(await findings(page)).toEqual([]);
		await page.screenshot({ path: "test-results/diagnostics-vi.png" });
		await page.context().grantPermissions(["clipboard-read", "clipboard-write"], { origin: server.url });
		await page.click(at("diagnostics-copy"));
		const text = await page.evaluate(() => navigator.clipboard.readText());
		const { history } = JSON.parse(text);
		expect(history.length).toBeGreaterThanOrEqual(4);
		expect(history.at(-1).server.slots.find((s: { participant?: string }) => s.participant).sent_bytes).toBeGreaterThan(0);
		expect(text).not.toContain(new URL(page.url()).hash.slice(1, 40));
		await page.keyboard.press("Escape");
		await expect(sheet).toHaveCount(0);
	} finally {
		await chair.leaveBrowser();
	}
});

test("a tile that the link has no room for says so, and a banner says when only sound is left", async () => {
	const page = site.page as unknown as Page;
	let tell: (message: string) => void = () => undefined;
	await page.routeWebSocket(/\/ws$/, (socket) => {
		socket.connectToServer();
		tell = (message) => socket.send(message);
	});
	await site.join(await server.invite(await server.plan("Họp", "open"), site.name, "UBND huyện", "site", 2));
	const participant = await page.evaluate(() => window.diemcau.call().participant);
	const show = (state: "live" | "unavailable") => {
		const slot = { kind: "video", slot: 0, participant, source: "camera", state };
		const paused = state === "unavailable" ? { reason: "bandwidth" } : {};
		tell(JSON.stringify({ type: "slots", body: { slots: [{ ...slot, ...paused }], page: 0, pages: 1 } }));
	};
	// Until the server's own word of the empty slot was before.
	await expect(async () => {
		show("unavailable");
		await expect(page.locator(at("slot-video-0"))).toHaveAttribute("data-reason", "bandwidth", { timeout: 500 });
	}).toPass({ timeout: 15_000 });
	await expect(page.locator(`${at("slot-video-0")} .poster`)).toContainText("Đường truyền yếu");
	await expect(page.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.soundOnly");
	expect(await findings(page)).toEqual([]);
	await page.screenshot({ path: "test-results/paused.png" });
	show("live");
	await expect(page.locator(at("warning"))).toHaveCount(0);
});
