import { expect, it } from "vitest";
import { type Block, place } from "./layout";

const at = (id: string, from: number, to: number): Block => ({ id, start: from * 3600_000, end: to * 3600_000 });
const placed = (...blocks: Block[]) =>
	Object.fromEntries([...place(blocks)].map(([id, p]) => [id, [Number(p.x.toFixed(2)), Number(p.width.toFixed(2)), p.over]]));

it("gives a block of its own the whole width", () => {
	expect(placed(at("a", 8, 9), at("b", 9, 10))).toEqual({ a: [0, 1, false], b: [0, 1, false] });
});

it("lays a later one over a long one", () => {
	expect(placed(at("training", 8, 16.5), at("storm", 14, 15.5))).toEqual({ training: [0, 1, false], storm: [0.2, 0.8, true] });
});

it("shares the width between those that begin together", () => {
	expect(placed(at("a", 14, 15.5), at("b", 14, 16), at("c", 14.5, 15))).toEqual({
		a: [0.33, 0.33, false],
		b: [0, 0.33, false],
		c: [0.67, 0.33, false],
	});
});

it("uses a column again that has become free", () => {
	expect(placed(at("a", 8, 10), at("b", 8.25, 8.75), at("c", 8.75, 9))).toEqual({
		a: [0, 0.5, false],
		b: [0.5, 0.5, false],
		c: [0.5, 0.5, false],
	});
});

it("lays three over each other, and two that begin together over one", () => {
	expect(placed(at("a", 8, 17), at("b", 10, 16), at("c", 14, 15))).toEqual({ a: [0, 1, false], b: [0.2, 0.8, true], c: [0.4, 0.6, true] });
	expect(placed(at("a", 8, 17), at("b", 14, 15), at("c", 14, 15))).toEqual({ a: [0, 1, false], b: [0.2, 0.4, true], c: [0.6, 0.4, true] });
});

it("stays within the day however many there are", () => {
	const all = place(Array.from({ length: 12 }, (_, i) => at(String(i), i * 1.5, 24)));
	for (const { x, width } of all.values()) expect(x + width).toBeLessThanOrEqual(1.0001);
	expect(place([]).size).toBe(0);
});
