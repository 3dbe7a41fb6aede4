import { expect, it } from "vitest";
import type { Texts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { clashSentences, inTheWay, resourceName } from "./clashes";
import { momentOf } from "./dates";

const t: Texts = (key, values) => `${key} ${Object.values(values ?? {}).join("|")}`;
const directory = {
	halls: [{ id: "P1", name: "Phòng họp số 1", short_name: "P1" }],
	people: [{ id: "ct", title: "Chủ tịch" }],
	units: ["a", "b", "c", "d"].map((id) => ({ id, name: `Huyện ${id}` })),
	terminals: [],
} as unknown as Directory;
const clash = (resource: string, meeting = "M8") => ({
	resource,
	meeting,
	subject: "Ứng phó bão",
	start: momentOf("2026-11-26", 840),
	end: momentOf("2026-11-26", 930),
});

it("names halls, leaders and sites, with when they are busy", () => {
	expect(clashSentences([clash("hall:P1"), clash("leader:ct"), clash("site:a"), clash("site:b", "M7")], directory, t)).toEqual([
		"clash.hall P1|14:00|15:30|Ứng phó bão",
		"clash.leader Chủ tịch|14:00|15:30|Ứng phó bão",
		"clash.sites Huyện a|Ứng phó bão|-2",
		"clash.sites Huyện b|Ứng phó bão|-2",
	]);
});

it("counts sites where there are many", () => {
	expect(
		clashSentences(
			["a", "b", "c", "d"].map((id) => clash(`site:${id}`)),
			directory,
			t,
		),
	).toEqual(["clash.manySites Huyện a, Huyện b, Huyện c|Ứng phó bão|1"]);
});

it("shows the id of what the directory does not know", () => {
	expect(resourceName("hall:P9", directory)).toBe("P9");
	expect(resourceName("terminal:t1", undefined)).toBe("t1");
	expect(
		inTheWay({
			resource: { kind: "hall", id: "P1" },
			meeting: "M",
			subject: "S",
			start: "2026-11-26T07:00:00Z",
			end: "2026-11-26T08:00:00Z",
			pre_emptible: true,
		}),
	).toMatchObject({
		resource: "hall:P1",
		preEmptible: true,
	});
});
