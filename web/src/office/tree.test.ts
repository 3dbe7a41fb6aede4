import { expect, it } from "vitest";
import type { Unit } from "./directory";
import { flat, tree } from "./tree";

const unit = (id: string, parent?: string): Unit => ({ id, version: 1, name: id, level: "so", parent, protocol_order: 0 });
const ids = (units: Unit[]) => flat(tree(units)).map((b) => `${b.depth}${b.unit.id}`);

it("reads a tree from the top, siblings in the order given", () => {
	expect(ids([unit("tinh"), unit("so-b", "tinh"), unit("so-a", "tinh"), unit("phong", "so-b")])).toEqual([
		"0tinh",
		"1so-b",
		"2phong",
		"1so-a",
	]);
});

it("shows every unit: those without the one above them, and those that stand below themselves", () => {
	expect(ids([unit("xa", "huyen")])).toEqual(["0xa"]);
	expect(ids([unit("a", "b"), unit("b", "a"), unit("c", "a")]).sort()).toEqual(["0a", "0b", "0c"]);
	expect(ids([])).toEqual([]);
});
