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

/** Opens a device: the chosen one where it is there, else any. Rejects with a DeviceError. */
export async function open(kind: DeviceKind, id = remembered(kind)): Promise<MediaStreamTrack> {
	if (!navigator.mediaDevices?.getUserMedia) throw new DeviceError("insecure");
	const chosen = id ? { deviceId: { ideal: id } } : {};
	const constraints: MediaStreamConstraints =
		kind === "camera"
			? { video: { ...chosen, width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 25, max: 30 } } }
			: { audio: { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true } };
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
