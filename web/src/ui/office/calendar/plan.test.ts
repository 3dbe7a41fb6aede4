import { describe, expect, it } from "vitest";
import type { Plan } from "../../../office/meetings";
import { attend, attendance, type Candidate, differences, inFormat, isComplete, keyOf, merge, withFields } from "./plan";

const base: Plan = {
	subject: "Công tác y tế",
	type: "thematic",
	format: "hybrid",
	start: "2026-11-26T07:00:00Z",
	end: "2026-11-26T09:00:00Z",
	chair: { person: "pct-vx", name: "Phó Chủ tịch (văn xã)" },
	halls: [{ id: "P1", name: "Phòng họp P1" }],
	speaking: "floor",
};
const unit = (id: string, name: string, order: number): Candidate => ({ kind: "unit", id, name, order });
const health = unit("SYT", "Sở Y tế", 116);
const anLac = unit("AL", "Huyện An Lạc", 205);
const director: Candidate = { kind: "person", id: "gd-syt", name: "Giám đốc", unitId: "SYT", unit: "Sở Y tế", order: 1 };

describe("who takes part", () => {
	it("is a site over the network and a delegate in the hall", () => {
		const plan = attend(attend(base, [anLac], "online"), [health, director], "hall");
		expect(plan.sites?.map((s) => s.unit_id)).toEqual(["AL"]);
		expect(plan.delegates).toEqual([
			{ unit_id: "SYT", name: "Sở Y tế" },
			{ person: "gd-syt", unit_id: "SYT", name: "Giám đốc", unit: "Sở Y tế" },
		]);
		expect(Object.fromEntries(attendance(plan))).toEqual({
			"person:pct-vx": "hall",
			"unit:AL": "online",
			"unit:SYT": "hall",
			"person:gd-syt": "hall",
		});
	});

	it("moves between the two, keeps the order of protocol and goes", () => {
		let plan = attend(base, [anLac, health], "online");
		expect(plan.sites?.map((s) => s.unit_id)).toEqual(["SYT", "AL"]);
		plan = attend(plan, [health], "hall");
		expect([plan.sites?.length, plan.delegates?.length]).toEqual([1, 1]);
		plan = attend(plan, [health, anLac], undefined);
		expect([plan.sites, plan.delegates]).toEqual([[], []]);
	});

	it("keeps a site's own terminal and what has no id", () => {
		const plan = {
			...base,
			sites: [
				{ unit_id: "AL", name: "Huyện An Lạc", terminal: "t1", protocol_order: 205 },
				{ name: "Khách mời", protocol_order: 900 },
			],
		};
		expect(attend(plan, [anLac], "online").sites).toEqual(plan.sites);
	});

	it("follows the format", () => {
		const known = new Map([health, anLac].map((c) => [keyOf(c), c]));
		const plan = attend(attend(base, [health], "hall"), [anLac], "online");
		const online = inFormat(plan, "online", known);
		expect([online.halls, online.sites?.length, online.delegates?.length]).toEqual([[], 2, 0]);
		const inPerson = inFormat(plan, "in_person", known);
		expect([inPerson.halls?.length, inPerson.sites?.length, inPerson.delegates?.length]).toEqual([1, 0, 2]);
	});
});

describe("two people's changes", () => {
	const mine = { ...base, subject: "Công tác y tế 6 tháng" };
	it("come together where they are of different fields", () => {
		const theirs = { ...base, end: "2026-11-26T10:00:00Z" };
		const merged = merge(base, mine, theirs);
		expect(merged).toEqual({ plan: { ...mine, end: theirs.end }, merged: ["time"], contest: undefined });
	});

	it("are told where they are of the same; mine stays until it is given up", () => {
		const theirs = { ...base, subject: "Y tế dự phòng", type: "urgent" };
		const merged = merge(base, mine, theirs);
		expect([merged.plan.subject, merged.plan.type, merged.contest]).toEqual([
			mine.subject,
			"urgent",
			{ fields: ["subject"], base, theirs },
		]);
		expect(withFields(merged.plan, theirs, ["subject"]).subject).toBe("Y tế dự phòng");
		expect(merge(base, mine, mine).contest).toBeUndefined();
	});

	it("do not count how a value is written", () => {
		const same = {
			...base,
			sites: [],
			agenda: undefined,
			start: "2026-11-26T14:00:00+07:00",
			chair: { name: base.chair.name, person: "pct-vx", unit: "" },
		};
		expect(differences(base, same)).toEqual([]);
		expect(differences(base, attend(base, [health], "hall"))).toEqual(["participants"]);
	});
});

it("is complete with a subject, a chair and a time", () => {
	expect(isComplete(base)).toBe(true);
	for (const change of [{ subject: " " }, { chair: { name: "" } }, { end: base.start }])
		expect(isComplete({ ...base, ...change })).toBe(false);
});
