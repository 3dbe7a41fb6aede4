// A link that breaks comes back by itself in the same seat: over a proxy that cuts it and changes its address, and over a server that ends.
import { expect, type Page, type TestInfo, test } from "@playwright/test";
import type { Participant, ServerMessage } from "../src/signaling/protocol.gen";
import { Impaired } from "./lib/impaired";
import { at, people, Stage } from "./lib/stage";

let stage: Stage;
let link: Impaired | undefined;

test.afterEach(async () => {
	await link?.stop();
	link = undefined;
	await stage.stop();
});

/** What a page is told of who is here, in the order of time. */
interface Presence {
	participant: string;
	presence: Participant["presence"] | "gone";
	at: number;
}

/** Notes what a page is told of others. Before it joins. */
function noteOf(page: Page): { presences: Presence[]; sockets: number } {
	const note = { presences: [] as Presence[], sockets: 0 };
	page.on("websocket", (socket) => {
		note.sockets++;
		socket.on("framereceived", ({ payload }) => {
			const message = JSON.parse(String(payload)) as ServerMessage;
			if (message.type === "participant_changed") {
				const { id: participant, presence } = message.body.participant;
				if (note.presences.findLast((p) => p.participant === participant)?.presence !== presence)
					note.presences.push({ participant, presence, at: Date.now() });
			} else if (message.type === "participant_left") {
				note.presences.push({ participant: message.body.participant, presence: "gone", at: Date.now() });
			}
		});
	});
	return note;
}

const idOf = (page: Page) => page.evaluate(() => window.diemcau.call().participant);

/** Waits for the next frames of a participant on a page, in whatever tile. */
async function seesNow(page: Page, participant: string, patience = 20_000): Promise<void> {
	const frames = await page.evaluate(
		async ([id, ms]) => {
			const counted = new Set<HTMLVideoElement>();
			let seen = 0;
			const count = (video: HTMLVideoElement) =>
				video.requestVideoFrameCallback(() => {
					seen++;
					count(video);
				});
			for (const end = performance.now() + ms; seen < 3 && performance.now() < end; ) {
				for (const video of document.querySelectorAll<HTMLVideoElement>(`[data-participant="${id}"] video`)) {
					if (!counted.has(video)) count(video);
					counted.add(video);
				}
				await new Promise((done) => setTimeout(done, 50));
			}
			return seen;
		},
		[participant, patience] as const,
	);
	expect(frames, `frames of ${participant}`).toBeGreaterThanOrEqual(3);
}

/** The site's page over the bad link, with a mark on its connection. */
async function joinOverLink(seed: number): Promise<Page> {
	link = await Impaired.start(stage.server, seed);
	const page = await stage.cast.blank(people.site.scene, { width: 1366, height: 768 });
	await link.carry(page);
	await page.goto((await stage.link(people.site)).replace(stage.server.url, link.url));
	await stage.cast.enter(page);
	await mark(page);
	return page;
}

type Marked = RTCPeerConnection & { marked?: boolean };

async function mark(page: Page): Promise<void> {
	await page.evaluate(() => {
		(window.diemcau.pc() as Marked).marked = true;
	});
}

const isMarked = (page: Page) => page.evaluate(() => (window.diemcau.pc() as Marked).marked === true);

function tell(info: TestInfo, what: string, ms: number): void {
	info.annotations.push({ type: what, description: `${ms} ms` });
	console.log(`      ${what}: ${ms} ms`);
}

