// A participant in a real browser, with a camera and a microphone that only it has.
import { type Browser, chromium, type Page } from "@playwright/test";
import puppeteer, { type Browser as FirefoxBrowser, type Page as FirefoxPage } from "puppeteer-core";
import { type Device, deviceFiles, type Size } from "./devices";
import { listen, look, record } from "./probe";

export const chromiumFlags = [
	"--no-sandbox",
	"--disable-gpu",
	"--disable-quic",
	"--no-first-run",
	"--disable-background-networking",
	"--disable-component-update",
	"--disable-sync",
	"--use-fake-device-for-media-stream",
	"--use-fake-ui-for-media-stream",
	// Pages in the background must go on drawing: three participants share one machine.
	"--disable-background-timer-throttling",
	"--disable-backgrounding-occluded-windows",
	"--disable-renderer-backgrounding",
	"--auto-select-tab-capture-source-by-title=Điểm Cầu",
];

/** What the tests need of a page; Playwright's and Puppeteer's both have it. */
interface AnyPage {
	goto(url: string): Promise<unknown>;
	evaluate<A, R>(f: (arg: A) => R | Promise<R>, arg: A): Promise<R>;
	screenshot(options: { path: `${string}.png` }): Promise<unknown>;
}

/** One tile of the meeting page. */
export interface Tile {
	testid: string;
	participant: string;
	state: string;
	plate: string;
}

export class Participant {
	private constructor(
		readonly name: string,
		readonly device: Device,
		readonly page: AnyPage,
		private readonly close: () => Promise<void>,
		readonly log: string[],
	) {}

	static async chromium(name: string, device: Device, size: Size = "640x360"): Promise<Participant> {
		const files = deviceFiles(device, size);
		const browser: Browser = await chromium.launch({
			executablePath: "/usr/bin/chromium",
			args: [...chromiumFlags, `--use-file-for-fake-video-capture=${files.video}`, `--use-file-for-fake-audio-capture=${files.audio}`],
		});
		const page: Page = await browser.newPage({ viewport: { width: 1366, height: 768 } });
		const log: string[] = [];
		page.on("console", (message) => log.push(message.text()));
		page.on("pageerror", (error) => log.push(String(error)));
		return new Participant(name, device, page as unknown as AnyPage, () => browser.close(), log);
	}

	/** Firefox has a fake camera and microphone of its own; the tone can be chosen. */
	static async firefox(name: string, tone: number): Promise<Participant> {
		const browser: FirefoxBrowser = await puppeteer.launch({
			browser: "firefox",
			executablePath: "/usr/bin/firefox-esr",
			headless: true,
			extraPrefsFirefox: {
				"media.navigator.streams.fake": true,
				"media.navigator.permission.disabled": true,
				"media.navigator.audio.fake_frequency": tone,
				"media.autoplay.default": 0,
				"media.peerconnection.ice.obfuscate_host_addresses": false,
			},
		});
		const page: FirefoxPage = await browser.newPage();
		await page.setViewport({ width: 1366, height: 768 });
		const log: string[] = [];
		page.on("console", (message) => log.push(message.text()));
		page.on("pageerror", (error) => log.push(String(error)));
		return new Participant(name, { tone }, page as unknown as AnyPage, () => browser.close(), log);
	}

	/** Opens an invitation link and joins with one click. */
	async join(link: string): Promise<void> {
		await this.page.goto(link);
		await this.enter();
	}

	/** Joins from the join page. */
	async enter(): Promise<void> {
		await this.until("the join button", () =>
			this.page.evaluate(
				(s) => !!document.querySelector<HTMLButtonElement>(s) && !document.querySelector<HTMLButtonElement>(s)?.disabled,
				'[data-testid="join"]',
			),
		);
		await this.click("join");
		await this.inMeeting();
	}

	async inMeeting(): Promise<void> {
		await this.until("the meeting page", () => this.page.evaluate((s) => !!document.querySelector(s), '[data-testid="leave"]'));
	}

	async click(testid: string): Promise<void> {
		await this.until(`something to click: ${testid}`, () =>
			this.page.evaluate((s) => {
				const element = document.querySelector<HTMLElement>(s);
				if (!element || (element as HTMLButtonElement).disabled) return false;
				element.click();
				return true;
			}, `[data-testid="${testid}"]`),
		);
	}

	has(testid: string): Promise<boolean> {
		return this.page.evaluate((s) => !!document.querySelector(s), `[data-testid="${testid}"]`);
	}

	tiles(): Promise<Tile[]> {
		return this.page.evaluate(
			() =>
				[...document.querySelectorAll<HTMLElement>('[data-testid^="slot-video-"]')].map((tile) => ({
					testid: tile.dataset.testid ?? "",
					participant: tile.dataset.participant ?? "",
					state: tile.dataset.state ?? "",
					plate: tile.querySelector('[data-testid="plate"]')?.textContent ?? "",
				})),
			undefined,
		);
	}

	/** Waits until the other is seen: in a live tile with its name whose picture has its colour and moves. */
	async sees(other: Participant, patience = 15_000): Promise<void> {
		let seen = "";
		await this.until(
			`${other.name} on ${this.name}'s screen`,
			async () => {
				const tile = (await this.tiles()).find((t) => t.plate.includes(other.name) && t.state === "live");
				if (!tile) {
					seen = JSON.stringify(await this.tiles());
					return false;
				}
				const picture = await this.page.evaluate(look, `[data-testid="${tile.testid}"]`);
				seen = JSON.stringify([tile, picture]);
				return picture?.moves === true && (!other.device.colour || near(picture.colour, other.device.colour));
			},
			patience,
			() => seen,
		);
	}

	/** How far each of the tones stands out, in dB. */
	ears(...tones: number[]): Promise<number[]> {
		return this.page.evaluate(this.device.colour ? listen : record, tones);
	}

	async hears(other: Participant, patience = 15_000): Promise<void> {
		let levels: number[] = [];
		await this.until(
			`${other.name}'s voice at ${this.name}`,
			async () => {
				levels = await this.ears(other.device.tone);
				return levels[0] > heard;
			},
			patience,
			() => JSON.stringify(levels),
		);
	}

	/** Whether the other is heard now; measured over a second. */
	async isHeard(other: Participant): Promise<boolean> {
		return (await this.ears(other.device.tone))[0] > heard;
	}

	async silentFrom(other: Participant, patience = 10_000): Promise<void> {
		await this.until(`silence of ${other.name} at ${this.name}`, async () => !(await this.isHeard(other)), patience);
	}

	async until(what: string, condition: () => Promise<boolean>, patience = 15_000, detail = () => ""): Promise<void> {
		const end = Date.now() + patience;
		let last: unknown;
		do {
			try {
				if (await condition()) return;
			} catch (error) {
				last = error; // a page that reloads cannot answer
			}
			await pause(50);
		} while (Date.now() < end);
		throw new Error(`${this.name}: no ${what} within ${patience} ms. ${detail()} ${last ?? ""}\n${this.log.slice(-10).join("\n")}`);
	}

	leaveBrowser(): Promise<void> {
		return this.close();
	}
}

/** A tone that stands out by this much, in dB, is heard. */
const heard = 20;

export function near(a: readonly number[], b: readonly number[]): boolean {
	return a.every((part, i) => Math.abs(part - b[i]) < 60);
}

export function pause(ms: number): Promise<void> {
	return new Promise((done) => setTimeout(done, ms));
}
