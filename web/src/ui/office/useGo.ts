import { useLayoutEffect } from "react";
import { choices } from "../choices";
import { isCommand } from "../useShortcuts";

/** How long a G waits for its letter, in ms. */
const patience = 1500;

/** G and then a letter opens a page; the letter is no other command then. */
export function useGo(paths: Record<string, string>, go: (path: string) => void): void {
	useLayoutEffect(() => {
		let until = 0;
		const down = (event: KeyboardEvent) => {
			if (event.repeat || !choices.getState().keys || !isCommand(event)) return;
			const letter = event.code.replace("Key", "").toLowerCase();
			const waited = performance.now() < until;
			until = 0;
			if (waited && paths[letter]) {
				event.preventDefault();
				event.stopImmediatePropagation();
				go(paths[letter]);
			} else if (letter === "g") until = performance.now() + patience;
		};
		window.addEventListener("keydown", down, { capture: true });
		return () => window.removeEventListener("keydown", down, { capture: true });
	}, [paths, go]);
}