test("a link that is cut or comes to another address carries on in the same seat", async () => {
	const info = test.info();
	stage = await Stage.start("open");
	const chair = await stage.cast.blank(people.chair.scene, { width: 1366, height: 768 });
	const seen = noteOf(chair);
	await chair.goto(await stage.link(people.chair));
	await stage.cast.enter(chair);
	const site = await joinOverLink(11);
	if (!link) throw new Error("no link");
	const own = noteOf(site);
	const seat = await idOf(site);
	const other = await idOf(chair);
	/** Waits for pictures in both directions, and tells how long each took. */
	const flows = async (what?: string) => {
		const since = Date.now();
		const took = (name: string) => () => what && tell(info, `${name} ${what}`, Date.now() - since);
		await Promise.all([seesNow(site, other).then(took("pictures at the site")), seesNow(chair, seat).then(took("pictures of the site"))]);
	};
	await flows();
	const before = seen.presences.length;
	const presences = () => seen.presences.slice(before).map((p) => p.presence);
	const quiet = async () => {
		await expect(site.locator(at("reconnecting"))).toHaveCount(0, { timeout: 20_000 });
		expect(await idOf(site)).toBe(seat);
	};

	await test.step("3 s: nobody notices", async () => {
		await link?.do({ cut: true });
		await site.waitForTimeout(3000);
		const cut = await link?.do({ cut: false });
		expect(cut?.up.Cut).toBeGreaterThan(0);
		expect(cut?.down.Cut).toBeGreaterThan(0);
		await flows("after a cut of 3 s");
		await quiet();
		expect(await isMarked(site)).toBe(true);
		expect(own.sockets).toBe(0);
		expect(presences()).toEqual([]);
	});

	await test.step("10 s: the same media connection goes on", async () => {
		await link?.do({ cut: true });
		const cut = Date.now();
		await expect(site.locator(at("reconnecting"))).toBeVisible({ timeout: 10_000 });
		await site.waitForTimeout(Math.max(0, 10_000 - (Date.now() - cut)));
		await link?.do({ cut: false });
		await flows("after a cut of 10 s");
		await quiet();
		expect(await isMarked(site)).toBe(true);
	});

	await test.step("another address: the same media connection goes on before the socket is missed", async () => {
		const sockets = own.sockets;
		const moved = await link?.do({ move: true });
		expect(moved?.moves).toBe(1);
		await flows("after a change of address");
		expect(await isMarked(site)).toBe(true);
		// Nobody tells that the socket's address is gone: it is found out, and another one takes the seat.
		await expect.poll(() => own.sockets, { timeout: 20_000 }).toBeGreaterThan(sockets);
		await quiet();
		await flows();
		expect(await isMarked(site)).toBe(true);
	});

	await test.step("the machine says that it has another network: ICE is restarted on the same media connection", async () => {
		const { sockets } = own;
		const name = () => site.evaluate(() => /^a=ice-ufrag:(\S+)/m.exec(window.diemcau.pc().currentRemoteDescription?.sdp ?? "")?.[1]);
		const former = await name();
		await site.evaluate(() => window.dispatchEvent(new Event("online")));
		await expect.poll(name).not.toBe(former);
		await flows("after an ICE restart");
		expect(await isMarked(site)).toBe(true);
		expect(own.sockets).toBe(sockets);
	});

	await test.step("40 s: shown gone once within 20 s, and back in the seat", async () => {
		const from = seen.presences.length;
		const news = () => seen.presences.slice(from).filter((p) => p.participant === seat);
		await link?.do({ cut: true });
		const cut = Date.now();
		await expect.poll(() => news().length, { timeout: 20_000 }).toBe(1);
		tell(info, "shown gone after a cut", news()[0].at - cut);
		expect(news()[0].presence).toBe("lost");
		await site.waitForTimeout(Math.max(0, 40_000 - (Date.now() - cut)));
		expect(news().length).toBe(1);
		await link?.do({ cut: false });
		await flows("after a cut of 40 s");
		await quiet();
		expect(news().map((p) => p.presence)).toEqual(["lost", "here"]);
	});

	await test.step("others saw nobody leave", () => {
		expect(presences()).not.toContain("gone");
	});
});

test("a server that is killed or started anew has all back with role, floor and what is muted", async () => {
	stage = await Stage.start("floor");
	const pages = [
		await stage.join(people.chair),
		await stage.join(people.site),
		await stage.join(people.other),
		await stage.join(people.secretary),
	];
	const [chair, site, other, secretary] = pages;
	const seats = await Promise.all(pages.map(idOf));
	await site.click(at("floor"));
	await other.click(at("floor"));
	await expect(secretary.locator(".queue-row")).toHaveCount(2);
	await secretary.locator("body").press("n"); // the key for the next one
	await expect(site.locator(at("floor-banner"))).toBeVisible();
	await site.click(at("mic"));
	const about = () => Promise.all(pages.map(knownOf));
	const muted = (page: Page) => page.evaluate((id) => window.diemcau.call().participants[id]?.microphone, seats[1]);
	await expect.poll(() => muted(chair)).toBe("muted");
	await seesNow(chair, seats[1]);
	const before = await about();
	expect(before[0]).toMatchObject({ holder: seats[1], queue: [seats[2]] });
	for (const end of ["killed", "started anew"] as const) {
		await test.step(end, async () => {
			await (end === "killed" ? stage.server.kill() : stage.server.terminate());
			for (const page of pages) await expect(page.locator(at("reconnecting")).first()).toBeVisible({ timeout: 20_000 });
			const begun = Date.now();
			await stage.server.run();
			await expect.poll(about, { timeout: 20_000 }).toEqual(before);
			tell(test.info(), `all back after the server was ${end}`, Date.now() - begun);
			expect(await Promise.all(pages.map(idOf))).toEqual(seats);
			await seesNow(chair, seats[1]);
			await seesNow(site, seats[0]);
		});
	}
});

/** What a page knows of the meeting: who is here in which role, who has the floor, what is sent and muted. */
function knownOf(page: Page) {
	return page.evaluate(() => {
		const { phase, participants, floor } = window.diemcau.call();
		return {
			phase,
			here: Object.values(participants)
				.map((p) => `${p.id} ${p.role} ${p.presence} microphone ${p.microphone} camera ${p.camera}`)
				.sort(),
			holder: floor.holder,
			queue: floor.queue.map((r) => r.participant),
		};
	});
}
