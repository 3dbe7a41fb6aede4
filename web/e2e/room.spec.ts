import { expect, type Page, test } from "@playwright/test";
import { listen } from "./lib/probe";
import { at, people, Stage } from "./lib/stage";

let stage: Stage;

test.afterEach(async () => {
	await stage.stop();
});

/** Whether a tone is heard on a page, measured over a second. */
async function hears(page: Page, tone: number): Promise<boolean> {
	return (await page.evaluate(listen, [tone]))[0] > 20;
}

test("who waits in a meeting that is postponed is told so, and by what name it is over", async () => {
	stage = await Stage.start("floor", [], Date.now() + 10 * 60_000);
	const site = await stage.join(people.site);
	await expect
		.poll(async () => (await stage.server.ask<{ state: string }>("GET", `/api/v1/meetings/${stage.meeting.id}`)).state)
		.toBe("issued");
	await stage.server.post(`/api/v1/meetings/${stage.meeting.id}/postpone`, { reason: "Bão đổi hướng" });
	await expect(site.locator(at("over"))).toHaveAttribute("data-ending", "postponed");
	await expect(site.locator("h1")).toHaveText("Cuộc họp đã được hoãn.");
});

test("the secretary runs the meeting from the desk, and every act reaches the others", async () => {
	stage = await Stage.start("floor", [people.site, people.other, { name: "Huyện Vạn Sơn", unit: "Hội trường UBND huyện", order: 210 }]);
	const chair = await stage.join(people.chair);
	const site = await stage.join(people.site);
	const delegate = await stage.join(people.delegate);
	const secretary = await stage.join(people.secretary);
	await expect(secretary.locator(at("desk-page"))).toBeVisible();

	await test.step("the session is opened", async () => {
		await expect(delegate.locator(at("session"))).toHaveAttribute("data-session", "gathering");
		await secretary.click(at("session-open"));
		await expect(delegate.locator(at("session"))).toHaveCount(0);
	});

	await test.step("all sites stand in protocol order, those that have not come too", async () => {
		const names = await secretary.locator(`${at("site-row")} .sites-name`).allTextContents();
		expect(names).toEqual([
			people.chair.name,
			people.secretary.name,
			people.delegate.name,
			people.other.name,
			people.site.name,
			"Huyện Vạn Sơn",
		]);
		await secretary.fill(at("sites-search"), "van son");
		await expect(secretary.locator(at("site-row"))).toHaveCount(1);
		await expect(secretary.locator(at("site-row"))).toContainText("Chưa vào");
		await secretary.fill(at("sites-search"), "");
	});

	await test.step("the floor is asked for, given with a limit, extended and ended", async () => {
		await secretary.selectOption(at("speaking-time"), "3");
		await site.click(at("floor"));
		await delegate.click(at("floor"));
		await expect(secretary.locator(".queue-row")).toHaveCount(2);
		await expect(secretary.locator(".queue-row").first()).toContainText(/chờ 00:0\d/);
		await expect(delegate.locator(".floor-place")).toHaveText("2");
		await secretary.click(at("queue-more-1"));
		await secretary.getByRole("menuitem", { name: "Chuyển lên trước" }).click();
		await expect(delegate.locator(".floor-place")).toHaveText("1");
		await secretary.locator("body").press("n"); // the key for the next one
		await expect(delegate.locator(at("floor-banner"))).toContainText("Kính mời đồng chí phát biểu.");
		await expect(delegate.locator(`${at("floor-banner")} [role=timer]`)).toHaveText(/^0(3:00|2:5\d)$/);
		await expect(site.locator(`${at("slot-video-0")}.tile-lit [role=timer]`)).toBeVisible();
		await secretary.click(at("extend"));
		await expect(delegate.locator(`${at("floor-banner")} [role=timer]`)).toHaveText(/^0(5:00|4:\d\d)$/);
		await secretary.click(at("holder-mute"));
		await expect(delegate.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.withheld");
		await secretary.click(at("holder-mute"));
		await secretary.locator("body").press("e");
		await expect(delegate.locator(at("floor"))).toBeVisible();
		await expect(secretary.locator(".queue-turns")).toContainText(people.delegate.name);
	});

	await test.step("somebody is entered who cannot ask, and struck out again; the queue is closed", async () => {
		await secretary.click(at("queue-add"));
		await secretary.locator(".queue-search input").fill("giam doc");
		await secretary.getByRole("option", { name: /^Giám đốc/ }).click();
		await expect(delegate.locator(".floor-place")).toHaveText("2");
		await secretary.click(at("queue-more-1"));
		await secretary.click(at("queue-strike-1"));
		await secretary.click(at("queue-lock"));
		await expect(delegate.locator(at("floor"))).toBeDisabled();
		await secretary.click(at("queue-lock"));
		await expect(delegate.locator(at("floor"))).toBeEnabled();
	});

	await test.step("a recess closes the microphones, and the session goes on after it", async () => {
		await secretary.click(at("session-recess"));
		await expect(delegate.locator(at("session"))).toHaveAttribute("data-session", "recess");
		await expect(delegate.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.recess");
		await expect(secretary.locator(at("grant"))).toBeDisabled();
		await secretary.click(at("session-open"));
		await expect(delegate.locator(at("session"))).toHaveCount(0);
	});

	await test.step("the chair goes over to the desk and ends the meeting for all, after a question", async () => {
		await chair.click(at("desk"));
		await chair.click(at("end"));
		await expect(chair.getByRole("dialog")).toContainText("4 người tham dự sẽ rời phòng họp.");
		await chair.click(at("end-confirm"));
		for (const page of [site, delegate, secretary, chair]) await expect(page.locator(at("over"))).toHaveAttribute("data-ending", "ended");
	});
});

test("microphones are closed by the server, whatever a page does, and opened again", async () => {
	stage = await Stage.start("open");
	const chair = await stage.join(people.chair);
	const site = await stage.join(people.site);
	await expect.poll(() => hears(chair, people.site.scene.tone)).toBe(true);
	await chair.click(at("desk"));
	await chair.click(at("mute-all"));
	await expect(site.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.withheld");
	await site.evaluate(() => {
		for (const sender of window.diemcau.pc().getSenders()) if (sender.track?.kind === "audio") sender.track.enabled = true;
	});
	await expect.poll(() => hears(chair, people.site.scene.tone)).toBe(false);
	expect(await hears(site, people.chair.scene.tone)).toBe(true);
	await chair.click(at("undo"));
	await expect.poll(() => hears(chair, people.site.scene.tone)).toBe(true);
	await chair.locator(at("site-row")).filter({ hasText: people.site.name }).locator("button").click();
	await chair.click(at("site-mute"));
	await expect.poll(() => hears(chair, people.site.scene.tone)).toBe(false);
});

test("who comes to a locked meeting waits until let in, and who is taken out waits again", async () => {
	stage = await Stage.start("open");
	const chair = await stage.join(people.chair);
	await chair.click(at("desk"));
	await chair.click(at("lock"));
	const late = await stage.join(people.delegate);
	await expect(late.locator(at("waiting-room"))).toContainText("Chủ trì hoặc thư ký sẽ mời đồng chí vào");
	await expect(chair.locator(at("waiting"))).toContainText(people.delegate.name);
	await chair.click(at("admit"));
	await expect(late.locator(at("stage"))).toBeVisible();
	await expect.poll(() => late.evaluate(() => window.diemcau.call().video[0]?.state)).toBe("live");
	await chair.locator(at("site-row")).filter({ hasText: people.delegate.name }).locator("button").click();
	await chair.click(at("site-remove"));
	await chair.click(at("remove-confirm"));
	await expect(late.locator(at("over"))).toHaveAttribute("data-ending", "removed");
	await late.click(at("again"));
	await expect(late.locator(at("waiting-room"))).toBeVisible();
	await chair.click(at("decline"));
	await expect(late.locator(at("over"))).toHaveAttribute("data-ending", "declined");
	await chair.click(at("undo"), { timeout: 1000 }).catch(() => undefined); // its time may be over
});

test("what the chair chooses is seen on every screen, and what nobody sees is not received", async () => {
	stage = await Stage.start("floor", [people.site, people.other, { name: "Huyện Vạn Sơn", unit: "Hội trường UBND huyện", order: 210 }]);
	const chair = await stage.join(people.chair);
	const site = await stage.join(people.site);
	const other = await stage.join(people.other);
	const delegate = await stage.join(people.delegate);
	const hall = await stage.cast.open(await stage.link(people.display), undefined, { width: 1920, height: 1080 });
	await expect(hall.locator(at("hall-view"))).toHaveAttribute("data-main", "programme");
	await chair.click(at("desk"));

	await test.step("the sites", async () => {
		await chair.locator(at("stage-choice")).getByText("Các điểm cầu").click();
		for (const page of [delegate, site]) await expect(page.locator(at("stage"))).toHaveAttribute("data-main", "mosaic");
		await expect(hall.locator(at("hall-view"))).toHaveAttribute("data-main", "mosaic");
		await expect(hall.locator(".hall-grid .tile[data-state=live]")).toHaveCount(4); // the chair and three more
		await expect(hall.locator(".hall-grid .tile").filter({ hasText: "Huyện Vạn Sơn" })).toContainText("Chưa vào");
	});

	await test.step("a hall's screen has no control and no cursor", async () => {
		expect(await hall.locator("button, a, input, select").count()).toBe(0);
		expect(await hall.evaluate(() => getComputedStyle(document.querySelector(".hall-page") as Element).cursor)).toBe("none");
	});

	await test.step("what is not on the screen is not received", async () => {
		const shown = () =>
			hall.evaluate(() =>
				window.diemcau
					.call()
					.video.filter((s) => s && s.show !== "nothing")
					.map((s) => s.slot),
			);
		// The programme and the content have no place beside the mosaic.
		await expect.poll(shown).not.toContain(0);
		await expect.poll(shown).not.toContain(1);
	});

	await test.step("a site that is lost keeps its named tile", async () => {
		await other.context().close();
		const tile = hall.locator(".hall-grid .tile").filter({ hasText: people.other.name });
		await expect(tile).toContainText("Mất kết nối", { timeout: 20_000 });
		await expect(tile.locator(at("link-mark"))).toHaveAttribute("data-state", "bad");
		await expect(chair.locator(at("jump-lost"))).toContainText("1");
	});

	await test.step("a site that is pinned, whoever speaks", async () => {
		await chair.locator(at("site-row")).filter({ hasText: people.site.name }).locator("button").click();
		await chair.click(at("site-pin"));
		await expect(delegate.locator(at("slot-video-0"))).toContainText(people.site.name);
		await expect(hall.locator(at("slot-video-0"))).toContainText(people.site.name);
		await chair.click(at("unpin"));
		await expect(delegate.locator(at("slot-video-0"))).toContainText(people.chair.name);
	});

	await test.step("the content", async () => {
		await chair.click(at("to-meeting"));
		await chair.click(at("screen"));
		await expect(delegate.locator(at("stage"))).toHaveAttribute("data-main", "content");
		await expect(delegate.locator(at("slot-video-1"))).toHaveAttribute("data-state", "live");
		await expect(hall.locator(at("hall-view"))).toHaveAttribute("data-main", "content");
		await chair.click(at("screen"));
		await expect(delegate.locator(at("stage"))).toHaveAttribute("data-main", "programme");
	});
});

test("a leader arranges the own screen, and is told what is wrong", async () => {
	stage = await Stage.start("open");
	const site = await stage.join(people.site);
	const chair = await stage.join(people.chair);
	const leader = await stage.join(people.delegate);
	await expect(leader.locator(at("slot-video-0"))).toHaveAttribute("data-state", "live");

	await test.step("a second screen shows the content under the same identity", async () => {
		await chair.click(at("screen"));
		await expect(leader.locator(at("stage"))).toHaveAttribute("data-main", "content");
		await leader.click(at("layout"));
		const [second] = await Promise.all([leader.waitForEvent("popup"), leader.click(at("second-window"))]);
		await expect(second.locator(`${at("slot-video-1")}[data-state=live]`)).toBeVisible();
		await expect.poll(() => second.evaluate(() => document.querySelector("video")?.videoWidth ?? 0)).toBeGreaterThan(0);
		await expect(leader.locator(at("stage"))).toHaveAttribute("data-main", "programme");
		expect(await leader.evaluate(() => Object.keys(window.diemcau.call().participants).length)).toBe(3);
		await second.close();
		await expect(leader.locator(at("stage"))).toHaveAttribute("data-main", "content");
		await chair.click(at("screen"));
	});

	await test.step("another camera is taken in mid-call, in the same seat and connection", async () => {
		const before = await leader.evaluate(() => window.diemcau.call().participant);
		const track = () =>
			leader.evaluate(
				() =>
					window.diemcau
						.pc()
						.getSenders()
						.find((s) => s.track?.kind === "video")?.track?.id,
			);
		const first = await track();
		await leader.click(at("devices"));
		await leader.selectOption(at("select-camera"), "camera-2");
		await expect.poll(track).not.toBe(first);
		expect(await leader.evaluate(() => [window.diemcau.call().participant, window.diemcau.call().phase])).toEqual([before, "connected"]);
		await leader.click(at("layout"));
	});

	await test.step("the own picture is hidden and shown again", async () => {
		await leader.click(at("self-hide"));
		await expect(leader.locator(at("self-view"))).toHaveCount(0);
		await leader.click(at("self-hide"));
		await expect(leader.locator(at("self-view"))).toBeVisible();
	});

	await test.step("with sound only no picture is received", async () => {
		await leader.check(at("audio-only"));
		await expect(leader.locator(at("slot-video-0"))).toContainText("Chỉ âm thanh");
		const bytes = () =>
			leader.evaluate(async () => {
				const stats = (await window.diemcau.pc().getStats()) as unknown as Map<string, Record<string, unknown>>;
				return [...stats.values()]
					.filter((s) => s.type === "inbound-rtp" && s.kind === "video")
					.reduce((sum, s) => sum + Number(s.bytesReceived), 0);
			});
		await expect
			.poll(async () => {
				const before = await bytes();
				await leader.waitForTimeout(700);
				return (await bytes()) - before;
			})
			.toBe(0);
		await leader.uncheck(at("audio-only"));
		await expect(leader.locator(at("slot-video-0"))).toHaveAttribute("data-state", "live");
		await leader.locator(at("layout-panel")).press("Escape");
	});

	await test.step("who talks while muted is told", async () => {
		await leader.click(at("mic"));
		await expect(leader.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.muted");
		await leader.click(at("mic"));
		await expect(leader.locator(at("warning"))).toHaveCount(0);
	});

	await test.step("a camera that dies in mid-call is named, and the others see its place", async () => {
		await site.evaluate(() => {
			const track = window.diemcau
				.pc()
				.getSenders()
				.find((s) => s.track?.kind === "video")?.track;
			track?.stop();
			track?.dispatchEvent(new Event("ended"));
		});
		await expect(site.locator(at("warning"))).toHaveAttribute("data-warning", "trouble.camera");
		await expect(leader.locator(".strip .tile").filter({ hasText: people.site.name })).toContainText("Không có hình ảnh");
		await site.click(at("camera"));
		await expect(leader.locator(".strip .tile").filter({ hasText: people.site.name })).toHaveAttribute("data-state", "live");
		await expect(site.locator(at("warning"))).toHaveCount(0);
	});

	await test.step("the keys stand on a sheet, can be turned off, and F6 goes round", async () => {
		await leader.locator("body").press("?");
		await expect(leader.locator(at("help"))).toBeVisible();
		await leader.uncheck(at("keys-on"));
		await leader.keyboard.press("Escape");
		await leader.locator("body").press("m");
		await expect(leader.locator(at("mic"))).toHaveAttribute("aria-pressed", "true");
		await leader.keyboard.press("F6");
		const first = await leader.evaluate(() => document.activeElement?.className);
		await leader.keyboard.press("F6");
		expect(await leader.evaluate(() => document.activeElement?.className)).not.toBe(first);
	});
});

test("a poor link is marked at its tile with the figures behind it", async () => {
	stage = await Stage.start("open");
	const chair = await stage.join(people.chair);
	const link = await stage.link(people.site);
	const site = await stage.cast.open("about:blank", people.site.scene);
	await site.addInitScript(() => {
		const { getStats } = RTCPeerConnection.prototype;
		RTCPeerConnection.prototype.getStats = async function (this: RTCPeerConnection) {
			const stats = (await getStats.call(this)) as unknown as Map<string, Record<string, unknown>>;
			return new Map([...stats].map(([id, s]) => [id, s.type === "candidate-pair" ? { ...s, currentRoundTripTime: 0.612 } : s])) as never;
		} as never;
	});
	await site.goto(link);
	await site.click(`${at("join")}:not([disabled])`);
	const mark = chair.locator(at("slot-video-0")).locator(at("link-mark"));
	await expect(mark).toHaveAttribute("data-state", "warn", { timeout: 20_000 });
	await expect(mark).toHaveAttribute("aria-label", /^Đường truyền yếu: trễ 612 ms, mất gói \d/);
	await expect(site.locator(at("own-link"))).toHaveAttribute("data-state", "warn");
});

test("the seat moves to the second tab, and the first says so", async () => {
	stage = await Stage.start("open");
	const link = await stage.link(people.delegate);
	const first = await stage.cast.join(link, people.delegate.scene);
	const second = await stage.cast.join(link, people.delegate.scene);
	await expect(first.locator(at("over"))).toHaveAttribute("data-ending", "moved");
	await expect(first.locator(at("over"))).toContainText("cùng đường dẫn ở nơi khác");
	await first.click(at("again")); // one click, and back
	await expect(first.locator(at("stage"))).toBeVisible();
	await expect(second.locator(at("over"))).toHaveAttribute("data-ending", "moved");
});

test("a page that is loaded again while muted says what is true, and a link in the same tab leaves the meeting before", async () => {
	stage = await Stage.start("open");
	const chair = await stage.join(people.chair);
	const leader = await stage.join(people.delegate);
	const microphone = () =>
		chair.evaluate(
			(name) => Object.values(window.diemcau.call().participants).find((p) => p.name === name)?.microphone,
			people.delegate.name,
		);
	await leader.click(at("mic"));
	await expect.poll(microphone).toBe("muted");
	await leader.reload();
	await leader.click(`${at("join")}:not([disabled])`);
	await expect(leader.locator(at("mic"))).toHaveAttribute("aria-pressed", "true");
	await expect.poll(microphone).toBe("live");
	const other = await stage.link(people.other);
	await leader.evaluate((url) => {
		location.hash = url.split("#")[1];
	}, other);
	await expect(leader.locator(at("join"))).toBeVisible();
	await expect.poll(microphone).toBe(undefined);
});

test("names of any length and script break no page", async () => {
	stage = await Stage.start("open");
	const long = `Phó${"\u0301\u0323".repeat(60)} Chủ tịch Ủy ban ${"nhân dân ".repeat(11)}`.slice(0, 250);
	const rightToLeft = "رئيس اللجنة الشعبية";
	const chair = await stage.join(people.chair);
	await stage.join({ ...people.site, name: long, unit: long }, { width: 800, height: 500 });
	await stage.join({ ...people.other, name: rightToLeft, unit: rightToLeft }, { width: 800, height: 500 });
	for (const width of [1366, 360]) {
		await chair.setViewportSize({ width, height: 768 });
		await expect(chair.locator(".plate").filter({ hasText: rightToLeft }).first()).toBeVisible();
		expect(await chair.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(0);
		for (const plate of await chair.locator(".tile:visible").all()) {
			const [tile, name] = [await plate.boundingBox(), await plate.locator(".plate").first().boundingBox()];
			if (tile && name) expect(name.height, "a plate takes the picture's place").toBeLessThan(Math.max(tile.height, 140));
		}
	}
	await expect(stage.link({ ...people.site, name: "Huyện\u202e Cẩm Hà" })).rejects.toThrow("422");
	await expect(stage.link({ ...people.site, name: "a".repeat(257) })).rejects.toThrow("422");
});

test("countdowns follow the server where the clock of the machine is wrong by hours", async () => {
	stage = await Stage.start("floor", [], Date.now() + 15 * 60_000 + 40_000);
	const page = await stage.cast.open("about:blank", people.site.scene);
	await page.addInitScript(() => {
		const { now } = Date;
		Date.now = () => now() + 5 * 3600_000;
	});
	await page.goto(await stage.link(people.site));
	await expect(page.locator(at("countdown"))).toHaveText(/^00:[0-4]\d$/);
});

test("a network that lets no socket through is named, with what to ask for", async () => {
	stage = await Stage.start("open");
	const page = await stage.cast.open("about:blank", people.delegate.scene);
	await page.addInitScript(() => {
		const Real = WebSocket;
		window.WebSocket = class extends Real {
			constructor(url: string | URL, protocols?: string | string[]) {
				// A proxy that refuses the upgrade: the server's own health page does the same.
				super(String(url).replace(/\/ws$/, "/healthz"), protocols);
			}
		};
	});
	await page.goto(await stage.link(people.delegate));
	await page.click(`${at("join")}:not([disabled])`);
	await expect(page.locator(at("socket-blocked"))).toContainText("cho phép WebSocket đến 127.0.0.1", { timeout: 20_000 });
});

test("the join page tries the sound, keeps the choice, and says what is wrong with a device", async () => {
	stage = await Stage.start("floor");
	const page = await stage.cast.open(await stage.link(people.delegate), people.delegate.scene, { width: 1366, height: 768 });
	await expect(page.locator(at("check-microphone"))).toContainText("Đang nghe");
	await page.click(at("echo"));
	await expect(page.locator(at("check-echo"))).toHaveAttribute("data-state", "recording");
	await expect(page.locator(at("check-echo"))).toHaveAttribute("data-state", "done", { timeout: 15_000 });
	for (const [error, fault, text] of [
		["NotAllowedError", "blocked", "biểu tượng ổ khóa"],
		["NotReadableError", "busy", "phần mềm khác"],
		["NotFoundError", "none", "kiểm tra dây nối"],
	] as const) {
		const refused = await stage.cast.open("about:blank", people.delegate.scene);
		await refused.addInitScript((name) => {
			navigator.mediaDevices.getUserMedia = async () => {
				throw new DOMException("", name);
			};
		}, error);
		await refused.goto(await stage.link(people.delegate));
		await expect(refused.locator(at("check-camera"))).toHaveAttribute("data-fault", fault);
		await expect(refused.locator(at("check-camera"))).toContainText(text);
		await expect(refused.locator(at("join"))).toBeEnabled();
	}
	const insecure = await stage.cast.open("about:blank", people.delegate.scene);
	await insecure.addInitScript(() => Object.defineProperty(navigator, "mediaDevices", { value: undefined }));
	await insecure.goto(await stage.link(people.delegate));
	await expect(insecure.locator(at("check-camera"))).toHaveAttribute("data-fault", "insecure");
	await insecure.click(at("join"));
	await expect(insecure.locator(at("stage"))).toBeVisible();
});

test("a terminal joins by itself, comes back after cuts, and is seen to from afar", async () => {
	stage = await Stage.start("floor", [], Date.now() + 15 * 60_000 + 4_000);
	const { server, cast } = stage;
	const link = (await stage.link(people.site)).replace("/join#", "/terminal#");
	const terminal = await cast.open(link, people.site.scene, { width: 1920, height: 1080 });
	await expect(terminal.locator(at("foyer"))).toContainText("Tự vào phòng họp lúc");
	await expect(terminal.locator(at("light-camera"))).toHaveAttribute("data-state", "ok");
	await expect(terminal.locator(at("terminal"))).toBeVisible({ timeout: 20_000 });
	const operator = await stage.join(people.operator);
	await expect(operator.locator(at("desk-page"))).toBeVisible();

	await test.step("a technician chooses its camera and closes its microphone", async () => {
		await operator.locator(at("site-row")).filter({ hasText: people.site.name }).locator("button").click();
		await operator.click(at("site-devices"));
		await operator.selectOption(at("device-camera"), "camera-2");
		await expect.poll(() => terminal.evaluate(() => localStorage.getItem("diemcau.camera"))).toBe("camera-2");
		await operator.keyboard.press("Escape");
		await operator.locator(at("site-row")).filter({ hasText: people.site.name }).locator("button").click();
		await operator.click(at("site-mute"));
		await expect.poll(() => terminal.evaluate(() => Object.values(window.diemcau.call().participants).some((p) => p.withheld))).toBe(true);
	});

	await test.step("the power fails: the next start needs no link", async () => {
		await terminal.goto("about:blank");
		await terminal.goto(link.replace(/#.*/, ""));
		await expect(terminal.locator(at("terminal"))).toBeVisible({ timeout: 20_000 });
	});

	await test.step("the server goes and comes back", async () => {
		await server.kill();
		await expect(terminal.locator(at("reconnecting"))).toBeVisible({ timeout: 20_000 });
		await server.run();
		await expect(terminal.locator(at("reconnecting"))).toHaveCount(0, { timeout: 20_000 });
		await expect.poll(() => terminal.evaluate(() => window.diemcau.call().phase)).toBe("connected");
	});
});

test("the desk draws what is seen of four hundred sites, and finds any of them", async () => {
	const sites = Array.from({ length: 400 }, (_, i) => ({ name: `Xã Số ${i + 1}`, unit: `Hội trường UBND xã ${i + 1}`, order: 1000 + i }));
	stage = await Stage.start("floor", sites);
	const secretary = await stage.join(people.secretary);
	await expect(secretary.locator(at("sites"))).toContainText("1/401");
	expect(await secretary.locator(at("site-row")).count()).toBeLessThan(60);
	await secretary.fill(at("sites-search"), "xa so 377");
	await expect(secretary.locator(at("site-row"))).toHaveCount(1);
	await expect(secretary.locator(at("site-row"))).toContainText("378");
	await secretary.fill(at("sites-search"), "");
	await expect(secretary.locator(at("site-row")).nth(1)).toBeVisible(); // the whole list again
	await secretary.locator(at("sites-scroll")).focus();
	await secretary.keyboard.press("End");
	await expect(secretary.locator(at("site-row")).last()).toContainText("Xã Số 400");

	await test.step("the chair's page of the mosaic stands on every hall's screen", async () => {
		const hall = await stage.cast.open(await stage.link(people.display), undefined, { width: 1920, height: 1080 });
		await secretary.locator(at("stage-choice")).getByText("Các điểm cầu").click();
		await expect(hall.locator(".hall-bar")).toContainText("/17");
		await secretary.click(at("stage-next-page"));
		await secretary.click(at("stage-next-page"));
		await expect(hall.locator(".hall-bar")).toContainText("trang 2/17");
		// The chair has the first of the 25 tiles; the sites follow in protocol order.
		await expect(hall.locator(at("slot-video-3"))).toContainText("Xã Số 25");
	});
});

test("the meeting page is loaded in at most 250 KB", async () => {
	stage = await Stage.start("floor", [people.site]);
	const page = await stage.join(people.delegate);
	await page.waitForTimeout(500);
	const loaded = await page.evaluate(() =>
		[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")]
			.map((e) => e as PerformanceResourceTiming)
			.filter((e) => !e.name.includes("/api/"))
			.map((e) => ({ name: e.name.split("/").pop(), bytes: e.encodedBodySize })),
	);
	const sum = loaded.reduce((all, e) => all + e.bytes, 0);
	expect(sum, JSON.stringify(loaded)).toBeGreaterThan(50_000);
	expect(sum, JSON.stringify(loaded)).toBeLessThanOrEqual(250_000);
	expect(loaded.some((e) => e.name?.startsWith("DeskPage"))).toBe(false);
});
