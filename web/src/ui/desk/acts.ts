// What chair and secretary do with one key or one button. What can be undone is done at once, and offers to be undone.
import type { Call } from "../../call/call";
import type { Stage } from "../../signaling/protocol.gen";
import { toast } from "../toasts";

/** Gives the floor to the first of the queue who is connected. */
export function grantNext(call: Call): void {
	const { floor, participants, procedure } = call.state.getState();
	const next = floor.queue.find((r) => participants[r.participant]?.presence === "here");
	if (next && procedure.session !== "recess") void call.grantFloor(next.participant);
	else toast({ state: "warn", text: "desk.nobodyNext" });
}

/** Ends the turn that runs. */
export function endTurn(call: Call): void {
	const { holder } = call.state.getState().floor;
	if (holder) void call.revokeFloor(holder);
}

export async function muteAll(call: Call): Promise<void> {
	if (await call.withhold(true)) toast({ state: "ok", text: "desk.allMuted", undo: () => void call.withhold(false) });
}

export async function setStage(call: Call, stage: Stage): Promise<void> {
	const before = call.state.getState().procedure.stage;
	if (JSON.stringify(before) === JSON.stringify(stage)) return;
	if (await call.setStage(stage)) toast({ state: "ok", text: "desk.stageSet", undo: () => void call.setStage(before) });
}

export async function lockMeeting(call: Call, locked: boolean): Promise<void> {
	if (await call.lockMeeting(locked))
		toast({ state: "ok", text: locked ? "desk.locked" : "desk.unlocked", undo: () => void call.lockMeeting(!locked) });
}
