// The state of a call and how messages change it. Pure: no DOM, no clock.
import type {
	ChatMessage,
	Floor,
	Link,
	LinkChanged,
	Meeting,
	Participant,
	Procedure,
	ServerMessage,
	Slot,
	Speaker,
	Waiting,
} from "../signaling/protocol.gen";
import type { Ending } from "../signaling/reconnect";

export type Phase = "joining" | "waiting" | "connected" | "reconnecting" | "over";

/** One turn of somebody who had the floor, as far as this client saw it. */
export interface Turn {
	participant: string;
	name: string;
	/** How long it was, in ms. */
	spoke: number;
}

export interface CallState {
	phase: Phase;
	ending?: Ending;
	/** Own participant id. */
	participant: string;
	meeting?: Meeting;
	participants: Record<string, Participant>;
	floor: Floor;
	procedure: Procedure;
	/** The waiting room; empty for all but chair and secretary. */
	waiting: Waiting[];
	/** The links of those who reported theirs, by participant. */
	links: Record<string, Link>;
	/** The newest change of a link that this participant is told of. */
	linkChange?: LinkChanged;
	/** Turns that are over, the newest first. */
	turns: Turn[];
	/** What the server says of each slot, by its index. */
	video: Slot[];
	audio: Slot[];
	page: number;
	pages: number;
	speakers: Speaker[];
	chat: ChatMessage[];
	/** Server's clock less this machine's, in ms. */
	clockOffset: number;
}

export const initialState: CallState = {
	phase: "joining",
	participant: "",
	participants: {},
	floor: { queue: [] },
	procedure: { session: "gathering", stage: { show: "programme" }, speaking_time_s: 0, locked: false },
	waiting: [],
	links: {},
	turns: [],
	video: [],
	audio: [],
	page: 0,
	pages: 1,
	speakers: [],
	chat: [],
	clockOffset: 0,
};

const chatKept = 100;
const turnsKept = 100;

/** What a message changes. now is this machine's clock in ms. */
export function reduce(state: CallState, message: ServerMessage, now: number): Partial<CallState> {
	switch (message.type) {
		case "welcome": {
			const { participant, meeting, participants, floor, procedure, waiting, links, slots, chat, server_time, media_kept } = message.body;
			return {
				phase: "connected",
				participant,
				meeting,
				participants: Object.fromEntries(participants.map((p) => [p.id, p])),
				floor,
				procedure,
				waiting,
				links: byParticipant({}, links),
				chat,
				clockOffset: Date.parse(server_time) - now,
				speakers: [],
				...place(media_kept ? state : { video: [], audio: [] }, slots),
			};
		}
		case "slots":
			return { ...place(state, message.body.slots), page: message.body.page, pages: message.body.pages };
		case "speakers":
			return { speakers: message.body.speakers };
		case "participant_changed": {
			const { participant } = message.body;
			return { participants: { ...state.participants, [participant.id]: participant } };
		}
		case "participant_left": {
			const { [message.body.participant]: _, ...participants } = state.participants;
			const { [message.body.participant]: __, ...links } = state.links;
			return { participants, links };
		}
		case "floor_changed":
			return { floor: message.body.floor, turns: turnsAfter(state, message.body.floor, now) };
		case "procedure_changed":
			return { procedure: message.body.procedure };
		case "in_waiting_room":
			return { phase: "waiting", participant: "", meeting: message.body.meeting, clockOffset: Date.parse(message.body.server_time) - now };
		case "waiting_changed":
			return { waiting: message.body.waiting };
		case "links":
			return { links: byParticipant(state.links, message.body.links) };
		case "link_changed":
			return { linkChange: message.body };
		case "chat":
			return { chat: [...state.chat, message.body.message].slice(-chatKept) };
		case "meeting_ended":
			return { phase: "over", ending: message.body.cause };
		case "seat_moved":
			return { phase: "over", ending: "moved" };
		case "pong":
			return { clockOffset: Date.parse(message.body.server_time) - now };
		case "restarting":
		case "answer":
		case "idle_layers":
		case "devices":
		case "diagnostics":
		case "device_chosen":
		case "ok":
		case "error":
			return {};
	}
}

