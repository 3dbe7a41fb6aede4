// One participant's PeerConnection. It is built once, with every section that the call will need: what is sent is exchanged by replaceTrack,
// what is received is exchanged by the server. Only more slots or an ICE restart need another offer.
import type { IdleLayers, Offer, OfferSource, Source } from "../signaling/protocol.gen";
import { type CameraCodec, decodable, isCodec } from "./codecs";
import { Sending } from "./sending";

export interface SlotCounts {
	video: number;
	audio: number;
}

/** With the layers within one stream (W3C Scalable Video Coding), which TypeScript does not know yet. */
type Encoding = RTCRtpEncodingParameters & { scalabilityMode?: string };

/** Three layers, the smallest first: the server chooses for each receiver. */
const layers: RTCRtpEncodingParameters[] = [
	{ rid: "q", scaleResolutionDownBy: 4, maxBitrate: 150_000 },
	{ rid: "h", scaleResolutionDownBy: 2, maxBitrate: 500_000 },
	{ rid: "f", scaleResolutionDownBy: 1, maxBitrate: 1_700_000 },
];

/** With VP9 and AV1 one stream holds three layers of three frame rates. A layer refers to others in key frames only: a receiver of the
 * largest need not receive those below it. */
const scalable: Encoding[] = [{ scalabilityMode: "L3T3_KEY", maxBitrate: 2_350_000 }];

/** A screen as sharp in both layers: on a thin link, one picture in a second that can be read is worth more than moving fog. */
const slides: RTCRtpEncodingParameters[] = [
	{ rid: "l", scaleResolutionDownBy: 1, maxBitrate: 150_000, maxFramerate: 2 },
	{ rid: "f", scaleResolutionDownBy: 1, maxBitrate: 2_500_000 },
];

export class Connection {
	readonly pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", rtcpMuxPolicy: "require" });
	/** One stream for each slot, in the order of the slots. They last as long as the connection. */
	readonly video: MediaStream[] = [];
	readonly audio: MediaStream[] = [];
	#sending: Record<Source, Sending>;
	#prepared?: Promise<Offer>;
	#answered?: Promise<Offer>;
	/** TURN servers for the next ICE restart. A connection begins without: most need none, and each use holds a port of the server's. */
	relays: RTCIceServer[] = [];
	/** An offer of this connection was sent to a server. */
	used = false;

	/** The codec that the camera is sent in. */
	readonly codec: CameraCodec;

