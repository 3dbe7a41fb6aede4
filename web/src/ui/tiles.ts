import { createContext } from "react";
import type { Call } from "../call/call";
import type { Heights } from "../call/view";

/** How long tiles may move about before the server hears of it, in ms. */
const calm = 150;

/** Knows which tiles are visible, in whatever window, and tells the server how large they are. */
export class Tiles {
	#tiles = new Map<Element, { slot: number; visible: boolean }>();
	#observers = new Map<Window, { sight: IntersectionObserver; size: ResizeObserver }>();
	#page = 0;
	#timer?: ReturnType<typeof setTimeout>;
	#told = false;

	constructor(private readonly call: Call) {}

	/** The page of the mosaic that is wanted, from 0. */
	turnTo(page: number): void {
		if (page === this.#page) return;
		this.#page = page;
		this.#tell();
	}

	/** Watches a tile's picture until the returned function is called. */
	add(slot: number, picture: Element): () => void {
		const view = picture.ownerDocument.defaultView ?? window;
		const { sight, size } = this.#watch(view);
		this.#tiles.set(picture, { slot, visible: false });
		sight.observe(picture);
		size.observe(picture);
		return () => {
			this.#tiles.delete(picture);
			sight.unobserve(picture);
			size.unobserve(picture);
			this.#later();
		};
	}

	/** Stops watching. */
	close(): void {
		clearTimeout(this.#timer);
		for (const [view, { sight, size }] of this.#observers) {
			sight.disconnect();
			size.disconnect();
			view.document?.removeEventListener("visibilitychange", this.#later);
		}
		this.#observers.clear();
	}

	#watch(view: Window & typeof globalThis): { sight: IntersectionObserver; size: ResizeObserver } {
		let observers = this.#observers.get(view);
		if (!observers) {
			const sight = new view.IntersectionObserver((entries) => {
				for (const entry of entries) {
					const tile = this.#tiles.get(entry.target);
					if (tile) tile.visible = entry.isIntersecting;
				}
				// The first sight is told at once: the pictures of a page that has just opened are waited for.
				if (this.#told) this.#later();
				else this.#tell();
			});
			const size = new view.ResizeObserver(this.#later);
			view.document.addEventListener("visibilitychange", this.#later);
			observers = { sight, size };
			this.#observers.set(view, observers);
		}
		return observers;
	}

	#later = (): void => {
		clearTimeout(this.#timer);
		this.#timer = setTimeout(() => this.#tell(), calm);
	};

	#tell(): void {
		const heights: Heights = {};
		for (const [picture, { slot, visible }] of this.#tiles) {
			const { ownerDocument, clientHeight } = picture;
			if (!visible || ownerDocument.visibilityState === "hidden") continue;
			heights[slot] = clientHeight * (ownerDocument.defaultView?.devicePixelRatio ?? 1);
			this.#told = true;
		}
		this.call.show(heights, this.#page);
	}
}

export const TilesContext = createContext<Tiles | undefined>(undefined);

/** True on a screen that nobody sits before: there is nothing to point at. */
export const UnattendedContext = createContext(false);
