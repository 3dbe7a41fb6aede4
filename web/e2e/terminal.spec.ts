// A hall's terminal: paired once by its code, then it follows the schedule, and is back in its seat after a power cut without a touch.
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { findings } from "./lib/axe";
import { Cast } from "./lib/cast";
import { Server } from "./lib/server";
import { at, people } from "./lib/stage";

const pictures = process.env.PICTURES;
let server: Server;
let cast: Cast;

test.beforeEach(async () => {
	server = await Server.start();
	cast = await Cast.start();
	const put = (path: string, body: unknown) => server.put(`/api/v1/directory/${path}`, body);
	await put("levels/huyen", { name: "Huyện", order: 2 });
	await put("units/cam-ha", { name: "UBND huyện Cẩm Hà", short_name: "Cẩm Hà", level: "huyen", protocol_order: 206 });
	await put("halls/ht-cam-ha", { name: "Hội trường UBND huyện Cẩm Hà", unit: "cam-ha", seats: 80, protocol_order: 206 });
	await put("terminals/tb-cam-ha", { name: "Thiết bị hội trường", hall: "ht-cam-ha" });
});

test.afterEach(async () => {
	await cast.stop();
	await server.stop();
});

/** Plans a meeting of the hall that begins in so many seconds. */
function plan(subject: string, inSeconds: number, minutes = 90): Promise<{ id: string }> {
	const start = Date.now() + inSeconds * 1000;
	return server.post("/api/v1/meetings", {
		subject,
		start: new Date(start).toISOString(),
		end: new Date(start + minutes * 60_000).toISOString(),
		chair: { name: "Chủ tịch UBND tỉnh" },
		halls: [{ id: "ht-cam-ha", name: "Hội trường" }],
		speaking: "floor",
	});
}

async function code(): Promise<string> {
	return (await server.post<{ code: string }>("/api/v1/terminals/tb-cam-ha/code", undefined)).code;
}

async function open(language: "vi" | "en" = "vi"): Promise<Page> {
	const page = await cast.blank(people.site.scene, { width: 1366, height: 768 });
	await page.addInitScript((l) => localStorage.setItem("diemcau.language", l), language);
	await page.goto(`${server.url}/terminal`);
	return page;
}

/** Has axe look at a page, and takes its pictures where they are asked for. */
async function look(page: Page, name: string): Promise<void> {
	await page.evaluate(() => document.fonts.ready);
	expect(await findings(page), name).toEqual([]);
	for (const [width, height] of pictures
		? ([
				[1366, 768],
				[1920, 1080],
			] as const)
		: []) {
		await page.setViewportSize({ width, height });
		await page.screenshot({ path: join(pictures ?? "", `${name}-${width}.png`) });
	}
	await page.setViewportSize({ width: 1366, height: 768 });
	// Nothing hangs over: a hall's screen has nobody who scrolls.
	expect(await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight])).toEqual([1366, 768]);
	for (const box of await page.locator(".foyer header, .foyer main, .foyer aside, .foyer main > *").all()) {
		const { x = 0, y = 0, width = 0, height = 0 } = (await box.boundingBox()) ?? {};
		expect(x + width, name).toBeLessThanOrEqual(1366);
		expect(y + height, name).toBeLessThanOrEqual(768);
	}
}

