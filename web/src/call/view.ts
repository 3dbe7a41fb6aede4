// What the page tells the server of its tiles.
import type { Show, View, ViewSlot } from "../signaling/protocol.gen";

/** Height of a tile on the screen in device pixels; 0 where it is not visible. */
export type Heights = Record<number, number>;

/** What each slot is for: the programme, the content, the chair, and the mosaic in the rest. */
export function purpose(slot: number): Show {
	return (["programme", "content", "chair"] as const)[slot] ?? "mosaic";
}

/** Slots keep their purpose while they are hidden for a moment: content and mosaic must be known to be offered at all. */
export function viewOf(count: number, heights: Heights, page: number): View {
	const slots: ViewSlot[] = [];
	for (let slot = 0; slot < count; slot++) {
		// Heights in steps: a window that is dragged larger should not ask for a new layer at every pixel.
		const height = Math.min(2160, Math.ceil((heights[slot] ?? smallest) / 90) * 90);
		slots.push({ slot, show: purpose(slot), height: Math.max(90, height) });
	}
	return { slots, page };
}

const smallest = 180;
