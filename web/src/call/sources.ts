// Turning one's own sources on and off.
import { DeviceError, type DeviceKind, open } from "../media/devices";
import type { Source } from "../signaling/protocol.gen";
import type { Call } from "./call";

/** Sources that are being opened: a second press waits for the first. */
const opening = new Set<Source>();
/** How long it is said that a device could not be opened, in ms. */
const told = 15_000;

/** Does something with a source unless that is under way already. */
async function once(source: Source, act: () => Promise<void>): Promise<void> {
	if (opening.has(source)) return;
	opening.add(source);
	try {
		await act();
	} finally {
		opening.delete(source);
	}
}

async function openDevice(call: Call, kind: DeviceKind): Promise<void> {
	try {
		await call.send(kind, await open(kind));
	} catch (error) {
		const ended = { source: kind, fault: error instanceof DeviceError ? error.fault : ("failed" as const) };
		call.local.setState({ ended });
		setTimeout(() => call.local.setState((s) => (s.ended === ended ? { ended: undefined } : {})), told);
	}
}

export function toggleCamera(call: Call): Promise<void> {
	return once("camera", async () => {
		const { camera } = call.local.getState().sent;
		if (!camera) return openDevice(call, "camera");
		await call.send("camera", null);
		camera.stop();
	});
}

/** Mutes or unmutes; without a microphone it tries to open one. */
export function toggleMicrophone(call: Call): Promise<void> {
	return once("microphone", () => {
		const { sent, muted } = call.local.getState();
		return sent.microphone ? call.mute(!muted) : openDevice(call, "microphone");
	});
}

/** Shares a screen with its sound, or stops. The browser asks which. */
export function toggleScreen(call: Call): Promise<void> {
	return once("screen", async () => {
		const { screen, screen_audio: audio } = call.local.getState().sent;
		if (screen) {
			for (const track of [screen, audio]) track?.stop();
			await call.send("screen", null);
			await call.send("screen_audio", null);
			return;
		}
		let stream: MediaStream;
		try {
			stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: true });
		} catch {
			return; // refused in the browser's own dialog: the participant knows
		}
		const [video] = stream.getVideoTracks();
		const [sound] = stream.getAudioTracks();
		video.contentHint = "detail";
		// The browser's own bar stops a screen too.
		video.onended = () => {
			if (call.local.getState().sent.screen === video) void toggleScreen(call);
		};
		await call.send("screen", video);
		if (sound) await call.send("screen_audio", sound);
	});
}
