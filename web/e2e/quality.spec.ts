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
