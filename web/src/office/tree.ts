// The tree of units, as lists show it.
import type { Unit } from "./directory";

export interface Branch {
	unit: Unit;
	/** 0 for a unit without one above it. */
	depth: number;
	children: Branch[];
}

/** The units as a tree, siblings in the order given. A unit whose parent is not there, or stands below it, stands at the top. */
export function tree(units: Unit[]): Branch[] {
	const known = new Map(units.map((u) => [u.id, u]));
	const below = new Map<string, Unit[]>();
	const rooted = (unit: Unit): boolean => {
		const seen = new Set<string>();
		let at: Unit | undefined = unit;
		while (at?.parent && known.has(at.parent)) {
			if (seen.has(at.id)) return false;
			seen.add(at.id);
			at = known.get(at.parent);
		}
		return true;
	};
	for (const unit of units) {
		const parent = unit.parent && known.has(unit.parent) && rooted(unit) ? unit.parent : "";
		below.set(parent, [...(below.get(parent) ?? []), unit]);
	}
	const branches = (parent: string, depth: number): Branch[] =>
		(below.get(parent) ?? []).map((unit) => ({ unit, depth, children: branches(unit.id, depth + 1) }));
	return branches("", 0);
}

/** All branches in the order in which they are read. */
export function flat(branches: Branch[]): Branch[] {
	return branches.flatMap((b) => [b, ...flat(b.children)]);
}
