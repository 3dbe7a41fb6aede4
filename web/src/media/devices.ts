// Cameras and microphones: opening them, remembering which were chosen on this machine, and saying clearly why one cannot be used.

export type DeviceKind = "camera" | "microphone";

/** Why a device cannot be used. */
export type DeviceFault = "blocked" | "busy" | "none" | "insecure" | "failed";

export interface DeviceChoice {
	id: string;
	label: string;
}

const storageKey = { camera: "diemcau.camera", microphone: "diemcau.microphone" } as const;

export function remembered(kind: DeviceKind): string | undefined {
	return localStorage.getItem(storageKey[kind]) ?? undefined;
}

export function remember(kind: DeviceKind, id: string): void {
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

export async function list(kind: DeviceKind): Promise<DeviceChoice[]> {
	const wanted = kind === "camera" ? "videoinput" : "audioinput";
	const all = (await navigator.mediaDevices?.enumerateDevices()) ?? [];
	return all.filter((d) => d.kind === wanted && d.deviceId).map((d) => ({ id: d.deviceId, label: d.label }));
}

/** Plays a short rising tone, for trying the loudspeakers. */
export async function chime(): Promise<void> {
	const context = new AudioContext();
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
