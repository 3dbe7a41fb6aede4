// What the page tells the server of its tiles.
import type { Show, View, ViewSlot } from "../signaling/protocol.gen";

/** Height in device pixels of each tile that is visible, by its slot; a slot that is not named is not received. */
export type Heights = Record<number, number>;

/** What each slot is for: the programme, the content, the chair, and the mosaic in the rest. */
export function purpose(slot: number): Show {
	return (["programme", "content", "chair"] as const)[slot] ?? "mosaic";
}

/** heights is undefined while the page has not measured its tiles: then all are asked for, small. */
export function viewOf(count: number, heights: Heights | undefined, page: number): View {
	const slots: ViewSlot[] = [];
	for (let slot = 0; slot < count; slot++) {
		const visible = heights ? (heights[slot] ?? 0) : smallest;
		// Heights in steps: a window that is dragged larger should not ask for a new layer at every pixel.
		const height = Math.min(2160, Math.ceil(visible / 90) * 90);
		slots.push(height > 0 ? { slot, show: purpose(slot), height } : { slot, show: "nothing", height: 0 });
	}
	return { slots, page };
}

const smallest = 180;
