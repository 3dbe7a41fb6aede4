// Figures of the pages, printed and not judged: run by `npm run bench` on an idle machine.
import { type Page, test } from "@playwright/test";
import { at, people, Stage } from "./lib/stage";

test.skip(!process.env.FIGURES, "figures are for benchmarks");
test.setTimeout(600_000);

let stage: Stage;

test.afterEach(async () => {
	await stage.stop();
});

/** Counts the long tasks of a page from now on (W3C Long Tasks). */
async function watchTasks(page: Page): Promise<() => Promise<number[]>> {
	await page.evaluate(() => {
		const seen: number[] = [];
		(window as unknown as { tasks: number[] }).tasks = seen;
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries()) seen.push(Math.round(entry.duration));
		}).observe({ type: "longtask" });
	});
	return () => page.evaluate(() => (window as unknown as { tasks: number[] }).tasks);
}

test("the chair changes what all see: twenty clients", async () => {
	stage = await Stage.start("floor");
	const chair = await stage.join(people.chair);
	await chair.click(at("desk"));
	const clients: Page[] = [];
	for (let i = 0; i < 20; i++) {
		clients.push(
			await stage.join({ name: `Đại biểu ${i + 1}`, unit: "Sở Y tế", role: "delegate", order: 100 + i }, { width: 640, height: 480 }),
		);
	}
	const rounds: number[] = [];
	for (const show of [2, 0, 2, 0, 2, 0]) {
		const wanted = show === 2 ? "mosaic" : "programme";
		const seen = clients.map((page) =>
			page.evaluate(
				([selector, main]) =>
					new Promise<number>((done) => {
						const stage = document.querySelector<HTMLElement>(selector) as HTMLElement;
						new MutationObserver((_, observer) => {
							if (stage.dataset.main !== main) return;
							observer.disconnect();
							done(Date.now());
						}).observe(stage, { attributes: true });
					}),
				[at("stage"), wanted],
			),
		);
		await chair.waitForTimeout(500);
		const label = chair.locator(at("stage-choice")).locator("label").nth(show);
		const clicked = await label.evaluate((element) => {
			(element as HTMLElement).click();
			return Date.now();
		});
		rounds.push(Math.max(...(await Promise.all(seen))) - clicked);
	}
	console.log(`chair's choice on the last of 20 clients, ms: ${rounds.join(", ")}`);
});

test("four hundred sites in the desk's list: long tasks while it is scrolled and searched", async () => {
	const sites = Array.from({ length: 400 }, (_, i) => ({ name: `Xã Số ${i + 1}`, unit: `Hội trường UBND xã ${i + 1}`, order: 1000 + i }));
	stage = await Stage.start("floor", sites);
	const secretary = await stage.join(people.secretary);
	await secretary.waitForTimeout(2000);
	const tasks = await watchTasks(secretary);
	await secretary.locator(at("sites-scroll")).hover();
	for (let i = 0; i < 60; i++) {
		await secretary.mouse.wheel(0, 400);
		await secretary.waitForTimeout(30);
	}
	await secretary.locator(at("sites-search")).pressSequentially("hoi truong xa 377", { delay: 40 });
	console.log(`desk with 400 sites, long tasks in ms: ${(await tasks()).join(", ") || "none"}`);
});

test("twenty-five tiles: long tasks of the page", async () => {
	stage = await Stage.start("open");
	const { token } = await stage.server.post<{ token: string }>(`/api/v1/meetings/${stage.meeting.id}/tokens`, {
		role: "site",
		seats: "many",
	});
	const encoders = await stage.cast.open(stage.server.url);
	await encoders.evaluate(publish, [stage.meeting.id, token, 25] as const);
	const leader = await stage.join({ ...people.delegate, scene: undefined });
	await leader.click(at("layout"));
	await leader.check(at("layout-mosaic"));
	await leader.click(at("layout"));
	await leader.waitForTimeout(8000);
	const live = await leader.locator(".tile[data-state=live]:visible").count();
	const tasks = await watchTasks(leader);
	await leader.waitForTimeout(10_000);
	console.log(`${live} tiles for 10 s, long tasks in ms: ${(await tasks()).join(", ") || "none"}`);
});

/** Publishes painted pictures by WHIP (RFC 9725) on many connections of one page. Runs in the browser. */
async function publish([meeting, token, count]: readonly [string, string, number]): Promise<void> {
	const canvas = document.createElement("canvas");
	canvas.width = 320;
	canvas.height = 180;
	const context = canvas.getContext("2d") as CanvasRenderingContext2D;
	let tick = 0;
	setInterval(() => {
		context.fillStyle = `hsl(${tick++} 40% 40%)`;
		context.fillRect(0, 0, 320, 180);
	}, 100);
	const [track] = canvas.captureStream(10).getVideoTracks();
	for (let i = 0; i < count; i++) {
		const pc = new RTCPeerConnection();
		pc.addTransceiver(track, { direction: "sendonly" });
		await pc.setLocalDescription();
		const answer = await fetch(`/whip/${meeting}?name=${encodeURIComponent(`Điểm cầu ${i + 1}`)}`, {
			method: "POST",
			headers: { "Content-Type": "application/sdp", Authorization: `Bearer ${token}` },
			body: pc.localDescription?.sdp,
		});
		await pc.setRemoteDescription({ type: "answer", sdp: await answer.text() });
	}
}