	constructor(slots: SlotCounts, codec: CameraCodec = "vp8") {
		this.codec = sendable(codec) ? codec : "vp8";
		const send = (kind: "audio" | "video", encodings?: Encoding[]) => new Sending(this.#section(kind, encodings));
		this.#sending = {
			camera: send("video", this.codec === "vp8" ? layers : scalable),
			microphone: send("audio"),
			screen: send("video", slides),
			screen_audio: send("audio"),
		};
		prefer(this.#sending.camera.transceiver, "send", (c) => isCodec(c, this.codec) && decodable(c));
		prefer(this.#sending.screen.transceiver, "send", (c) => c.mimeType === "video/VP8");
		// What comes first is sent: each packet of the voice carries the one before it once more, where the browser can (RFC 2198).
		prefer(this.#sending.microphone.transceiver, "send", sound, (c) => c.mimeType === "audio/red");
		prefer(this.#sending.screen_audio.transceiver, "send", sound);
		for (let i = 0; i < slots.video; i++) this.video.push(this.#slot("video", decodable));
		for (let i = 0; i < slots.audio; i++) this.audio.push(this.#slot("audio", sound));
	}

	/** A section that sends. Where the browser can, every second picture of each layer can be left out for a thin link. */
	#section(kind: "audio" | "video", encodings?: Encoding[]): RTCRtpTransceiver {
		const add = (sendEncodings?: RTCRtpEncodingParameters[]) =>
			this.pc.addTransceiver(kind, { direction: "sendonly", ...(sendEncodings ? { sendEncodings } : {}) });
		try {
			return add(encodings?.map((e) => ({ scalabilityMode: "L1T2", ...e })));
		} catch {
			return add(encodings?.map(({ scalabilityMode: _, ...e }) => e));
		}
	}

	#slot(kind: "audio" | "video", wanted: (codec: RTCRtpCodec) => boolean): MediaStream {
		const transceiver = this.pc.addTransceiver(kind, { direction: "recvonly" });
		// Without this every section lists every codec, and thirty sections make an offer of 150 KB.
		prefer(transceiver, "receive", wanted);
		return new MediaStream([transceiver.receiver.track]);
	}

	/** Adds video slots up to a number. The next offer has them; a slot never goes away. */
	grow(video: number): Promise<Offer> | undefined {
		if (video <= this.video.length) return undefined;
		while (this.video.length < video) this.video.push(this.#slot("video", decodable));
		this.#prepared = this.#makeOffer({});
		return this.#prepared;
	}

	/** Sends a track on a source, or nothing. */
	async send(source: Source, track: MediaStreamTrack | null): Promise<void> {
		await this.#sending[source].send(track);
	}

	/** Stops to send what nobody receives, until the next call for its source. */
	async rest({ source, ...idle }: IdleLayers): Promise<void> {
		// A browser that refuses goes on sending, which harms nobody else.
		await this.#sending[source].rest(idle).catch(() => undefined);
	}

	/** The offer, made ahead of its use: the first call makes it, restart makes the next. */
	offer(): Promise<Offer> {
		this.#prepared ??= this.#makeOffer({});
		return this.#prepared;
	}

	/** An offer that restarts ICE: for a new address, or a path that broke or never came about. */
	restart(): Promise<Offer> {
		this.pc.setConfiguration({ ...this.pc.getConfiguration(), iceServers: this.relays });
		this.#prepared = this.#makeOffer({ iceRestart: true });
		return this.#prepared;
	}

	async #makeOffer(options: RTCOfferOptions): Promise<Offer> {
		const offer = await this.pc.createOffer(options);
		await this.pc.setLocalDescription(offer);
		const sources: OfferSource[] = [];
		for (const [source, { transceiver }] of Object.entries(this.#sending)) {
			if (transceiver.mid !== null) sources.push({ mid: transceiver.mid, source: source as Source });
		}
		return { sdp: this.pc.localDescription?.sdp ?? offer.sdp ?? "", sources };
	}

	/** The newest offer has its answer. */
	get answered(): boolean {
		return this.#prepared !== undefined && this.#answered === this.#prepared;
	}

	/** Takes the answer to an offer, unless a newer one has been made meanwhile: its own answer comes too. */
	async accept(sdp: string, offer: Offer): Promise<void> {
		const prepared = this.#prepared;
		if ((await prepared) !== offer || this.#answered === prepared) return;
		await this.pc.setRemoteDescription({ type: "answer", sdp });
		this.#answered = prepared;
	}

	close(): void {
		this.pc.close();
	}
}

function sendable(codec: CameraCodec): boolean {
	return !!RTCRtpSender.getCapabilities("video")?.codecs.some((c) => isCodec(c, codec));
}

/** Opus, and the redundancy in which the server sends it when packets are lost. */
function sound(codec: RTCRtpCodec): boolean {
	return codec.mimeType === "audio/opus" || codec.mimeType === "audio/red";
}

/** Narrows a section to the wanted codecs, of those that the browser has: it refuses others. Of them, some go first. */
export function prefer(
	transceiver: RTCRtpTransceiver,
	way: "send" | "receive",
	wanted: (codec: RTCRtpCodec) => boolean,
	first: (codec: RTCRtpCodec) => boolean = () => false,
): void {
	const kind = transceiver.receiver.track.kind;
	const capabilities = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
	const codecs = capabilities.filter((c) => wanted(c) || (way === "send" && c.mimeType === "video/rtx"));
	codecs.sort((a, b) => Number(first(b)) - Number(first(a)));
	if (codecs.length > 0 && "setCodecPreferences" in transceiver) transceiver.setCodecPreferences(codecs);
}
