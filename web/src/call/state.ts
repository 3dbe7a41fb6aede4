// The state of a call and how messages change it. Pure: no DOM, no clock.
import type { ChatMessage, Floor, Meeting, Participant, ServerMessage, Slot, Speaker } from "../signaling/protocol.gen";
import type { Ending } from "../signaling/reconnect";

export type Phase = "joining" | "connected" | "reconnecting" | "over";

export interface CallState {
	phase: Phase;
	ending?: Ending;
	/** Own participant id. */
	participant: string;
	meeting?: Meeting;
	participants: Record<string, Participant>;
	floor: Floor;
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
	video: [],
	audio: [],
	page: 0,
	pages: 1,
	speakers: [],
	chat: [],
	clockOffset: 0,
};

const chatKept = 100;

/** What a message changes. now is this machine's clock in ms. */
export function reduce(state: CallState, message: ServerMessage, now: number): Partial<CallState> {
	switch (message.type) {
		case "welcome": {
			const { participant, meeting, participants, floor, slots, chat, server_time, media_kept } = message.body;
			return {
				phase: "connected",
				participant,
				meeting,
				participants: Object.fromEntries(participants.map((p) => [p.id, p])),
				floor,
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
			return { participants };
		}
		case "floor_changed":
			return { floor: message.body.floor };
		case "chat":
			return { chat: [...state.chat, message.body.message].slice(-chatKept) };
		case "meeting_ended":
			return { phase: "over", ending: "ended" };
		case "seat_moved":
			return { phase: "over", ending: "moved" };
		case "pong":
			return { clockOffset: Date.parse(message.body.server_time) - now };
		case "restarting":
		case "answer":
		case "ok":
		case "error":
			return {};
	}
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

/** Whether what a participant says is heard now. */
export function mayBeHeard(state: CallState, p: Participant | undefined): boolean {
	if (!p || p.role === "display" || p.role === "operator") return false;
	return state.meeting?.speaking === "open" || presides(p) || state.floor.holder === p.id;
}

/** Participants in protocol order. */
export function inOrder(participants: Record<string, Participant>): Participant[] {
	return Object.values(participants).sort((a, b) => a.protocol_order - b.protocol_order || (a.id < b.id ? -1 : 1));
}