test("a terminal is paired by its code, joins in time, and is back after a power cut", async () => {
	const terminal = await open();
	await expect(terminal.locator(at("pairing"))).toBeVisible();

	await test.step("a wrong code is refused", async () => {
		await terminal.keyboard.type("000000");
		await expect(terminal.locator(at("pairing-problem"))).toContainText(/mã/i);
	});

	await test.step("the code is typed by the arrows and the OK of a remote control", async () => {
		const digits = await code();
		const keypad = "123456789x0";
		await terminal.keyboard.press("ArrowDown");
		let from = 0;
		for (const digit of digits) {
			const to = keypad.indexOf(digit);
			const rows = Math.floor(to / 3) - Math.floor(from / 3);
			const columns = (to % 3) - (from % 3);
			for (let i = 0; i < Math.abs(rows); i++) await terminal.keyboard.press(rows > 0 ? "ArrowDown" : "ArrowUp");
			for (let i = 0; i < Math.abs(columns); i++) await terminal.keyboard.press(columns > 0 ? "ArrowRight" : "ArrowLeft");
			await terminal.keyboard.press("Enter");
			from = to;
		}
		await expect(terminal.locator(at("foyer"))).toContainText("Hội trường UBND huyện Cẩm Hà");
		await expect(terminal.locator(at("foyer"))).toContainText("chưa có cuộc họp");
	});

	const meeting = await plan("Ứng phó bão", 15 * 60 + 20);
	await plan("Tập huấn chuyển đổi số", 4 * 3600);
	await test.step("the schedule shows what comes, and OK says when it opens", async () => {
		await expect(terminal.locator(at("schedule"))).toContainText("Tập huấn chuyển đổi số", { timeout: 20_000 });
		await expect(terminal.locator(at("foyer"))).toContainText("Tự vào phòng họp lúc");
		await terminal.keyboard.press("Enter");
		await expect(terminal.locator(".foyer-hint")).toContainText("Phòng họp mở lúc");
	});

	await test.step("it joins by itself", async () => {
		await expect(terminal.locator(at("terminal"))).toBeVisible({ timeout: 60_000 });
	});
	const seat = await terminal.evaluate(() => window.diemcau.call().participant);

	await test.step("the power fails: the next start is back in the same seat", async () => {
		const kept = await terminal.context().storageState();
		await terminal.context().close();
		const again = await cast.blank(people.site.scene, { width: 1366, height: 768 }, 1, kept);
		await again.goto(`${server.url}/terminal`);
		await expect(again.locator(at("terminal"))).toBeVisible({ timeout: 20_000 });
		expect(await again.evaluate(() => window.diemcau.call().participant)).toBe(seat);

		await test.step("what is over leads back to the schedule", async () => {
			await server.post(`/api/v1/meetings/${meeting.id}/conclude`, {});
			await expect(again.locator(at("schedule"))).toContainText("Đã kết thúc", { timeout: 30_000 });
		});
		await test.step("a pairing that was taken back leads to the keypad", async () => {
			await server.ask("DELETE", "/api/v1/terminals/tb-cam-ha/credential");
			await expect(again.locator(at("pairing"))).toBeVisible({ timeout: 20_000 });
		});
	});
});

for (const language of ["vi", "en"] as const) {
	test(`the pages of a terminal in ${language}`, async () => {
		const terminal = await open(language);
		await expect(terminal.locator(at("pairing"))).toBeVisible();
		await terminal.keyboard.type("123");
		await look(terminal, `pairing-${language}`);
		await terminal.keyboard.type("999");
		await expect(terminal.locator(`${at("pairing-problem")} svg`)).toBeVisible();
		await look(terminal, `pairing-refused-${language}`);
		await terminal.keyboard.type(await code());
		await expect(terminal.locator(at("light-camera"))).toHaveAttribute("data-state", "ok");
		await look(terminal, `terminal-empty-${language}`);
		await plan("Ứng phó bão", 1800);
		await plan(
			"Tập huấn chuyển đổi số cho cán bộ, công chức, viên chức các đơn vị hành chính cấp huyện và cấp xã trên địa bàn tỉnh",
			3 * 3600,
		);
		await plan("Giao ban", 26 * 3600);
		await plan("Chuyên đề", 50 * 3600);
		await expect(terminal.locator(at("schedule"))).toContainText("Chuyên đề", { timeout: 20_000 });
		await look(terminal, `terminal-home-${language}`);
		await server.kill();
		await expect(terminal.locator(at("light-link"))).toHaveAttribute("data-state", "bad", { timeout: 30_000 });
		await look(terminal, `terminal-cut-${language}`);
	});
}
