// An office with what planning needs: a directory of the fictional province, and people who draft, approve and chair.
import { expect, type Page } from "@playwright/test";
import type { Meeting } from "../../src/office/meetings";
import { dayOf } from "../../src/ui/office/calendar/dates";
import { Office } from "./office";
import { Server } from "./server";
import { at } from "./stage";

export const password = "mot-mat-khau-that-dai";
export const people = {
	planner: { login: "chuyenvien", name: "Chuyên viên Sở Y tế", role: "planner" },
	approver: { login: "chanhvanphong", name: "Chánh Văn phòng", role: "approver" },
	secretary: { login: "thuky", name: "Thư ký", role: "secretary" },
	leader: { login: "pctkt", name: "Phó Chủ tịch (kinh tế)", role: "leader", person: "pct-kt" },
} as const;

const departments = ["Văn phòng UBND", "Sở Nội vụ", "Sở Tư pháp", "Sở Tài chính", "Sở Xây dựng", "Sở Y tế", "Thanh tra tỉnh"];
const districts = [
	"Thành phố Minh Giang",
	"Thành phố An Hải",
	"Thị xã Tân Hải",
	"Thị xã Đông Lĩnh",
	"Huyện An Lạc",
	"Huyện Cẩm Hà",
	"Huyện Hòa Khê",
	"Huyện Phú Lâm",
	"Huyện Thanh Khê",
	"Huyện Vạn Sơn",
];
const leaders = [
	["ct", "Chủ tịch"],
	["pct-tt", "Phó Chủ tịch Thường trực"],
	["pct-kt", "Phó Chủ tịch (kinh tế)"],
	["pct-vx", "Phó Chủ tịch (văn xã)"],
];
const halls: [string, number][] = [
	["P1", 120],
	["P2", 40],
	["P3", 20],
];

export const district = (i: number) => `h${i + 1}`;
const zone = 7 * 3600_000;
const day = 24 * 3600_000;

/** The Monday of next week, 00:00 in Việt Nam, in ms: nothing there is past, whatever the day of the test. */
export function nextMonday(): number {
	const local = new Date(Date.now() + zone);
	const since = (local.getUTCDay() + 6) % 7;
	return Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate() + 7 - since) - zone;
}

/** A time of next week: its days from 0, Monday, and hours. */
export function span(days: number, from: number, to: number): { start: string; end: string } {
	const at = (hours: number) => new Date(nextMonday() + days * day + hours * 3600_000).toISOString();
	return { start: at(from), end: at(to) };
}

/** When the last district ends and a commune begins: the Monday three weeks later. */
export function reorganisation(): number {
	return nextMonday() + 21 * day;
}

/** A moment's day in Việt Nam as it is typed. */
export function typedDay(ms: number): string {
	return new Date(ms + zone).toISOString().slice(0, 10).split("-").reverse().join("/");
}

/** A day of next week as it is typed. */
export function dayNextWeek(days: number): string {
	return typedDay(nextMonday() + days * day);
}

/** Chooses one of a field's options. */
export async function choose(page: Page, field: string, option: string): Promise<void> {
	await page.focus(at(field));
	await page.keyboard.press("ArrowDown");
	await page.getByRole("option", { name: option, exact: true }).click();
}

export async function setTime(page: Page, day: string, from: string, to: string): Promise<void> {
	await page.fill(at("field-day"), day);
	await page.keyboard.press("Tab");
	await expect(page.locator("[data-dates-dropdown]")).toHaveCount(0);
	await page.fill(at("field-from"), from);
	await page.fill(at("field-to"), to);
	await page.keyboard.press("Tab");
}

/** Puts the directory and the accounts into a server. */
async function fill(server: Server): Promise<void> {
	const put = (path: string, body: unknown) => server.put(`/api/v1/directory/${path}`, body);
	for (const [order, [id, name, name_en]] of [
		["tinh", "Tỉnh", "Province"],
		["so", "Sở, ban, ngành", "Departments"],
		["huyen", "Huyện, thị xã, thành phố", "Districts"],
	].entries()) {
		await put(`levels/${id}`, { name, name_en, order: order + 1 });
	}
	await put("units/ubnd", { name: "UBND tỉnh", level: "tinh", protocol_order: 1 });
	for (const [i, name] of departments.entries()) {
		await put(`units/s${i + 1}`, { name, level: "so", parent: "ubnd", protocol_order: 101 + i });
	}
	for (const [i, name] of districts.entries()) {
		const valid_to = i === districts.length - 1 ? dayOf(reorganisation() - 1) : undefined;
		await put(`units/${district(i)}`, { name, level: "huyen", parent: "ubnd", protocol_order: 201 + i, valid_to });
	}
	await put("units/xa-moi", {
		name: "Xã An Lạc mới", // below no other, as what was imported may be
		level: "huyen",
		protocol_order: 301,
		valid_from: dayOf(reorganisation()),
	});
	for (const [i, [id, title]] of leaders.entries()) {
		await put(`people/${id}`, { title, unit: "ubnd", protocol_order: i + 1, leader: true });
	}
	await put("people/gd-syt", { title: "Giám đốc Sở Y tế", unit: "s6", protocol_order: 1, leader: false });
	for (const [i, [id, seats]] of halls.entries()) {
		await put(`halls/${id}`, { name: `Phòng họp ${id}`, short_name: id, unit: "ubnd", seats, protocol_order: i + 1 });
	}
	await put("groups/muoi-huyen", { name: "10 huyện", units: districts.map((_, i) => district(i)) });
	for (const { login, name, role, ...more } of Object.values(people)) {
		await server.post("/api/v1/accounts", { login, name, password, grants: [{ role }], ...more });
	}
}

