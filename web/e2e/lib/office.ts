// A server with an office: its first administrator is made as the server says, and browsers are signed in.
import { expect, type Page } from "@playwright/test";
import { Cast } from "./cast";
import { Server } from "./server";
import { at } from "./stage";

export const administrator = { login: "quantri", name: "Quản trị viên", password: "mot-mat-khau-that-dai" };

const levels = [
	["tinh", "Tỉnh"],
	["so", "Sở, ban, ngành"],
	["huyen", "Huyện, thị xã, thành phố"],
	["xa", "Xã, phường, thị trấn"],
] as const;

const departments = [
	["van-phong", "Văn phòng UBND"],
	["so-noi-vu", "Sở Nội vụ"],
	["so-tu-phap", "Sở Tư pháp"],
	["so-ke-hoach", "Sở Kế hoạch và Đầu tư"],
	["so-tai-chinh", "Sở Tài chính"],
	["so-y-te", "Sở Y tế"],
] as const;

const districts = [
	["an-lac", "Huyện An Lạc"],
	["cam-ha", "Huyện Cẩm Hà"],
	["hoa-khe", "Huyện Hòa Khê"],
] as const;

const leaders = [
	"Chủ tịch UBND tỉnh",
	"Phó Chủ tịch Thường trực UBND tỉnh",
	"Phó Chủ tịch UBND tỉnh (kinh tế)",
	"Phó Chủ tịch UBND tỉnh (văn xã)",
];

/** Login name, name, role and where it holds. */
const holders = [
	["chutich", "Chủ tịch UBND tỉnh", "leader", ""],
	["chanhvp", "Chánh Văn phòng", "approver", ""],
	["vanthu", "Văn thư Văn phòng", "clerk", "van-phong"],
	["thuky.vp", "Thư ký", "secretary", "tinh"],
	["soyte.kehoach", "Chuyên viên Sở Y tế", "planner", "so-y-te"],
	["kythuat", "Trực kỹ thuật", "operator", ""],
	["thanhtra", "Thanh tra", "auditor", ""],
] as const;

export class Office {
	private constructor(
		readonly server: Server,
		readonly cast: Cast,
	) {}

	static async start(): Promise<Office> {
		const server = await Server.start();
		// It serves before it prints.
		await expect.poll(() => server.output).toContain("/setup#");
		return Office.on(server);
	}

	/** On a server that was prepared. */
	static async on(server: Server): Promise<Office> {
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
		const page = await this.#blank(language, width, height);
		await page.goto(path.startsWith("http") ? path : this.server.url + path);
		return page;
	}

	async #blank(language: "vi" | "en", width: number, height: number): Promise<Page> {
		const page = await this.cast.blank(undefined, { width, height });
		await page.addInitScript((l) => {
			if (!localStorage.getItem("diemcau.language")) localStorage.setItem("diemcau.language", l);
		}, language);
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

	/** Asks for a page of the office, which leads to the sign-in page, and signs in. */
	async signedIn(login: string, password: string, path = "/", language: "vi" | "en" = "vi", width = 1366, height = 768): Promise<Page> {
		const page = await this.open(path, language, width, height);
		await page.fill(at("login"), login);
		await page.fill(at("password"), password);
		await page.click(at("sign-in"));
		await page.waitForSelector(at("account-menu"));
		return page;
	}

	/** Opens a page as somebody who has signed in before. */
	async returning(login: string, password: string, path = "/", language: "vi" | "en" = "vi", width = 1366, height = 768): Promise<Page> {
		const page = await this.#blank(language, width, height);
		const { url } = this.server;
		const answer = await page.request.post(`${url}/api/v1/session`, { data: { login, password }, headers: { Origin: url } });
		expect(answer.status(), await answer.text()).toBe(200);
		await page.goto(url + path);
		await page.waitForSelector(at("account-menu"));
		return page;
	}

	/** An office at work: a small province, and who signs in there. */
	async furnish(): Promise<void> {
		const put = (path: string, body: unknown) => this.server.put(`/api/v1/directory/${path}`, body);
		for (const [i, [id, name]] of levels.entries()) await put(`levels/${id}`, { name, order: i + 1 });
		await put("units/tinh", { name: "UBND tỉnh Minh Giang", short_name: "UBND tỉnh", level: "tinh", protocol_order: 1 });
		for (const [i, [id, name]] of departments.entries()) {
			await put(`units/${id}`, { name, level: "so", parent: "tinh", protocol_order: 101 + i, mailbox: `${id}@minhgiang.example` });
			await put(`people/giam-doc-${id}`, { title: `Giám đốc ${name}`, unit: id, protocol_order: 101 + i });
		}
		for (const [i, [id, name]] of districts.entries()) {
			await put(`units/${id}`, { name, level: "huyen", parent: "tinh", protocol_order: 201 + i });
			await put(`units/${id}-xa-1`, { name: `Xã Số 1, ${name}`, level: "xa", parent: id, protocol_order: 1001 + i });
		}
		for (const [i, title] of leaders.entries())
			await put(`people/ld-${i + 1}`, { title, unit: "tinh", protocol_order: i + 1, leader: true });
		for (const [i, seats] of [120, 40, 20].entries()) {
			const id = `P${i + 1}`;
			await put(`halls/${id}`, { name: `Phòng họp ${id}`, short_name: id, unit: "tinh", seats, protocol_order: i + 1 });
			await put(`terminals/tb-${id}`, { name: `Thiết bị phòng ${id}`, hall: id });
		}
		await put("groups/huyen", { name: "Các huyện", units: districts.map(([id]) => id) });
		for (const [login, name, role, unit] of holders) {
			const grants = [unit ? { role, unit } : { role }];
			await this.server.post("/api/v1/accounts", { login, name, unit, grants });
		}
	}

	async stop(): Promise<void> {
		await this.cast.stop();
		await this.server.stop();
	}
}
