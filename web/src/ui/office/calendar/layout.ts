// Where blocks of a day stand when they overlap. Those that begin together share the width; one that begins later, when the title of the
// other can be read already, lies over it, moved in from the left.
import { endOf, type Span, startOf } from "../../../office/meetings";
import type { Day } from "./dates";
import { partOn } from "./drag";

/** What takes place on a day, or in part of it, in the order of its beginning. */
export function ofDay<M extends Span>(meetings: M[], day: Day): M[] {
	return meetings.filter((m) => partOn({ start: startOf(m), end: endOf(m) }, day)).sort((a, b) => startOf(a) - startOf(b));
}

export interface Block {
	id: string;
	start: number;
	end: number;
}

/** Share of the day's width from the left, and how wide; over: lies on another. */
export interface Place {
	x: number;
	width: number;
	over: boolean;
}

/** ms for which a block's title stays readable under the next. */
const titleTime = 60 * 60_000;
const indent = 0.2;
const deepest = 0.6;

interface Row {
	start: number;
	x: number;
	blocks: Block[];
}

const overlap = (a: Block, b: Block) => a.start < b.end && b.start < a.end;

/** The place of each block, by its id. */
export function place(blocks: Block[]): Map<string, Place> {
	const places = new Map<string, Place>();
	const rows: Row[] = [];
	for (const block of [...blocks].sort((a, b) => a.start - b.start || b.end - a.end || a.id.localeCompare(b.id))) {
		const under = rows.filter((row) => row.blocks.some((other) => overlap(other, block)));
		const newest = under.at(-1);
		if (newest && block.start - newest.start < titleTime) newest.blocks.push(block);
		else rows.push({ start: block.start, x: Math.min(deepest, Math.max(-indent, ...under.map((row) => row.x)) + indent), blocks: [block] });
	}
	for (const { x, blocks: shared } of rows) {
		const ends: number[] = []; // of each column
		const columns = shared.map((block) => {
			const free = ends.findIndex((end) => end <= block.start);
			const column = free < 0 ? ends.length : free;
			ends[column] = block.end;
			return column;
		});
		const width = (1 - x) / ends.length;
		shared.forEach((block, i) => {
			places.set(block.id, { x: x + columns[i] * width, width, over: x > 0 });
		});
	}
	return places;
}
