// A call: the link to the server, the media connection and the state, held together. No DOM.
import { createStore, type StoreApi } from "zustand/vanilla";
import type { CameraCodec } from "../media/codecs";
import { Connection, type SlotCounts } from "../media/connection";
import type { DeviceFault } from "../media/devices";
import { type Counters, figuresOf, type LinkFigures, readCounters } from "../media/stats";
import type { DeviceChosen, Requests, ServerMessage, Session, Source, Stage, View, Welcome } from "../signaling/protocol.gen";
import type { Ending, Method } from "../signaling/reconnect";
import { makeTicket, Problem, Silence } from "../signaling/rest";
import { Refusal, Socket } from "../signaling/socket";
import { Recovery } from "./recovery";
import { type CallState, initialState, participates, reduce } from "./state";
import { type Heights, viewOf } from "./view";

/** What the participant sends. A track that is null is not sent. */
export interface Sent {
	microphone: MediaStreamTrack | null;
	camera: MediaStreamTrack | null;
	screen: MediaStreamTrack | null;
	screen_audio: MediaStreamTrack | null;
}

export interface LocalState {
	muted: boolean;
	sent: Sent;
	/** The connection whose slots are shown; another one after a rejoin. */
	connection: Connection;
	/** The newest refusal, to be shown once. */
	refusal?: Refusal;
	/** What keeps the call from working: the socket is not let through, the media are not, or the server does not answer. */
	trouble?: "socket" | "media" | "server";
	/** The media path carries nothing: the last pictures stay. */
	broken: boolean;
	/** No picture is received. */
	audioOnly: boolean;
	/** The own link, as it was measured last. */
	link?: LinkFigures;
	/** A device that ended by itself in mid-call, or could not be opened for a fault. */
	ended?: { source: "camera" | "microphone"; fault?: DeviceFault };
	/** A device that a technician has chosen for this terminal. */
	chosen?: DeviceChosen;
}

/** A ticket lives for a minute: one that was fetched ahead is used for this long. */
const ticketFresh = 45_000;
/** Media that so many repairs have not brought back are not let through. */
const mediaPatience = 3;
/** So many sockets in a row that cannot be opened, while tickets can be had, are not let through. */
const socketPatience = 3;
const measureEvery = 4000;

