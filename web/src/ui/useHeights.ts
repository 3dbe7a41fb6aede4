import { useEffect } from "react";
import type { Call } from "../call/call";
import type { Heights } from "../call/view";

/** How long a window may be dragged before the server hears of it, in ms. */
const calm = 200;

/** Tells the server how large the tiles below an element are on the screen. */
export function useHeights(call: Call, root: React.RefObject<HTMLElement | null>, page: number): void {
	useEffect(() => {
		const element = root.current;
		if (!element) return;
		let timer: ReturnType<typeof setTimeout> | undefined;
		const measure = () => {
			const heights: Heights = {};
			for (const tile of element.querySelectorAll<HTMLElement>("[data-slot]")) {
				const picture = tile.querySelector(".picture");
				heights[Number(tile.dataset.slot)] = (picture?.clientHeight ?? 0) * devicePixelRatio;
			}
			call.show(heights, page);
		};
		const observer = new ResizeObserver(() => {
			clearTimeout(timer);
			timer = setTimeout(measure, calm);
		});
		for (const tile of element.querySelectorAll("[data-slot]")) observer.observe(tile);
		measure();
		return () => {
			clearTimeout(timer);
			observer.disconnect();
		};
	}, [call, root, page]);
}
