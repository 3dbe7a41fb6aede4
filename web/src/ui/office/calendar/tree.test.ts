import { expect, it } from "vitest";
import type { Directory } from "../../../office/directory";
import { candidatesOf, chosenOf, found, othersOf, sectionsOf } from "./tree";

const record = { version: 1 };
const unit = (id: string, name: string, level: string, order: number, parent?: string) => ({
	...record,
	id,
	name,
	level,
	parent,
	protocol_order: order,
});
const directory: Directory = {
	revision: 1,
	levels: [
		{ ...record, id: "tinh", name: "Tỉnh", order: 1 },
		{ ...record, id: "so", name: "Sở, ban, ngành", name_en: "Departments", order: 2 },
		{ ...record, id: "huyen", name: "Huyện, thị xã, thành phố", order: 3 },
		{ ...record, id: "xa", name: "Xã, phường, thị trấn", order: 4 },
	],
	units: [
		unit("ubnd", "UBND tỉnh Minh Giang", "tinh", 1),
		unit("dl", "Thị xã Đông Lĩnh", "huyen", 204, "ubnd"),
		unit("al", "Huyện An Lạc", "huyen", 203, "ubnd"),
		unit("syt", "Sở Y tế", "so", 116, "ubnd"),
	],
	people: [
		{ ...record, id: "pct", title: "Phó Chủ tịch (văn xã)", unit: "ubnd", protocol_order: 4, leader: true },
		{ ...record, id: "ct", title: "Chủ tịch", unit: "ubnd", protocol_order: 1, leader: true },
		{ ...record, id: "gd", title: "Giám đốc", unit: "syt", protocol_order: 1, leader: false },
	],
	halls: [],
	terminals: [],
	groups: [],
};
const sections = sectionsOf(directory, { leaders: (unit) => `Lãnh đạo ${unit}`, english: false });
const shown = (all: typeof sections) => all.map((s) => [s.name, ...s.rows.flatMap((r) => [r.candidate, ...r.people].map((c) => c.name))]);

it("goes by protocol, the leaders first, without the province and empty levels", () => {
	expect(shown(sections)).toEqual([
		["Lãnh đạo UBND tỉnh Minh Giang", "Chủ tịch", "Phó Chủ tịch (văn xã)"],
		["Sở, ban, ngành", "Sở Y tế", "Giám đốc"],
		["Huyện, thị xã, thành phố", "Huyện An Lạc", "Thị xã Đông Lĩnh"],
	]);
	expect(sections.map((s) => s.rows[0].usual)).toEqual(["hall", "hall", "online"]);
	expect(sectionsOf(directory, { leaders: () => "", english: true })[1].name).toBe("Departments");
});

it("has units that are below no other, but the one that invites", () => {
	const names = { leaders: () => "Lãnh đạo", english: false };
	const rowsOf = (units: Directory["units"]) =>
		sectionsOf({ ...directory, people: [], units }, names).flatMap((s) => s.rows.map((r) => [s.name, r.candidate.name, r.usual]));
	const army = [
		unit("qs", "Bộ Chỉ huy Quân sự tỉnh", "so", 119),
		unit("ca", "Công an tỉnh", "tinh", 2),
		unit("td", "Tiểu đoàn", "huyen", 1, "qs"),
	];
	expect(rowsOf([...directory.units, ...army])).toEqual([
		["Tỉnh", "Công an tỉnh", "hall"],
		["Sở, ban, ngành", "Sở Y tế", "hall"],
		["Sở, ban, ngành", "Bộ Chỉ huy Quân sự tỉnh", "hall"],
		["Huyện, thị xã, thành phố", "Tiểu đoàn", "online"],
		["Huyện, thị xã, thành phố", "Huyện An Lạc", "online"],
		["Huyện, thị xã, thành phố", "Thị xã Đông Lĩnh", "online"],
	]);
	// Where none is below another all of them can be invited.
	expect(rowsOf([unit("a", "Phòng A", "so", 1), unit("b", "Phòng B", "so", 2)]).map(([, name]) => name)).toEqual(["Phòng A", "Phòng B"]);
});

it("has those beside it who take part and are not in it", () => {
	const plan = {
		sites: [
			{ unit_id: "al", name: "Huyện An Lạc", protocol_order: 203 },
			{ unit_id: "xa-1", name: "Xã mới", protocol_order: 301 },
			{ name: "Điểm cầu không có mã", protocol_order: 400 },
		],
		delegates: [
			{ person: "gd", unit_id: "syt", name: "Giám đốc", unit: "Sở Y tế" },
			{ person: "gd-cu", unit_id: "so-cu", name: "Giám đốc", unit: "Sở cũ" },
			{ unit_id: "so-cu", name: "Sở cũ" },
		],
	};
	const [others] = othersOf(plan, sections, "Khác");
	expect(others.rows.map((r) => [r.candidate.kind, r.candidate.id, r.usual])).toEqual([
		["unit", "xa-1", "online"],
		["person", "gd-cu", "hall"],
		["unit", "so-cu", "hall"],
	]);
	expect(othersOf({ sites: plan.sites.slice(0, 1) }, sections, "Khác")).toEqual([]);
});

it("is searched without diacritics", () => {
	expect(shown(found(sections, "dong linh"))).toEqual([["Huyện, thị xã, thành phố", "Thị xã Đông Lĩnh"]]);
	expect(shown(found(sections, "giam doc y te"))).toEqual([["Sở, ban, ngành", "Sở Y tế", "Giám đốc"]]);
	expect(shown(found(sections, "huyen"))).toEqual([["Huyện, thị xã, thành phố", "Huyện An Lạc", "Thị xã Đông Lĩnh"]]);
	expect(found(sections, "xyz")).toEqual([]);
	expect(found(sections, " ")).toBe(sections);
});

it("counts what is chosen", () => {
	expect(chosenOf(sections[2], new Map())).toEqual({ count: 0, state: "none" });
	expect(chosenOf(sections[2], new Map([["unit:al", "online"]]))).toEqual({ count: 1, state: "some" });
	expect(candidatesOf(sections).size).toBe(6);
});