export class Call {
	readonly state: StoreApi<CallState> = createStore(() => initialState);
	readonly local: StoreApi<LocalState>;
	#recovery = new Recovery({
		connect: (method) => {
			this.#reconnecting();
			void this.#open(method);
		},
		waiting: () => this.#reconnecting(),
		restartIce: () => void this.#restartIce(),
		probe: () => this.#socket?.probe(),
		repaired: (times) => this.#repaired(times),
		end: (ending) => this.#end(ending),
	});
	#socket?: Socket;
	#resume = "";
	#ticket?: { at: number; value: Promise<string> };
	#view: View;
	#heights?: Heights;
	#page = 0;
	#attempt = 0;
	#unopened = 0;
	#measuring?: ReturnType<typeof setInterval>;
	#counters?: Counters;

	constructor(
		private readonly invitation: string,
		private readonly slots: SlotCounts,
		private readonly codec: CameraCodec = "vp8",
	) {
		this.#view = viewOf(slots.video, undefined, 0);
		const sent: Sent = { microphone: null, camera: null, screen: null, screen_audio: null };
		this.local = createStore(() => ({
			muted: false,
			sent,
			connection: new Connection(this.slots, this.codec),
			audioOnly: false,
			broken: false,
		}));
	}

	/** Does ahead of the click what takes time: the offer, and a ticket. */
	prepare(): void {
		void this.local.getState().connection.offer();
		if (!this.#ticket || performance.now() - this.#ticket.at > ticketFresh) void this.#fetchTicket().catch(() => undefined);
	}

	join(): void {
		this.#recovery.happen({ type: "start" });
	}

	leave(): void {
		void this.#ask("leave", {});
		this.#recovery.happen({ type: "leave" });
	}

	/** Sends a track on a source from now on, or nothing. */
	async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
		if (this.#recovery.at === "over") {
			track?.stop(); // it was opened for a call that has ended meanwhile
			return;
		}
		const { connection, sent } = this.local.getState();
		this.local.setState({ sent: { ...sent, [source]: track } });
		if (source === "microphone" && track) track.enabled = !this.local.getState().muted;
		// A device that is unplugged, or a camera that dies, is not sent any more: the others see it at once.
		if (track && (source === "microphone" || source === "camera")) {
			track.onended = () => {
				if (this.local.getState().sent[source] !== track) return;
				this.local.setState({ ended: { source } });
				void this.send(source, null);
			};
		}
		if (track && this.local.getState().ended?.source === source) this.local.setState({ ended: undefined });
		await connection.send(source, track);
		if (this.#recovery.at === "open" && (track === null) !== (sent[source] === null))
			await this.#ask("publish", { source, active: track !== null });
	}

	async mute(muted: boolean): Promise<void> {
		const { microphone } = this.local.getState().sent;
		if (microphone) microphone.enabled = !muted;
		this.local.setState({ muted });
		await this.#ask("mute", { source: "microphone", muted });
	}

	requestFloor = (participant?: string) => this.#ask("request_floor", participant ? { participant } : {});
	withdrawFloor = () => this.#ask("withdraw_floor", {});
	grantFloor = (participant: string) => this.#ask("grant_floor", { participant });
	revokeFloor = (participant: string) => this.#ask("revoke_floor", { participant });
	extendFloor = (seconds: number) => this.#ask("extend_floor", { seconds });
	moveRequest = (participant: string, place: number) => this.#ask("move_request", { participant, place });
	lockFloor = (locked: boolean) => this.#ask("lock_floor", { locked });
	setSpeakingTime = (seconds: number) => this.#ask("set_speaking_time", { seconds });
	setSession = (session: Session) => this.#ask("set_session", { session });
	setStage = (stage: Stage) => this.#ask("set_stage", { stage });
	/** One microphone, or those of all who only take part. */
	withhold = (withheld: boolean, participant?: string) =>
		this.#ask("withhold_microphone", participant ? { participant, withheld } : { withheld });
	lockMeeting = (locked: boolean) => this.#ask("lock_meeting", { locked });
	admit = (participant: string) => this.#ask("admit", { participant });
	remove = (participant: string) => this.#ask("remove", { participant });
	reportDevices = (devices: Requests["report_devices"]["body"]["devices"]) => this.#ask("report_devices", { devices });
	diagnostics = () => this.#answer("get_diagnostics", {});
	listDevices = (participant: string) => this.#answer("list_devices", { participant });
	chooseDevice = (participant: string, kind: DeviceChosen["kind"], id: string) => this.#ask("choose_device", { participant, kind, id });
	say = (text: string) => this.#ask("send_chat", { text });
	endMeeting = () => this.#ask("end_meeting", {});

	/** Tells how large the tiles are and which page is shown. */
	show(heights: Heights, page: number): void {
		this.#heights = heights;
		this.#page = page;
		this.#tellView();
	}

	/** Receives sound alone, or pictures again. */
	setAudioOnly(audioOnly: boolean): void {
		this.local.setState({ audioOnly });
		this.#tellView();
	}

	/** Makes room for more tiles: one more offer. */
	async grow(video: number): Promise<void> {
		this.slots.video = Math.max(this.slots.video, video);
		const { connection } = this.local.getState();
		const offer = connection.grow(video);
		if (!offer) return;
		// The array is the connection's own: the tiles are told by a new state.
		this.local.setState({});
		if (this.#recovery.at !== "open") return; // the next offer has them
		await this.#negotiate(connection, await offer);
		this.#tellView();
	}

	#tellView(): void {
		const { audioOnly } = this.local.getState();
		const view = viewOf(this.slots.video, audioOnly ? {} : this.#heights, this.#page);
		if (JSON.stringify(view) === JSON.stringify(this.#view)) return;
		this.#view = view;
		if (this.#recovery.at === "open") void this.#ask("view", view);
	}

	/** Asks the server; what it refuses is shown, what breaks is tried again by the next connection. */
	async #answer<K extends keyof Requests>(type: K, body: Requests[K]["body"]): Promise<Requests[K]["answer"] | undefined> {
		try {
			return await this.#socket?.request(type, body);
		} catch (error) {
			if (error instanceof Refusal) this.local.setState({ refusal: error });
			return undefined;
		}
	}

	async #ask<K extends keyof Requests>(type: K, body: Requests[K]["body"]): Promise<boolean> {
		return (await this.#answer(type, body)) !== undefined;
	}

	#reconnecting(): void {
		if (this.state.getState().phase === "connected") this.state.setState({ phase: "reconnecting" });
	}

	#repaired(times: number): void {
		const { trouble } = this.local.getState();
		const media = times >= mediaPatience ? "media" : undefined;
		this.local.setState({ broken: times > 0, trouble: !trouble || trouble === "media" ? media : trouble });
	}

	#end(ending: Ending): void {
		// The last message says more than the socket's close.
		this.state.setState((s) => ({ phase: "over", ending: s.phase === "over" && s.ending ? s.ending : ending }));
		this.#close();
	}

	async #open(method: Method): Promise<void> {
		const attempt = ++this.#attempt;
		let credential = this.#resume;
		if (method === "ticket") {
			try {
				credential = await this.#takeTicket();
			} catch (error) {
				if (this.#attempt === attempt) this.#noTicket(error);
				return;
			}
		}
		// Left, or begun anew, while the ticket was on its way.
		if (this.#recovery.at !== "connecting" || this.#attempt !== attempt) return;
		const socket: Socket = new Socket(method, credential, {
			message: (message) => {
				if (this.#socket === socket) this.#receive(message);
			},
			closed: (code, opened, silent) => {
				if (this.#socket !== socket) return;
				this.#unopened = opened ? 0 : this.#unopened + 1;
				if (this.#unopened >= socketPatience && method === "ticket") this.local.setState({ trouble: "socket" });
				if (method === "resume" && code === 1006 && !silent && this.#recovery.at === "connecting") void this.#askWhy(attempt);
				else this.#recovery.happen({ type: "closed", code, silent, answers: code !== 1006 });
			},
		});
		const before = this.#socket;
		this.#socket = socket;
		before?.close();
	}

	/** A browser does not tell whether a socket was refused or its server is out of reach; whether a ticket can be had does. */
	async #askWhy(attempt: number): Promise<void> {
		let failure: unknown;
		try {
			await this.#fetchTicket();
		} catch (error) {
			failure = error;
		}
		if (this.#attempt !== attempt) return;
		if (failure) this.#ticket = undefined;
		// No ticket for this invitation: the server answers, and the seat may be there all the same.
		const refused = failure instanceof Problem && !failure.passing;
		if (failure && !refused) this.#noTicket(failure);
		else this.#recovery.happen({ type: "closed", code: 1006, answers: true });
	}

	#noTicket(error: unknown): void {
		const refused = error instanceof Problem && !error.passing;
		if (!refused) this.local.setState({ trouble: "server" });
		this.#recovery.happen(refused ? { type: "refused" } : { type: "closed", code: 1006, silent: error instanceof Silence });
	}

	#fetchTicket(): Promise<string> {
		this.#ticket = { at: performance.now(), value: makeTicket(this.invitation) };
		return this.#ticket.value;
	}

	#takeTicket(): Promise<string> {
		const ahead = this.#ticket;
		this.#ticket = undefined;
		return ahead && performance.now() - ahead.at < ticketFresh ? ahead.value : makeTicket(this.invitation);
	}

	#receive(message: ServerMessage): void {
		this.state.setState((state) => reduce(state, message, Date.now()));
		if (message.type === "welcome") void this.#welcome(message.body);
		else if (message.type === "in_waiting_room") this.#recovery.happen({ type: "held" });
		else if (message.type === "restarting") this.#recovery.happen({ type: "restarting", ms: message.body.wait_ms });
		else if (message.type === "idle_layers") void this.local.getState().connection.rest(message.body);
		else if (message.type === "device_chosen") this.local.setState({ chosen: message.body });
		else if (message.type === "error") {
			// Of the connection itself: the meeting is full, say.
			const { code, message: vi, message_en: en, request_id: requestId } = message.body;
			this.local.setState({ refusal: new Refusal(code, vi, en, requestId) });
		}
	}

	async #welcome(welcome: Welcome): Promise<void> {
		if (this.local.getState().trouble !== "media") this.local.setState({ trouble: undefined });
		this.#measuring ??= setInterval(() => void this.#measure(), measureEvery);
		this.#resume = welcome.resume_token;
		this.#recovery.happen({ type: "welcome", kept: welcome.media_kept });
		if (!welcome.media_kept && this.local.getState().connection.used) await this.#replaceConnection();
		const { connection } = this.local.getState();
		connection.relays = welcome.ice_servers;
		// An offer whose answer was lost with the socket is made again, and one for tiles that were added meanwhile.
		const offer = welcome.media_kept && connection.answered ? undefined : await connection.offer();
		// All at once, without waiting for answers: each of them would cost a round trip. The server answers in order, and what it
		// stores takes longest.
		void this.#ask("view", this.#view);
		const negotiated = offer && this.#negotiate(connection, offer);
		const self = welcome.participants.find((p) => p.id === welcome.participant);
		if (self && participates(self)) this.#declare(welcome.resumed);
		await negotiated;
	}

	/** Tells what is sent and what is muted: the server may know it as it was before. */
	#declare(resumed: boolean): void {
		const { sent, muted } = this.local.getState();
		for (const [source, track] of Object.entries(sent)) {
			if (track || resumed) void this.#ask("publish", { source: source as Source, active: track !== null });
		}
		void this.#ask("mute", { source: "microphone", muted });
	}

	async #negotiate(connection: Connection, offer: Requests["offer"]["body"]): Promise<void> {
		if (!connection.used) this.#recovery.watch(connection.pc);
		connection.used = true;
		try {
			const answer = await this.#socket?.request("offer", offer);
			if (answer) await connection.accept(answer.sdp, offer);
		} catch (error) {
			if (error instanceof Refusal) this.local.setState({ refusal: error });
		}
	}

	/** Another path for the same media connection, if the server still has it. */
	async #restartIce(): Promise<void> {
		const { connection } = this.local.getState();
		try {
			const offer = await connection.restart();
			const answer = await this.#socket?.request("offer", offer);
			if (answer) await connection.accept(answer.sdp, offer);
		} catch (error) {
			if (error instanceof Refusal) this.#recovery.happen({ type: "abandoned" });
		}
	}

	/** Begins anew with the tracks of before: the server knows nothing of the old connection any more. */
	async #replaceConnection(): Promise<void> {
		const { connection: old, sent } = this.local.getState();
		const connection = new Connection(this.slots, this.codec);
		await Promise.all(Object.entries(sent).map(([source, track]) => connection.send(source as Source, track)));
		this.local.setState({ connection });
		old.close();
	}

	/** Measures the own link and tells the server. */
	async #measure(): Promise<void> {
		const { connection } = this.local.getState();
		if (this.#recovery.at !== "open" || connection.pc.connectionState !== "connected") return;
		const before = this.#counters;
		this.#counters = await readCounters(connection.pc);
		const link = before && figuresOf(before, this.#counters);
		if (!link) return;
		this.local.setState({ link });
		// What is refused here is nobody's concern: the next figures come soon.
		await this.#socket
			?.request("report_link", { rtt_ms: link.rttMs, loss_percent: link.lossPercent, kbps: link.kbps })
			.catch(() => undefined);
	}

	#close(): void {
		clearInterval(this.#measuring);
		const socket = this.#socket;
		this.#socket = undefined;
		// The last message is on its way.
		setTimeout(() => socket?.close(), 200);
		const { connection, sent } = this.local.getState();
		connection.close();
		for (const track of Object.values(sent)) track?.stop();
	}
}
