import { useTexts } from "../../../i18n";
import type { TextKey } from "../../../i18n/vi";
import type { State } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";

const steps: TextKey[] = ["meeting.stepDraft", "meeting.stepSubmit", "meeting.stepApprove", "meeting.stepIssue"];

/** How many steps are behind a meeting; what does not take place has none before it. */
const done: Record<State, number | undefined> = {
	draft: 0,
	returned: 0,
	submitted: 2,
	approved: 3,
	issued: 4,
	held: 4,
	concluded: 4,
	postponed: undefined,
	cancelled: undefined,
};

/** From the draft to the invitation: what is done, and what comes next. */
export function Steps({ state }: { state: State }) {
	const { t } = useTexts();
	const at = done[state];
	if (at === undefined) return null;
	return (
		<ol className="steps" aria-label={t("meeting.steps")}>
			{steps.map((step, i) => (
				<li key={step} className={i < at ? "steps-done" : undefined} aria-current={i === at ? "step" : undefined}>
					{i < at && <StateIcon state="ok" />}
					{t(step)}
				</li>
			))}
		</ol>
	);
}

/** The state of a meeting as a tag, with a shape where it is an exception. */
export function StateTag({ state }: { state: State }) {
	const { t } = useTexts();
	const shape = state === "cancelled" || state === "returned" ? "bad" : state === "postponed" ? "warn" : undefined;
	return (
		<span className={`tag${shape ? ` tag-${shape}` : ""}`} data-testid="state" data-state={state}>
			{shape && <StateIcon state={shape} />}
			{t(`state.${state}`)}
		</span>
	);
}
