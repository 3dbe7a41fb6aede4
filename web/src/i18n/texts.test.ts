import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { en as everyEn } from "./en";
import { duration, longTime } from "./index";
import { en as officeEn } from "./office/en";
import { vi as officeVi } from "./office/vi";
import { vi as everyVi } from "./vi";

const vi = { ...everyVi, ...officeVi };
const en = { ...everyEn, ...officeEn };

const root = join(import.meta.dirname, "..");
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter(
	(f) => /\.tsx?$/.test(f) && !/\.test\.|i18n\/(vi|en)\.ts$|i18n\/office\//.test(f),
);
const code = sources.map((f) => readFileSync(join(root, f), "utf8")).join("\n");

/** Keys that the code puts together of a beginning and a word, with the words that stand in the code or in the protocol. */
const composed = [...code.matchAll(/`([a-z]+\.)\$\{[^}]+\}(\w*)`/g)].map((m) => ({ begins: m[1], ends: m[2] }));
const words = new Set([...code.matchAll(/"(\w+)"/g)].map((m) => m[1]));
const isComposed = (key: string) =>
	composed.some(
		({ begins, ends }) => key.startsWith(begins) && key.endsWith(ends) && words.has(key.slice(begins.length, key.length - ends.length)),
	);

describe("texts", () => {
	it("exist in both languages, with the same values in them", () => {
		expect(Object.keys(en).sort()).toEqual(Object.keys(vi).sort());
		for (const key of Object.keys(vi) as (keyof typeof vi)[]) {
			const values = (text: string) => [...text.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1]).sort();
			expect(values(en[key]), key).toEqual(values(vi[key]));
			expect(en[key].trim(), key).not.toBe("");
		}
	});

	it("are all used", () => {
		const unused = Object.keys(vi).filter((key) => !code.includes(`"${key}"`) && !code.includes(`\`${key}\``) && !isComposed(key));
		expect(unused).toEqual([]);
	});

	it("are each in one place, and those of the office are used by office pages alone", () => {
		expect(Object.keys(vi)).toHaveLength(Object.keys(everyVi).length + Object.keys(officeVi).length);
		for (const file of sources.filter((f) => !f.includes("office/"))) {
			const text = readFileSync(join(root, file), "utf8");
			for (const key of Object.keys(officeVi)) expect(text.includes(`"${key}"`), `${file}: ${key}`).toBe(false);
		}
	});

	it("are formal", () => {
		for (const text of Object.values(vi)) expect(text).not.toMatch(/\b[Bb]ạn\b/);
	});

	it("are nowhere else: no Vietnamese stands in the code", () => {
		for (const file of sources.filter((f) => f.endsWith(".tsx"))) {
			const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
			expect(text, file).not.toMatch(/[ăâđêôơưạảãàáầấậẩẫ]/i);
		}
	});

	it("write times as officials do", () => {
		expect(longTime("2026-02-05T01:00:00Z", "vi")).toBe("08 giờ 00, thứ Năm, ngày 05 tháng 02 năm 2026");
		expect(longTime("2026-02-08T05:30:00Z", "vi")).toBe("12 giờ 30, chủ Nhật, ngày 08 tháng 02 năm 2026");
		expect(duration(130_000)).toBe("02:10");
		expect(duration(-1)).toBe("00:00");
		expect(duration(3_900_000)).toBe("1:05:00");
	});
});
