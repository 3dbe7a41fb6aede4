import { useMutation } from "@tanstack/react-query";
import { useRef } from "react";
import { type Act, type ActBody, actOn, type Clash, type Meeting, meetingQuery, type Scope } from "../../../office/meetings";
import { queries } from "../../../office/query";
import { newKey, Problem } from "../../../office/rest";
import { toast } from "../../toasts";
import { type InTheWay, inTheWay } from "./clashes";

interface Doing {
	meeting: Meeting;
	act: Act | "reclaim";
	body?: ActBody;
	scope?: Scope;
}

/** Takes a meeting on to another state. A repeat after a lost answer is not done twice; a meeting that somebody else has changed is read again. */
export function useAct() {
	const last = useRef<{ what: string; key: string }>(undefined);
	return useMutation({
		mutationFn: ({ meeting, act, body = {}, scope }: Doing) => {
			const what = JSON.stringify([meeting.id, meeting.version, act, body, scope]);
			if (last.current?.what !== what) last.current = { what, key: newKey() };
			return actOn(meeting, act, body, last.current.key, scope);
		},
		onError: (error, { meeting }) => {
			if (error instanceof Problem && (error.code === "stale_version" || error.code === "wrong_state")) {
				void queries.invalidateQueries({ queryKey: meetingQuery(meeting.id).queryKey });
			}
		},
	});
}

/** What stands in the way, where that is why something failed. */
export function clashesOf(error: unknown): InTheWay[] | undefined {
	if (!(error instanceof Problem) || error.code !== "overlap") return undefined;
	return ((error.body.clashes as Clash[] | undefined) ?? []).map(inTheWay);
}

/** Says what went wrong where no dialog is open that could. */
export function sayProblem(error: unknown): void {
	toast({ state: "bad", text: "act.failed", problem: error instanceof Problem ? error : undefined });
}
