// What can be done to a meeting, and how its block looks.
import type { Act, Meeting, State } from "../../../office/meetings";

/** Acts that the server refuses without a reason. */
export const needsReason: ReadonlySet<Act> = new Set(["return", "postpone", "reschedule", "cancel"]);

/** In the order of the buttons: what leads on comes first. */
const order: Act[] = ["submit", "approve", "issue", "conclude", "return", "reschedule", "postpone", "cancel"];

/** What whoever is signed in may do to a meeting in its state, by the server's table. */
export function actsOf(meeting: Pick<Meeting, "actions">): Act[] {
	return order.filter((act) => meeting.actions.includes(act));
}

/** Whether the plan itself can be changed. */
export function isEditable(meeting: Pick<Meeting, "actions">): boolean {
	return meeting.actions.includes("change");
}

/** Whether the meeting can be given another time: a draft is changed, what was announced is rescheduled. */
export function isMovable(meeting: Pick<Meeting, "state" | "actions">): boolean {
	return isDraft(meeting) ? isEditable(meeting) : meeting.actions.includes("reschedule");
}

/** Changed without a reason, and without anybody being told. */
export function isDraft(meeting: Pick<Meeting, "state">): boolean {
	return meeting.state === "draft" || meeting.state === "returned";
}

/** Whether a calendar shows it: it takes place, at some time. */
export function isShown(meeting: Pick<Meeting, "state" | "always_on">): boolean {
	return fillOf(meeting.state) !== undefined && !meeting.always_on;
}

export type Fill = "issued" | "approved" | "waiting";

/** How a block is drawn; what does not take place has none. */
export function fillOf(state: State): Fill | undefined {
	switch (state) {
		case "issued":
		case "held":
		case "concluded":
			return "issued";
		case "approved":
			return "approved";
		case "draft":
		case "submitted":
		case "returned":
			return "waiting";
		default:
			return undefined;
	}
}
