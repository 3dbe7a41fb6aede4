import { useEffect } from "react";
import type { Call } from "../call/call";

/** Elements in which keys mean text, or which have keys of their own. */
const typing = "input, textarea, select, [contenteditable=true], [role=dialog]";

/** Whether a key is a command rather than text. Vietnamese input methods compose letters: their keys are never commands. */
export function isCommand(event: Pick<KeyboardEvent, "isComposing" | "keyCode" | "ctrlKey" | "altKey" | "metaKey" | "target">): boolean {
	if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return false;
	return !(event.target instanceof Element && event.target.closest(typing));
}

/** Space held down opens the microphone for as long as it is held. */
export function useShortcuts(call: Call): void {
	useEffect(() => {
		let held = false;
		const down = (event: KeyboardEvent) => {
			if (event.code !== "Space" || !isCommand(event)) return;
			// Neither a click of the button that has the focus nor a scroll.
			event.preventDefault();
			if (event.repeat || held || !call.local.getState().muted) return;
			held = true;
			void call.mute(false);
		};
		const up = (event: KeyboardEvent) => {
			if (event.code !== "Space" || !held) return;
			event.preventDefault();
			release();
		};
		const release = () => {
			if (!held) return;
			held = false;
			void call.mute(true);
		};
		window.addEventListener("keydown", down);
		window.addEventListener("keyup", up);
		// A window that loses the focus hears no key going up.
		window.addEventListener("blur", release);
		return () => {
			window.removeEventListener("keydown", down);
			window.removeEventListener("keyup", up);
			window.removeEventListener("blur", release);
		};
	}, [call]);
}
