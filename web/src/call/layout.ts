// What stands where. Pure: it follows from what the chair has chosen, from what the participant has, and from what there is to show.
import type { Stage } from "../signaling/protocol.gen";

/** What a participant wants to see: what the chair has chosen, or something else. */
export type Choice = "follow" | "programme" | "content" | "mosaic";

/** What takes the largest place. */
export type Main = "programme" | "content" | "mosaic";

export interface Layout {
	main: Main;
	/** The speaker has a place beside what is large. */
	speaker: boolean;
	/** The sites have a row below. */
	strip: boolean;
}

/** elsewhere: the content stands on a second screen. */
export function layoutOf(stage: Stage, choice: Choice, content: boolean, elsewhere = false): Layout {
	const wanted = choice === "follow" ? stage.show : choice;
	const shown = content && !elsewhere;
	switch (wanted) {
		case "mosaic":
			return { main: "mosaic", speaker: true, strip: false };
		case "content":
			return shown ? { main: "content", speaker: true, strip: false } : { main: "programme", speaker: false, strip: true };
		case "participant":
			return { main: "programme", speaker: false, strip: true };
		case "programme":
			// Whoever chose the speaker sees the speaker; whoever follows sees the content where there is some.
			return shown && choice === "follow"
				? { main: "content", speaker: true, strip: true }
				: { main: "programme", speaker: false, strip: true };
	}
}

/** How long a page of the mosaic stands where nobody turns it, in ms. */
export const pageTime = 20_000;

/** The page of the mosaic, from 0. now is the server's clock in ms, so that all screens turn together. */
export function pageOf(stage: Stage, pages: number, now: number): number {
	if (stage.page) return Math.min(stage.page, Math.max(1, pages)) - 1;
	return Math.floor(now / pageTime) % Math.max(1, pages);
}

/** Columns and rows of a mosaic with room for a number of tiles, nearly square. */
export function gridOf(tiles: number): { columns: number; rows: number } {
	const columns = Math.max(1, Math.ceil(Math.sqrt(tiles)));
	return { columns, rows: Math.max(1, Math.ceil(tiles / columns)) };
}
