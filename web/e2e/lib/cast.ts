// Many participants in one browser, each in a context of its own with a painted camera: for pages that must be seen full.
import { type Browser, type BrowserContext, chromium, type Page } from "@playwright/test";
import { chromiumFlags } from "./participant";

/** A scene before a painted camera. */
export interface Scene {
	wall: string;
	/** How many people sit at the table. */
	people: number;
	/** Pitch of a soft tone in Hz; silent without. */
	tone?: number;
}

interface Viewport {
	width: number;
	height: number;
}

/** The browser of all tests that one process runs after each other: to start one takes longer than many of them. */
let shared: Promise<Browser> | undefined;

export class Cast {
	private constructor(
		private readonly browser: Browser,
		readonly pages: Page[] = [],
	) {}

	static async start(): Promise<Cast> {
		shared ??= chromium.launch({
			executablePath: "/usr/bin/chromium",
			args: [...chromiumFlags, "--autoplay-policy=no-user-gesture-required"],
		});
		return new Cast(await shared);
	}

	/** Opens a page with a painted camera; without a scene it has none. */
	async open(url: string, scene?: Scene, viewport?: Viewport, deviceScaleFactor?: number): Promise<Page> {
		const page = await this.blank(scene, viewport, deviceScaleFactor);
		await page.goto(url);
		return page;
	}

	/** Makes a page that is somewhere later. */
	async blank(
		scene?: Scene,
		viewport: Viewport = { width: 800, height: 500 },
		deviceScaleFactor = 1,
		/** What a browser kept of another time: cookies and local storage. */
		storageState?: Awaited<ReturnType<BrowserContext["storageState"]>>,
	): Promise<Page> {
		const context: BrowserContext = await this.browser.newContext({ viewport, deviceScaleFactor, locale: "vi-VN", storageState });
		context.setDefaultTimeout(20_000);
		const page = await context.newPage();
		await page.addInitScript(paint, scene ?? null);
		this.pages.push(page);
		return page;
	}

	/** Opens a page and joins. */
	async join(url: string, scene?: Scene, viewport?: Viewport): Promise<Page> {
		return this.enter(await this.open(url, scene, viewport));
	}

	/** Joins from the join page. */
	async enter(page: Page): Promise<Page> {
		await page.click('[data-testid="join"]:not([disabled])');
		await page.waitForSelector('[data-testid="leave"], [data-testid="waiting-room"]');
		return page;
	}

	async stop(): Promise<void> {
		await Promise.all(this.pages.map((page) => page.context().close()));
	}
}

/** Takes the place of the camera and the microphone of a page. Runs in the browser before the page's own scripts. */
function paint(scene: Scene | null): void {
	const devices = navigator.mediaDevices;
	if (!devices) return;
	devices.enumerateDevices = async () =>
		scene
			? ([
					{ kind: "videoinput", deviceId: "camera", groupId: "", label: "Máy quay chính" },
					{ kind: "videoinput", deviceId: "camera-2", groupId: "", label: "Máy quay dự phòng" },
					{ kind: "audioinput", deviceId: "microphone", groupId: "", label: "Micro để bàn" },
				] as MediaDeviceInfo[])
			: [];
	devices.getUserMedia = async (wanted) => {
		if (!scene) throw new DOMException("none", "NotFoundError");
		if (wanted?.audio) {
			const context = new AudioContext();
			const out = context.createMediaStreamDestination();
			const gain = new GainNode(context, { gain: scene.tone ? 0.2 : 0 });
			const oscillator = new OscillatorNode(context, { frequency: scene.tone ?? 440 });
			oscillator.connect(gain).connect(out);
			oscillator.start();
			return out.stream;
		}
		const canvas = document.createElement("canvas");
		const scale = 0.5; // of 640 × 360
		canvas.width = 640 * scale;
		canvas.height = 360 * scale;
		const c = canvas.getContext("2d") as CanvasRenderingContext2D;
		c.scale(scale, scale);
		const skins = ["#a47f66", "#b58d72", "#8f6a52", "#c09a80"];
		const clothes = ["#2d3440", "#e8e6e0", "#35506b", "#5a4636", "#6f7c85"];
		let tick = 0;
		const draw = () => {
			tick++;
			c.fillStyle = scene.wall;
			c.fillRect(0, 0, 640, 360);
			c.fillStyle = "rgb(0 0 0 / .12)";
			for (let x = 0; x < 640; x += 40) c.fillRect(x, 0, 14, 360);
			for (let i = 0; i < scene.people; i++) {
				const step = 640 / (scene.people + 1);
				const size = scene.people === 1 ? 1 : 0.6;
				const [x, y] = [step * (i + 1), 240 + Math.sin(tick / 6 + i) * 2];
				c.fillStyle = clothes[(i + scene.wall.charCodeAt(2)) % clothes.length];
				c.beginPath();
				c.ellipse(x, y + 70 * size, 100 * size, 110 * size, 0, Math.PI, 0);
				c.fill();
				c.fillStyle = skins[(i + scene.wall.charCodeAt(4)) % skins.length];
				c.beginPath();
				c.ellipse(x, y - 62 * size, 34 * size, 42 * size, 0, 0, 7);
				c.fill();
				c.fillStyle = "#1d1a18";
				c.beginPath();
				c.ellipse(x, y - 84 * size, 35 * size, 24 * size, 0, Math.PI, 0);
				c.fill();
			}
			c.fillStyle = "#5c4433";
			c.fillRect(0, 290, 640, 70);
			c.fillStyle = "rgb(255 255 255 / .08)";
			c.fillRect(0, 290, 640, 6);
		};
		draw();
		setInterval(draw, 200);
		return canvas.captureStream(5);
	};
	devices.getDisplayMedia = async () => {
		const canvas = document.createElement("canvas");
		canvas.width = 1280;
		canvas.height = 720;
		const c = canvas.getContext("2d") as CanvasRenderingContext2D;
		let tick = 0;
		const draw = () => {
			c.fillStyle = "#ffffff";
			c.fillRect(0, 0, 1280, 720);
			c.fillStyle = "#1c3a5e";
			c.font = "600 44px 'Be Vietnam Pro', sans-serif";
			c.fillText("Phương án ứng phó bão của huyện Cẩm Hà", 70, 110);
			c.fillStyle = "#dbe6ee";
			c.fillRect(70, 160, 560, 440);
			c.fillStyle = "#f2d9a6";
			c.fillRect(170, 260, 180, 120);
			c.fillStyle = "#1b2733";
			["1.240 hộ", "18 điểm", "312/318 tàu", "460 người"].forEach((line, i) => {
				c.font = "600 46px 'Be Vietnam Pro', sans-serif";
				c.fillText(line, 690, 220 + i * 110);
			});
			c.fillStyle = tick++ % 2 ? "#fefefe" : "#ffffff";
			c.fillRect(0, 700, 4, 4);
		};
		draw();
		setInterval(draw, 200);
		return canvas.captureStream(5);
	};
}
