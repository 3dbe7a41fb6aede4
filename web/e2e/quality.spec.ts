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

test("each tile carries the figures of its link, for the pointer, by keyboard and in both languages", async () => {
	const page = site.page as unknown as Page;
	const meeting = await server.plan("Họp", "open");
	const chair = await Participant.chromium("Chủ tịch UBND tỉnh", devices.green, "320x180");
	const english = chair.page as unknown as Page;
	let tell: (message: string) => void = () => undefined;
	await page.routeWebSocket(/\/ws$/, (socket) => {
		socket.connectToServer();
		tell = (message) => socket.send(message);
	});
	try {
		await english.addInitScript(() => localStorage.setItem("diemcau.language", "en"));
		await chair.join(await server.invite(meeting, chair.name, "UBND tỉnh", "chair", 1));
		await site.join(await server.invite(meeting, site.name, "UBND huyện", "site", 2));
		await page.setViewportSize({ width: 1366, height: 768 });
		await site.sees(chair);
		const tile = page.locator(`[data-slot][data-participant]`).filter({ hasText: chair.name }).first();
		const mark = tile.locator(at("link-mark"));
		const tip = page.locator(at("link-tip"));
		await expect(mark).toHaveAttribute("data-state", "ok", { timeout: 20_000 });
		await expect(mark).toHaveAttribute("aria-label", /^Đường truyền tốt: trễ \d+ ms, mất gói [\d,]+ %, nhận [\d.]+ kb\/s\.$/);
		await expect(tip).toHaveCount(0);
		// By keyboard alone.
		await page.locator("body").click({ position: { x: 1, y: 1 } });
		await expect(async () => {
			await page.keyboard.press("Tab");
			expect(await mark.evaluate((element) => element === document.activeElement)).toBe(true);
		}).toPass({ timeout: 20_000, intervals: [10] });
		await expect(tip).toHaveText(
			/Đường truyền tốt.*Hình nhận tại đây: mất gói [\d,]+ %, [1-9][\d.]* kb\/s, [1-9]\d* hình\/giây, \d+ dòng\.$/,
		);
		await page.keyboard.press("Escape");
		await expect(tip).toHaveCount(0);
		const participant = (await tile.getAttribute("data-participant")) ?? "";
		const poor = { participant, quality: "poor", rtt_ms: 1340, loss_percent: 6.2, kbps: 1180 };
		await mark.hover();
		await expect(async () => {
			tell(JSON.stringify({ type: "links", body: { links: [poor] } }));
			await expect(mark).toHaveAttribute("data-state", "warn", { timeout: 500 });
			await expect(tip).toContainText("Đường truyền yếu: trễ 1.340 ms, mất gói 6,2 %, nhận 1.180 kb/s.", { timeout: 500 });
		}).toPass({ timeout: 15_000 });
		const box = await tip.boundingBox();
		expect(box && box.x >= 0 && box.y >= 0 && box.x + box.width <= 1366 && box.y + box.height <= 768).toBe(true);
		await expect(tip.locator(at("link-tip-here"))).toContainText("hình/giây");
		await page.screenshot({ path: "test-results/quality-1366.png" });
		expect(await findings(page)).toEqual([]);
		const own = english.locator("[data-slot]").filter({ hasText: site.name }).first().locator(at("link-mark"));
		await expect(own).toHaveAttribute("aria-label", /^Good link: delay [\d,]+ ms, loss [\d.]+ %, receiving [\d,]+ kbit\/s\.$/, {
			timeout: 20_000,
		});
		await own.focus();
		await expect(english.locator(at("link-tip"))).toContainText(/Picture received here: loss [\d.]+ %, [\d,]+ kbit\/s, \d+ frames\/s/);
		await chair.leaveBrowser();
		await expect(mark).toHaveAttribute("data-state", "bad", { timeout: 20_000 });
		await mark.hover();
		await expect(tip).toContainText(/^Mất kết nối\. Trước đó: trễ .*Đang kết nối lại… \d\d:\d\d/);
		await page.screenshot({ path: "test-results/quality-lost-1366.png" });
	} finally {
		await chair.leaveBrowser();
	}
});