function byParticipant(before: Record<string, Link>, links: Link[]): Record<string, Link> {
	const all = { ...before };
	for (const link of links) all[link.participant] = link;
	return all;
}

/** The turns when the floor passes on. */
function turnsAfter(state: CallState, floor: Floor, now: number): Turn[] {
	const { holder, since } = state.floor;
	if (!holder || !since || (holder === floor.holder && since === floor.since)) return state.turns;
	const spoke = now + state.clockOffset - Date.parse(since);
	return [{ participant: holder, name: state.participants[holder]?.name ?? "", spoke }, ...state.turns].slice(0, turnsKept);
}

function place(state: Pick<CallState, "video" | "audio">, slots: Slot[]): Pick<CallState, "video" | "audio"> {
	const video = [...state.video];
	const audio = [...state.audio];
	for (const slot of slots) (slot.kind === "video" ? video : audio)[slot.slot] = slot;
	return { video, audio };
}

/** Roles that may give and take the floor and end the meeting. */
export function manages(p: Participant | undefined): boolean {
	return p !== undefined && (presides(p) || p.role === "secretary");
}

/** Roles that may always speak. */
export function presides(p: Participant): boolean {
	return p.role === "chair" || p.role === "co_chair" || p.role === "acting_chair";
}

/** Roles that are part of the meeting rather than of its technique. */
export function participates(p: Participant): boolean {
	return p.role !== "display" && p.role !== "operator";
}

/** Whether what a participant says is heard now. */
export function mayBeHeard(state: CallState, p: Participant | undefined): boolean {
	if (!p || !participates(p) || p.withheld) return false;
	if (state.procedure.session === "recess" && !manages(p)) return false;
	return state.meeting?.speaking === "open" || presides(p) || state.floor.holder === p.id;
}

/** Who shares content with this participant, of those who may. */
export function contentOf(state: CallState): Participant | undefined {
	return Object.values(state.participants).find((p) => p.id !== state.participant && p.screen === "live" && mayShare(state, p));
}

function mayShare(state: CallState, p: Participant): boolean {
	return participates(p) && (state.meeting?.speaking === "open" || manages(p) || state.floor.holder === p.id);
}

/** Whether this participant's own link carries no picture any more: some are paused for it, and none comes. */
export function soundOnly(state: CallState): boolean {
	const comes = state.video.some((slot) => slot?.state === "live" || slot?.state === "waiting");
	return !comes && state.video.some((slot) => slot?.reason === "bandwidth");
}

/** Who presides: the chair, else the acting chair, else the first co-chair in protocol order. */
export function chairOf(participants: Record<string, Participant>): Participant | undefined {
	const all = inOrder(participants);
	return (["chair", "acting_chair", "co_chair"] as const).map((role) => all.find((p) => p.role === role)).find((p) => p !== undefined);
}

/** How many tiles the mosaic of this participant has: every site, here or not, and who else shows a picture. */
export function mosaicSize(state: CallState): number {
	return Object.values(state.participants).filter((p) => p.id !== state.participant && (p.role === "site" || p.camera !== "off")).length;
}

/** Who is in the meeting now, and the sites that should be. */
export function attendance(participants: Record<string, Participant>): { here: number; all: number } {
	const all = Object.values(participants).filter(participates);
	return { here: all.filter((p) => p.presence === "here").length, all: all.length };
}

/** Participants in protocol order. */
export function inOrder(participants: Record<string, Participant>): Participant[] {
	return Object.values(participants).sort((a, b) => a.protocol_order - b.protocol_order || (a.id < b.id ? -1 : 1));
}
