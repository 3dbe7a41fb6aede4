// Turning one's own sources on and off.
import { DeviceError, type DeviceKind, open } from "../media/devices";
import type { Call } from "./call";

/** Devices that are being opened: the page shows nothing of it yet, so a second press means the same as the first. */
const opening = new Set<DeviceKind>();
/** How long it is said that a device could not be opened, in ms. */
const told = 15_000;

async function openDevice(call: Call, kind: DeviceKind): Promise<void> {
	if (opening.has(kind)) return;
	opening.add(kind);
	let track: MediaStreamTrack;
	try {
		track = await open(kind);
	} catch (error) {
		const ended = { source: kind, fault: error instanceof DeviceError ? error.fault : ("failed" as const) };
		call.local.setState({ ended });
		setTimeout(() => call.local.setState((s) => (s.ended === ended ? { ended: undefined } : {})), told);
		return;
	} finally {
		opening.delete(kind);
	}
	await call.send(kind, track);
}

/** Shows the camera or stops to. The device rests at once, also when the server's answer is late. */
export async function toggleCamera(call: Call): Promise<void> {
	const { camera } = call.local.getState().sent;
	if (!camera) return openDevice(call, "camera");
	const sent = call.send("camera", null);
	camera.stop();
	await sent;
}

/** Mutes or unmutes; without a microphone it tries to open one. */
export async function toggleMicrophone(call: Call): Promise<void> {
	const { sent, muted } = call.local.getState();
	await (sent.microphone ? call.mute(!muted) : openDevice(call, "microphone"));
}

/** The browser asks which screen: it would ask twice for two presses. */
let choosing = false;

/** Shares a screen with its sound, or stops. The browser asks which. */
export async function toggleScreen(call: Call): Promise<void> {
	const { screen, screen_audio: audio } = call.local.getState().sent;
	if (screen) {
		const sent = [call.send("screen", null), call.send("screen_audio", null)];
		for (const track of [screen, audio]) track?.stop();
		await Promise.all(sent);
		return;
	}
	if (choosing) return;
	choosing = true;
	let stream: MediaStream;
	try {
		stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: true });
	} catch {
		return; // refused in the browser's own dialog: the participant knows
	} finally {
		choosing = false;
	}
	const [video] = stream.getVideoTracks();
	const [sound] = stream.getAudioTracks();
	video.contentHint = "detail";
	// The browser's own bar stops a screen too.
	video.onended = () => {
		if (call.local.getState().sent.screen === video) void toggleScreen(call);
	};
	await Promise.all([call.send("screen", video), ...(sound ? [call.send("screen_audio", sound)] : [])]);
}
