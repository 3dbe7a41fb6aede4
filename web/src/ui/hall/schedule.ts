// Which of a hall's meetings its terminal is in. Pure: times are ms of the server's clock.
import type { TerminalMeeting } from "../../signaling/rest";

/** Whether people may be in a meeting now: from its early entry to its end, or for as long as it is held. */
export function joinable(meeting: TerminalMeeting, now: number): boolean {
	if (meeting.state === "held") return true;
	return meeting.state === "issued" && now >= Date.parse(meeting.join_at) && now < Date.parse(meeting.end);
}

/**
 * The meeting to be in: what somebody at the hall chose, until its end. Else of those that have begun, or are open where none has, what has taken
 * the place of another; the hall's own before one of its unit; the one that it is in, until its end; the one that began last. One that nobody takes
 * part in from elsewhere has to be chosen.
 */
export function meetingNow(meetings: TerminalMeeting[], now: number, current: string, chosen: string): TerminalMeeting | undefined {
	const open = meetings.filter((m) => joinable(m, now) && (m.joins || m.id === chosen));
	const lasting = (id: string) => open.find((m) => m.id === id && now < Date.parse(m.end));
	const begun = open.filter((m) => Date.parse(m.start) <= now).reverse(); // they come by their start
	const stays = lasting(current);
	const before = (a: TerminalMeeting, b: TerminalMeeting) => {
		if (a.gives_way_to?.includes(b.id) || b.gives_way_to?.includes(a.id)) return b.gives_way_to?.includes(a.id);
		return a.own === b.own ? a === stays : a.own;
	};
	const candidates = begun.length > 0 ? begun : open;
	return lasting(chosen) ?? candidates.reduce<TerminalMeeting | undefined>((a, b) => (a && !before(b, a) ? a : b), undefined);
}

/** The meeting that comes next, or that goes on in the hall without its terminal. */
export function nextMeeting(meetings: TerminalMeeting[], now: number): TerminalMeeting | undefined {
	return meetings.find(
		(m) =>
			m.state !== "concluded" &&
			((m.state !== "held" && Date.parse(m.start) > now) || (!m.joins && Date.parse(m.start) <= now && now < Date.parse(m.end))),
	);
}
