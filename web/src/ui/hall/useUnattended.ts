import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { Call } from "../../call/call";
import type { TextKey } from "../../i18n/vi";
import { cameraCodecOf } from "../../media/codecs";
import type { SlotCounts } from "../../media/connection";
import type { Ending } from "../../signaling/reconnect";
import { type InvitationState, useOpening } from "../useInvitation";

/** When a screen without a person tries again after a call is over, in ms; where there is none it waits for a key. */
const again: Partial<Record<Ending, number>> = {
	ended: 30_000,
	postponed: 30_000,
	rescheduled: 30_000,
	cancelled: 30_000,
	removed: 60_000,
	declined: 60_000,
	refused: 10_000,
};

const notes: Partial<Record<Ending, TextKey>> = {
	left: "foyer.left",
	moved: "foyer.moved",
	ended: "over.ended",
	postponed: "over.postponed",
	rescheduled: "over.rescheduled",
	cancelled: "over.cancelled",
	removed: "over.removed",
	declined: "over.declined",
};

export interface Unattended {
	call?: Call;
	phase: "foyer" | "waiting" | "in";
	note?: TextKey;
	left?: number;
	now: number;
	/** Joins now, whatever was before. */
	enter: () => void;
}

/** A call that begins when the meeting opens and comes back by itself. prepare is awaited before each join. */
export function useUnattended(
	invitation: string,
	state: InvitationState,
	slots: SlotCounts,
	prepare?: (call: Call) => Promise<void>,
): Unattended {
	const { invited, at, retry } = state;
	const { waiting, left, now } = useOpening(invited, at);
	const [round, setRound] = useState(0);
	const [call, setCall] = useState<Call>();
	const [phase, setPhase] = useState<Unattended["phase"]>("foyer");
	const [ending, setEnding] = useState<Ending>();
	const first = useRef({ slots, prepare });
	const enter = useCallback(() => {
		retry();
		setEnding(undefined);
		setRound((n) => n + 1);
	}, [retry]);
	const closed = invited?.meeting.state === "concluded" || invited?.meeting.state === "cancelled";
	const open = invited !== undefined && !waiting && !closed;

	// biome-ignore lint/correctness/useExhaustiveDependencies: each round has a call of its own
	useEffect(() => {
		if (!open) return;
		const made = new Call(invitation, { ...first.current.slots }, cameraCodecOf(location.search));
		let over = false;
		setCall(made);
		const unsubscribe = made.state.subscribe((s) => {
			if (s.phase === "over") {
				setPhase("foyer");
				setEnding(s.ending ?? "left");
			} else if (s.participant) setPhase("in");
			else if (s.phase === "waiting") setPhase("waiting");
		});
		const prepared = first.current.prepare?.(made).catch(() => undefined);
		void Promise.resolve(prepared).then(() => {
			if (!over) made.join();
		});
		return () => {
			over = true;
			unsubscribe();
			if (made.state.getState().phase !== "over") made.leave();
		};
	}, [invitation, open, round]);

	useEffect(() => {
		const wait = ending && again[ending];
		if (!wait) return;
		const timer = setTimeout(enter, wait);
		return () => clearTimeout(timer);
	}, [ending, enter]);

	// The remote control of a hall has an OK, which is Enter.
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			if (event.key === "Enter" && phase === "foyer" && !(event.target instanceof HTMLButtonElement)) enter();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, [phase, enter]);

	// A meeting that has ended may be opened anew, or be always on; and what is not open yet may be moved.
	useEffect(() => {
		if (open) return;
		const timer = setInterval(retry, 30_000);
		return () => clearInterval(timer);
	}, [open, retry]);

	const note: TextKey | undefined = phase === "waiting" ? "waiting.title" : ending ? notes[ending] : closed ? "over.ended" : undefined;
	return { call, phase, note, left: waiting ? left : undefined, now, enter };
}
