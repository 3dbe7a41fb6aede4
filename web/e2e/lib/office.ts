// A server with an office: its first administrator is made as the server says, and browsers are signed in.
import type { Page } from "@playwright/test";
import { Cast } from "./cast";
import { Server } from "./server";
import { at } from "./stage";

export const administrator = { login: "quantri", name: "Quản trị viên", password: "mot-mat-khau-that-dai" };

export class Office {
	private constructor(
		readonly server: Server,
		readonly cast: Cast,
	) {}

	static async start(): Promise<Office> {
		const server = await Server.start();
		return new Office(server, await Cast.start());
	}

	/** The link that the server printed for the first administrator. */
	get setupLink(): string {
		const [link] = this.server.output.match(/http\S+\/setup#\S+/) ?? [];
		if (!link) throw new Error(`no link was printed:\n${this.server.output}`);
		return link;
	}

	/** Opens a page as somebody who was never here. */
	async open(path: string, language: "vi" | "en" = "vi", width = 1366, height = 768): Promise<Page> {
		const page = await this.cast.open("about:blank", undefined, { width, height });
		await page.addInitScript((l) => {
			if (!localStorage.getItem("diemcau.language")) localStorage.setItem("diemcau.language", l);
		}, language);
		await page.goto(path.startsWith("http") ? path : this.server.url + path);
		return page;
	}

	/** Makes the first administrator in the browser and gives the page that is then open. */
	async setUp(): Promise<Page> {
		const page = await this.open(this.setupLink);
		await page.fill(at("login"), administrator.login);
		await page.fill(at("name"), administrator.name);
		await page.fill(at("password"), administrator.password);
		await page.fill(at("repeated"), administrator.password);
		await page.click(at("set-up"));
		await page.waitForSelector(at("account-menu"));
		return page;
	}

	/** Signs in and opens a page of the office. */
	async signedIn(login: string, password: string, path = "/", language: "vi" | "en" = "vi", width = 1366, height = 768): Promise<Page> {
		const page = await this.open(path, language, width, height);
		await page.fill(at("login"), login);
		await page.fill(at("password"), password);
		await page.click(at("sign-in"));
		await page.waitForSelector(at("account-menu"));
		return page;
	}

	async stop(): Promise<void> {
		await this.cast.stop();
		await this.server.stop();
	}
}
