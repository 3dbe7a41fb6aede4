import { type RefObject, useLayoutEffect } from "react";

/** F6 leads from one region of the page to the next, as everywhere on a desk; with Shift back. */
export function useRegions(root: RefObject<HTMLElement | null>): void {
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.key !== "F6" || event.ctrlKey || event.altKey || event.metaKey) return;
			const regions = [...(root.current?.querySelectorAll<HTMLElement>("main, [data-region], aside, footer") ?? [])].filter(
				(region) => region.offsetParent !== null,
			);
			if (regions.length === 0) return;
			event.preventDefault();
			const at = regions.findLastIndex((region) => region.contains(document.activeElement));
			const next = regions[(at + (event.shiftKey ? -1 : 1) + regions.length) % regions.length];
			next.tabIndex = -1;
			next.focus();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, [root]);
}
