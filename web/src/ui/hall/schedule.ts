// Which of a hall's meetings its terminal is in. Pure: times are ms of the server's clock.
import type { TerminalMeeting } from "../../signaling/rest";

/** Whether people may be in a meeting now: from its early entry to its end, or for as long as it is held. */
export function joinable(meeting: TerminalMeeting, now: number): boolean {
	if (meeting.state === "held") return true;
	return meeting.state === "issued" && now >= Date.parse(meeting.join_at) && now < Date.parse(meeting.end);
}

/**
 * The meeting to be in. Of several the one that began last: an urgent one interrupts a long one. One that has not begun yet interrupts none,
 * unless somebody at the hall chose it.
 */
export function meetingNow(meetings: TerminalMeeting[], now: number, chosen: string): TerminalMeeting | undefined {
	const open = meetings.filter((m) => joinable(m, now));
	const begun = open.filter((m) => Date.parse(m.start) <= now);
	return open.find((m) => m.id === chosen) ?? latest(begun) ?? open[0];
}

function latest(meetings: TerminalMeeting[]): TerminalMeeting | undefined {
	return meetings.reduce<TerminalMeeting | undefined>((a, b) => (a && Date.parse(a.start) >= Date.parse(b.start) ? a : b), undefined);
}

/** The next meeting that will open. */
export function nextMeeting(meetings: TerminalMeeting[], now: number): TerminalMeeting | undefined {
	return meetings.find((m) => (m.state === "issued" || m.state === "approved") && Date.parse(m.start) > now);
}
