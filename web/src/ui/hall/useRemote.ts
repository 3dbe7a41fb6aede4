import { useLayoutEffect } from "react";

/** What a remote control's arrows go over, in their order. */
const stops = ".hall-page button:not([disabled])";

/**
 * The keys of a hall's remote control: arrows go from one button to the next, OK presses it, back lets go of it. OK on none of them is what
 * the screen offers.
 */
export function useRemote(ok: () => void): void {
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			const all = [...document.querySelectorAll<HTMLElement>(stops)];
			const at = all.indexOf(document.activeElement as HTMLElement);
			switch (event.key) {
				case "ArrowDown":
				case "ArrowRight":
					all[Math.min(at + 1, all.length - 1)]?.focus();
					break;
				case "ArrowUp":
				case "ArrowLeft":
					all[Math.max(at - 1, 0)]?.focus();
					break;
				case "Escape":
				case "Backspace":
				case "BrowserBack":
				case "GoBack":
					all[at]?.blur();
					break;
				case "Enter":
					if (at >= 0) return; // the button's own
					ok();
					break;
				default:
					return;
			}
			event.preventDefault();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, [ok]);
}
