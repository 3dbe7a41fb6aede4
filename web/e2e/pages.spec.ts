import { expect, type Page, test } from "@playwright/test";
import { findings } from "./lib/axe";
import { devices } from "./lib/devices";
import { Participant } from "./lib/participant";
import { Server } from "./lib/server";

let server: Server;
let someone: Participant;

test.beforeEach(async () => {
	server = await Server.start();
	someone = await Participant.chromium("Chủ tịch UBND tỉnh", devices.red, "320x180");
});

test.afterEach(async () => {
	await someone.leaveBrowser();
	await server.stop();
});

for (const size of [
	{ width: 1366, height: 768 },
	{ width: 390, height: 844 },
]) {
	test(`axe finds nothing at ${size.width} × ${size.height}`, async () => {
		const page = someone.page as unknown as Page;
		await page.setViewportSize(size);
		const meeting = await server.plan("Ứng phó bão", "floor");
		await page.goto(await server.invite(meeting, someone.name, "UBND tỉnh", "chair", 1));
		await page.waitForSelector('[data-testid="join"]:not([disabled])');
		expect(await findings(page), "join").toEqual([]);
		await someone.enter();
		for (const panel of ["participants", "chat", "devices"]) {
			await someone.click(panel);
			await page.waitForSelector(`[data-testid="${panel}-panel"]`);
			expect(await findings(page), panel).toEqual([]);
		}
		await someone.click("end");
		await page.waitForSelector('[data-testid="end-confirm"]');
		expect(await findings(page), "end").toEqual([]);
		await someone.click("end-confirm");
		await page.waitForSelector('[data-testid="over"]');
		expect(await findings(page), "over").toEqual([]);
	});
}

test("a link that cannot be used says so, and how to go on", async () => {
	const page = someone.page as unknown as Page;
	await page.goto(`${server.url}/join#nothing`);
	await page.waitForSelector('[data-testid="refused"]');
	expect(await page.textContent('[data-testid="refused"]')).toContain("Đường dẫn mời họp không hợp lệ");
	expect(await findings(page)).toEqual([]);
});

test("Space opens the microphone while it is held, and is a letter while somebody types", async () => {
	const page = someone.page as unknown as Page;
	await someone.join(await server.invite(await server.plan("Họp", "open"), someone.name, "UBND tỉnh", "chair", 1));
	const pressed = () => page.getAttribute('[data-testid="mic"]', "aria-pressed");
	expect(await pressed()).toBe("true");
	await someone.click("mic");
	await someone.until("a closed microphone", async () => (await pressed()) === "false");
	await page.keyboard.down("Space");
	await someone.until("an open microphone", async () => (await pressed()) === "true");
	await page.keyboard.up("Space");
	await someone.until("a closed microphone again", async () => (await pressed()) === "false");
	await someone.click("chat");
	const text = '[data-testid="chat-panel"] input';
	await page.focus(text);
	await page.keyboard.type("Kính chào");
	expect(await page.inputValue(text)).toBe("Kính chào");
	expect(await pressed()).toBe("false");
	await page.keyboard.press("Enter");
	await someone.until("the message", async () => (await page.textContent('[data-testid="chat-panel"] ul'))?.includes("Kính chào") === true);
	await someone.click("participants");
	await page.fill('[data-testid="participants-panel"] input', "chu tich");
	expect(await page.textContent('[data-testid="participants-panel"] ul')).toContain("Chủ tịch UBND tỉnh");
	await page.fill('[data-testid="participants-panel"] input', "nobody");
	expect(await page.locator('[data-testid="participants-panel"] li').count()).toBe(0);
});

test("a meeting that is not open yet counts down and opens by itself", async () => {
	const page = someone.page as unknown as Page;
	// Entry begins fifteen minutes ahead.
	const meeting = await server.plan("Họp sắp mở", "open", Date.now() + 15 * 60_000 + 4000);
	await page.goto(await server.invite(meeting, someone.name, "UBND tỉnh", "chair", 1));
	await page.waitForSelector('[data-testid="countdown"]');
	expect(await page.textContent('[data-testid="countdown"]')).toMatch(/^00:0\d$/);
	expect(await page.isDisabled('[data-testid="join"]')).toBe(true);
	expect(await findings(page)).toEqual([]);
	await someone.enter();
});

test("the hall preset leaves the sound as the mixer made it", async () => {
	const page = someone.page as unknown as Page;
	await page.goto(await server.invite(await server.plan("Họp", "open"), someone.name, "UBND tỉnh", "site", 1));
	await page.waitForSelector('[data-testid="join"]:not([disabled])');
	await page.click('[data-testid="chime"]');
	await page.check('[data-testid="hall"]');
	await someone.enter();
	const settings = () =>
		page.evaluate(() => {
			const sender = window.diemcau
				.pc()
				.getSenders()
				.find((s) => s.track?.kind === "audio");
			const { echoCancellation, noiseSuppression } = sender?.track?.getSettings() ?? {};
			return { echoCancellation, noiseSuppression };
		});
	await someone.until("a microphone without processing", async () => {
		const s = await settings();
		return s.echoCancellation === false && s.noiseSuppression === false;
	});
});
