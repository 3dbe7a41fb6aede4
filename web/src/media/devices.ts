// Cameras and microphones: opening them, remembering which were chosen on this machine, and saying clearly why one cannot be used.

export type DeviceKind = "camera" | "microphone";
export type AnyDeviceKind = DeviceKind | "loudspeaker";

/** Why a device cannot be used. */
export type DeviceFault = "blocked" | "busy" | "none" | "insecure" | "failed";

export interface DeviceChoice {
	id: string;
	label: string;
}

const storageKey = { camera: "diemcau.camera", microphone: "diemcau.microphone", loudspeaker: "diemcau.loudspeaker" } as const;

export function remembered(kind: AnyDeviceKind): string | undefined {
	return localStorage.getItem(storageKey[kind]) ?? undefined;
}

export function remember(kind: AnyDeviceKind, id: string): void {
	localStorage.setItem(storageKey[kind], id);
}

const hallKey = "diemcau.hall";

/** A hall has a mixer of its own: what browsers do against echo and noise would only spoil its sound. */
export function isHall(): boolean {
	return localStorage.getItem(hallKey) === "yes";
}

export function setHall(hall: boolean): void {
	localStorage.setItem(hallKey, hall ? "yes" : "no");
}

/** Opens a device: the chosen one where it is there, else any. Rejects with a DeviceError. */
export async function open(kind: DeviceKind, id = remembered(kind)): Promise<MediaStreamTrack> {
	if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("insecure");
	const chosen = id ? { deviceId: { ideal: id } } : {};
	const constraints: MediaStreamConstraints =
		kind === "camera"
			? { video: { ...chosen, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } } }
			: { audio: { ...chosen, echoCancellation: !isHall(), noiseSuppression: !isHall(), autoGainControl: !isHall() } };
	try {
		const stream = await navigator.mediaDevices.getUserMedia(constraints);
		const [track] = stream.getTracks();
		if (kind === "camera") track.contentHint = "motion";
		return track;
	} catch (error) {
		throw new DeviceError(faultOf(error));
	}
}

export class DeviceError extends Error {
	constructor(readonly fault: DeviceFault) {
		super(fault);
	}
}

/** The fault behind what getUserMedia rejects with (Media Capture and Streams, section 10.2). */
export function faultOf(error: unknown): DeviceFault {
	switch (error instanceof Error ? error.name : "") {
		case "NotAllowedError":
		case "SecurityError":
			return "blocked";
		case "NotFoundError":
		case "OverconstrainedError":
			return "none";
		case "NotReadableError":
		case "AbortError":
			return "busy";
		default:
			return "failed";
	}
}

const mediaKinds = { camera: "videoinput", microphone: "audioinput", loudspeaker: "audiooutput" } as const;

export async function list(kind: AnyDeviceKind): Promise<DeviceChoice[]> {
	const wanted = mediaKinds[kind];
	const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
	return all.filter((d) => d.kind === wanted && d.deviceId).map((d) => ({ id: d.deviceId, label: d.label }));
}

/** Plays a short rising tone, for trying the loudspeakers. */
export async function chime(): Promise<void> {
	const context = new AudioContext();
	await playOn(context);
	await context.resume();
	const end = context.currentTime + 1.2;
	for (const [i, pitch] of [523, 659, 784].entries()) {
		const oscillator = new OscillatorNode(context, { frequency: pitch });
		const gain = new GainNode(context, { gain: 0 });
		const start = context.currentTime + i * 0.3;
		gain.gain.setValueAtTime(0, start);
		gain.gain.linearRampToValueAtTime(0.3, start + 0.03);
		gain.gain.linearRampToValueAtTime(0, start + 0.5);
		oscillator.connect(gain).connect(context.destination);
		oscillator.start(start);
		oscillator.stop(end);
	}
	setTimeout(() => void context.close(), 1500);
}

/** Whether the browser lets a page choose where sound is played. */
export function choosesLoudspeaker(): boolean {
	return "setSinkId" in HTMLMediaElement.prototype;
}

/** Plays an element, or a context, on the loudspeaker that was chosen on this machine. Where that is gone it plays on any. */
export async function playOn(player: HTMLMediaElement | AudioContext): Promise<void> {
	const id = remembered("loudspeaker");
	if (id && "setSinkId" in player) await (player as { setSinkId(id: string): Promise<void> }).setSinkId(id).catch(() => undefined);
}

/** How long an echo is recorded, in ms. */
export const echoTime = 4000;

/** Records what a microphone hears and plays it back. The promise is done when it was played; said is called when the recording ends. */
export async function echo(stream: MediaStream, said: () => void): Promise<void> {
	const recorder = new MediaRecorder(stream);
	const chunks: Blob[] = [];
	recorder.ondataavailable = (event) => chunks.push(event.data);
	const stopped = new Promise<void>((done) => {
		recorder.onstop = () => done();
	});
	recorder.start();
	await new Promise((done) => setTimeout(done, echoTime));
	recorder.stop();
	await stopped;
	said();
	const url = URL.createObjectURL(new Blob(chunks, { type: recorder.mimeType }));
	try {
		const audio = new Audio(url);
		await playOn(audio);
		await audio.play();
		await new Promise((done) => {
			audio.onended = done;
			audio.onerror = done;
		});
	} finally {
		URL.revokeObjectURL(url);
	}
}
