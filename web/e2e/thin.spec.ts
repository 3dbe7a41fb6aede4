// A page on a thin and lossy link: the voice goes on whatever happens to the picture, and the page says why there is none.
import { expect, type Page, test } from "@playwright/test";
import { Impaired } from "./lib/impaired";
import { people, Stage } from "./lib/stage";

let stage: Stage;
let link: Impaired;

test.afterEach(async () => {
	await link?.stop();
	await stage.stop();
});

/** What arrived of the sound since the page joined, in packets, and how much of what was played had to be made up, in samples. */
async function sound(page: Page): Promise<{ packets: number; played: number; concealed: number }> {
	return page.evaluate(async () => {
		const sum = { packets: 0, played: 0, concealed: 0 };
		for (const s of (await window.diemcau.pc().getStats()).values()) {
			if (s.type !== "inbound-rtp" || s.kind !== "audio") continue;
			sum.packets += s.packetsReceived;
			sum.played += s.totalSamplesReceived ?? 0;
			// What is concealed in silence is no gap: nothing was said.
			sum.concealed += (s.concealedSamples ?? 0) - (s.silentConcealedSamples ?? 0);
		}
		return sum;
	});
}

/** Looks for some seconds whether sound arrives in each, and gives the share that was made up. */
async function listen(page: Page, seconds: number): Promise<number> {
	const first = await sound(page);
	let last = first;
	for (let second = 0; second < seconds; second++) {
		await page.waitForTimeout(1000);
		const now = await sound(page);
		expect(now.packets, `packets of sound up to second ${second}`).toBeGreaterThan(last.packets);
		last = now;
	}
	return (last.concealed - first.concealed) / (last.played - first.played);
}

test("on a thin and lossy link the voice goes on, the picture gives way and says why, and comes back", async () => {
	stage = await Stage.start("open");
	const chair = await stage.join(people.chair);
	link = await Impaired.start(stage.server, 11);
	const page = await stage.cast.blank(people.site.scene, { width: 1366, height: 768 });
	await link.carry(page);
	await page.goto((await stage.link(people.site)).replace(stage.server.url, link.url));
	await stage.cast.enter(page);
	const chairs = await chair.evaluate(() => window.diemcau.call().participant);
	const tile = page.locator(`[data-slot][data-participant="${chairs}"]`).first();
	await expect(tile).toHaveAttribute("data-state", "live", { timeout: 20_000 });

	await link.do({ down: { rate_bps: 256_000, queue_ms: 600, delay_ms: 100, loss: 0.05 } });
	await page.waitForTimeout(3000); // what was sent for a wider link is on its way
	await listen(page, 6);

	await link.do({ down: { rate_bps: 64_000, queue_ms: 600, delay_ms: 100 } });
	await expect(tile).toHaveAttribute("data-reason", "bandwidth", { timeout: 20_000 });
	await expect(tile.locator(".poster")).toContainText("Đường truyền yếu");
	await listen(page, 5);

	await link.do({ down: {} });
	await expect(tile).toHaveAttribute("data-state", "live", { timeout: 30_000 });
	await expect(tile).not.toHaveAttribute("data-reason", "bandwidth");

	// Nothing but loss: of three packets in ten most are made good by those after them, also where a busy machine makes up some of its own.
	await link.do({ down: { delay_ms: 100, loss: 0.3 } });
	await page.waitForTimeout(5000); // until the server repeats what it says
	const share = await listen(page, 6);
	test.info().annotations.push({ type: "made up at 30 % loss", description: share.toFixed(3) });
	console.log(`      made up at 30 % loss: ${(100 * share).toFixed(1)} %`);
	expect(share, "made up at 30 % loss").toBeLessThan(0.2);
});
