// Turning one's own sources on and off.
import { open } from "../media/devices";
import type { Call } from "./call";

export async function toggleCamera(call: Call): Promise<void> {
	const { camera } = call.local.getState().sent;
	if (camera) {
		await call.send("camera", null);
		camera.stop();
		return;
	}
	const track = await open("camera").catch(() => undefined);
	if (track) await call.send("camera", track);
	else call.local.setState({ ended: "camera" });
}

/** Mutes or unmutes; without a microphone it tries to open one. */
export async function toggleMicrophone(call: Call): Promise<void> {
	const { sent, muted } = call.local.getState();
	if (sent.microphone) return call.mute(!muted);
	const track = await open("microphone").catch(() => undefined);
	if (track) await call.send("microphone", track);
	else call.local.setState({ ended: "microphone" });
}

/** Shares a screen with its sound, or stops. The browser asks which. */
export async function toggleScreen(call: Call): Promise<void> {
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
}
