import { useState } from "react";
import type { Act, Meeting } from "../../../office/meetings";
import { toast } from "../../toasts";
import { ActDialog } from "./ActDialog";
import { needsReason } from "./acts";
import { clashesOf, sayProblem, useAct } from "./useAct";

/** Acts that are done at once: they can be taken back by another. */
const atOnce = (act: Act) => !needsReason.has(act) && act !== "issue" && act !== "conclude";

/** Takes meetings on: at once, or after a dialog, which is to be shown. */
export function useActing(now: number, onDone?: (meeting: Meeting, act: Act) => void) {
	const doing = useAct();
	const [asked, ask] = useState<{ meeting: Meeting; act: Act }>();
	const done = (meeting: Meeting, act: Act) => {
		ask(undefined);
		toast({ state: "ok", text: `done.${act}`, values: { subject: meeting.subject } });
		onDone?.(meeting, act);
	};
	const begin = (meeting: Meeting, act: Act) => {
		// A series asks how much of it is meant.
		if (!atOnce(act) || meeting.series) return ask({ meeting, act });
		doing.mutate(
			{ meeting, act },
			{
				onSuccess: (changed) => done(changed, act),
				onError: (error) => (clashesOf(error) ? ask({ meeting, act }) : sayProblem(error)),
			},
		);
	};
	const dialog = asked && (
		<ActDialog
			key={`${asked.meeting.id} ${asked.act}`}
			{...asked}
			now={now}
			onDone={(meeting) => done(meeting, asked.act)}
			onClose={() => ask(undefined)}
		/>
	);
	return { begin, dialog, busy: doing.isPending };
}
