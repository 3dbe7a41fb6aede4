// What a participant has chosen for their own screen, kept on this machine.
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { Choice } from "../call/layout";

export interface Choices {
	choice: Choice;
	selfView: boolean;
	/** Single keys are commands (WCAG 2.1.4). */
	keys: boolean;
	/** Office pages are light, and dark on request. Rooms are always dark. */
	dark: boolean;
	/** Chair and secretary: the desk rather than the meeting. */
	desk?: boolean;
}

const storageKey = "diemcau.choices";

function stored(): Partial<Choices> {
	try {
		const kept = JSON.parse(localStorage.getItem(storageKey) ?? "{}") as Partial<Choices>;
		// The layout of another meeting is no choice for this one.
		return {
			selfView: kept.selfView !== false,
			keys: kept.keys !== false,
			dark: kept.dark === true,
			...(typeof kept.desk === "boolean" ? { desk: kept.desk } : {}),
		};
	} catch {
		return {};
	}
}

export const choices = createStore<Choices>(() => ({ choice: "follow", selfView: true, keys: true, dark: false, ...stored() }));

choices.subscribe(({ selfView, keys, dark, desk }) => localStorage.setItem(storageKey, JSON.stringify({ selfView, keys, dark, desk })));

export function useChoices(): Choices {
	return useStore(choices);
}