export class Planning {
	private constructor(readonly office: Office) {}

	static async start(): Promise<Planning> {
		return new Planning(await Office.on(await Server.prepared(fill)));
	}

	/** Plans a meeting as the administrator: issued at once, unless another state is asked for. */
	async plan(subject: string, plan: object, state: "draft" | "issued" = "issued"): Promise<Meeting> {
		return this.office.server.post("/api/v1/meetings", {
			subject,
			type: "thematic",
			format: "hybrid",
			chair: { person: "ct", name: "Chủ tịch" },
			speaking: "floor",
			...plan,
			state,
		});
	}

	/** Plans the same meeting so many times; it must hold nothing. */
	async many(count: number, plan: object): Promise<void> {
		for (let left = count; left > 0; left -= 25) {
			await Promise.all(Array.from({ length: Math.min(25, left) }, (_, i) => this.plan(`Làm việc với đoàn số ${left - i}`, plan)));
		}
	}

	/** Takes a meeting on as the administrator. */
	async act(meeting: Meeting, act: string, body: object = {}): Promise<Meeting> {
		return this.office.server.post(`/api/v1/meetings/${meeting.id}/${act}`, body);
	}

	async read(id: string): Promise<Meeting> {
		return this.office.server.ask("GET", `/api/v1/meetings/${id}`);
	}

	/** The domain's week, as far as planning is concerned. */
	async week(): Promise<Record<string, Meeting>> {
		const hall = (id: string) => [{ id, name: `Phòng họp ${id}` }];
		const sites = (count: number) => districts.slice(0, count).map((name, i) => ({ unit_id: district(i), name, protocol_order: 201 + i }));
		const chair = (i: number) => ({ person: leaders[i][0], name: leaders[i][1] });
		const made: Record<string, Meeting> = {
			M1: await this.plan("Giao ban Chủ tịch và các Phó Chủ tịch", {
				...span(0, 8, 9.5),
				type: "giao_ban",
				halls: hall("P2"),
				format: "in_person",
			}),
			M2: await this.plan("Hội nghị trực tuyến Chính phủ với địa phương", {
				...span(0, 14, 17),
				type: "gov_uplink",
				halls: hall("P1"),
				sites: sites(10),
			}),
			M3: await this.plan("Phiên họp thường kỳ UBND tỉnh", {
				...span(1, 8, 11.5),
				type: "ubnd_regular",
				halls: hall("P1"),
				format: "in_person",
			}),
			M4: await this.plan("Tiến độ giải phóng mặt bằng", { ...span(1, 14, 16.5), halls: hall("P2"), sites: sites(5), chair: chair(2) }),
			M5: await this.plan("Triển khai chuyển đổi số", {
				...span(2, 7.5, 11.5),
				type: "conference",
				halls: hall("P1"),
				sites: sites(10),
				chair: chair(1),
			}),
			M6: await this.plan(
				"Góp ý dự thảo quyết định",
				{ ...span(2, 14, 16), type: "consult", format: "online", chair: { name: "Giám đốc Sở Tư pháp" } },
				"draft",
			),
			M7: await this.plan("Tập huấn chuyển đổi số", {
				...span(3, 8, 16.5),
				type: "training",
				format: "online",
				chair: { name: "Giám đốc Sở TT&TT" },
			}),
			M9: await this.plan("Công tác y tế", { ...span(3, 14, 16), halls: hall("P1"), chair: chair(3), preparing_unit: "s6" }),
			M11: await this.plan(
				"Rà soát thủ tục hành chính",
				{ ...span(4, 10.5, 11.5), halls: hall("P3"), format: "in_person", chair: chair(1) },
				"draft",
			),
		};
		made.M6 = await this.act(await this.act(made.M6, "submit"), "approve");
		made.M11 = await this.act(made.M11, "submit");
		return made;
	}

	async stop(): Promise<void> {
		await this.office.stop();
	}
}
