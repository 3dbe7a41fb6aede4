// Short messages at the bottom left: at most two, for six seconds. What failed stays until it is closed.
import { createStore } from "zustand/vanilla";
import type { TextKey } from "../i18n/vi";
import type { Problem } from "../signaling/rest";

export interface Toast {
	id: number;
	state: "ok" | "warn" | "bad";
	text: TextKey;
	/** Why it failed, in the server's words. */
	problem?: Problem;
	values?: Record<string, string | number>;
	undo?: () => void;
}

const shown = 2;
const lasting = 6000;
let next = 1;

export const toasts = createStore<{ all: Toast[] }>(() => ({ all: [] }));

export function toast(message: Omit<Toast, "id">): number {
	const id = next++;
	toasts.setState(({ all }) => ({ all: [...all, { ...message, id }].slice(-shown) }));
	if (message.state !== "bad") setTimeout(() => closeToast(id), lasting);
	return id;
}

export function closeToast(id: number): void {
	toasts.setState(({ all }) => ({ all: all.filter((t) => t.id !== id) }));
}
