import { useCallback, useState } from "react";
import { useTexts } from "../../../i18n";
import { type Act, changeMeeting, endOf, type Meeting, type Scope, startOf } from "../../../office/meetings";
import { Problem } from "../../../office/rest";
import { toast } from "../../toasts";
import { isDraft } from "./acts";
import type { Time } from "./drag";
import { whenText } from "./format";
import { sayProblem, useAct } from "./useAct";

/** What is asked before a meeting is moved. */
export interface Asked {
	meeting: Meeting;
	act: Act;
	time?: Time;
}

const timesOf = (time: Time) => ({ start: new Date(time.start).toISOString(), end: new Date(time.end).toISOString() });

/** Moves meetings: a draft at once, what was announced with a reason. Both can be undone for a while. */
export function useMove() {
	const { t, language } = useTexts();
	const [asked, ask] = useState<Asked>();
	const doing = useAct();

	const change = useCallback(
		async (meeting: Meeting, time: Time, scope?: Scope): Promise<Meeting> =>
			changeMeeting(meeting.id, { ...planOf(meeting), ...timesOf(time) }, meeting.version, scope),
		[],
	);

	const move = async (meeting: Meeting, time: Time) => {
		// A draft in the way of another is asked about too: the dialog shows what is in the way.
		if (!isDraft(meeting)) return ask({ meeting, act: "reschedule", time });
		const before = { start: startOf(meeting), end: endOf(meeting) };
		try {
			const changed = await change(meeting, time);
			toast({
				state: "ok",
				text: "week.moved",
				values: { subject: meeting.subject, when: whenText(time, language) },
				undo: isPlaced(meeting) ? () => void change(changed, before).catch(sayProblem) : undefined,
			});
		} catch (error) {
			sayProblem(error);
		}
	};

	/** After the dialog: says what was done, and takes it back on request, of as much of a series. */
	const moved = (changed: Meeting, before: Meeting, scope?: Scope) => {
		ask(undefined);
		const back = { start: before.start, end: before.end, reason: t("week.undoReason") };
		toast({
			state: "ok",
			text: "week.moved",
			values: { subject: changed.subject, when: whenText({ start: startOf(changed), end: endOf(changed) }, language) },
			undo: isPlaced(before)
				? () => doing.mutate({ meeting: changed, act: "reschedule", body: back, scope }, { onError: sayProblem })
				: undefined,
		});
	};
	return { asked, ask, move, moved };
}

/** Whether a meeting can go back to its time: not what was postponed, nor what has lost to others there what it would hold again. */
function isPlaced(meeting: Meeting): boolean {
	return meeting.state !== "postponed" && !meeting.displaced?.length;
}

/** The plan of a meeting, without what the server adds. */
export function planOf(meeting: Meeting) {
	const { id: _, version: _v, state: _s, revision: _r, series: _se, occurrence: _o, reason: _re, displaced: _d, ...rest } = meeting;
	const { always_on: _a, actions: _ac, created_by: _c, created: _cr, changed: _ch, ...plan } = rest;
	return plan;
}

/** Whether an error is one of the network or the store, after which a repeat may help. */
export function isPassing(error: unknown): boolean {
	return error instanceof Problem && error.passing;
}
