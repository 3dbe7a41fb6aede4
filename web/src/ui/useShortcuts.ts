import { useLayoutEffect, useRef } from "react";
import type { Call } from "../call/call";
import { toggleCamera, toggleMicrophone } from "../call/sources";
import { choices } from "./choices";
import { toggleFullScreen } from "./LayoutPanel";

/** Elements in which keys mean text, or which have keys of their own. */
const typing = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true], [role=dialog], [role=menu]";

/** Whether a key is a command rather than text. Vietnamese input methods compose letters: their keys are never commands. */
export function isCommand(event: Pick<KeyboardEvent, "isComposing" | "keyCode" | "ctrlKey" | "altKey" | "metaKey" | "target">): boolean {
	if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return false;
	return !(event.target instanceof Element && event.target.closest(typing));
}

/**
 * What single keys do; each can be turned off with all others. As all keys of a page they are there before it is seen (a layout effect): who sees
 * it can use them.
 */
export function useKeys(commands: Record<string, () => void>): void {
	const newest = useRef(commands);
	newest.current = commands;
	useLayoutEffect(() => {
		const down = (event: KeyboardEvent) => {
			if (event.repeat || !choices.getState().keys || !isCommand(event)) return;
			const command = newest.current[event.key === "?" ? "?" : event.code.replace("Key", "").toLowerCase()];
			if (!command) return;
			event.preventDefault();
			command();
		};
		window.addEventListener("keydown", down);
		return () => window.removeEventListener("keydown", down);
	}, []);
}

/** Space held down opens the microphone for as long as it is held. */
export function usePushToTalk(call: Call): void {
	useLayoutEffect(() => {
		let held = false;
		const down = (event: KeyboardEvent) => {
			if (event.code !== "Space" || !choices.getState().keys || !isCommand(event)) return;
			// A checkbox has no other key. Buttons have Enter.
			if (event.target instanceof Element && event.target.closest("input")) return;
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
			release();
		};
	}, [call]);
}

interface RoomCommands {
	help: () => void;
	participants: () => void;
	chat: () => void;
	diagnostics: () => void;
}

/** The keys of the meeting page. */
export function useShortcuts(call: Call, { help, participants, chat, diagnostics }: RoomCommands): void {
	usePushToTalk(call);
	useKeys({
		m: () => void toggleMicrophone(call),
		v: () => void toggleCamera(call),
		r: () => {
			const { floor, participant } = call.state.getState();
			const asked = floor.queue.some((r) => r.participant === participant);
			void (asked ? call.withdrawFloor() : call.requestFloor());
		},
		f: () => void toggleFullScreen(),
		p: participants,
		c: chat,
		d: diagnostics,
		"?": help,
	});
}
