// What the fake cameras show and the fake microphones hear: a colour and a tone for each participant, so that a test can tell whose picture
// is in which tile and whose voice is in which slot.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Device {
	/** Name of the colour, and its red, green and blue. */
	readonly colour: readonly [number, number, number];
	/** Pitch of the tone in Hz. */
	readonly tone: number;
}

export const devices = {
	red: { colour: [200, 40, 40], tone: 520 },
	green: { colour: [40, 160, 40], tone: 860 },
	blue: { colour: [40, 60, 200], tone: 1300 },
} as const satisfies Record<string, Device>;

const folder = join(tmpdir(), "diemcau-e2e-devices");

/** Makes the files that Chromium plays in place of a camera and a microphone, once. */
export function deviceFiles(device: Device): { video: string; audio: string } {
	mkdirSync(folder, { recursive: true });
	const hex = device.colour.map((part) => part.toString(16).padStart(2, "0")).join("");
	const video = join(folder, `${hex}.mjpeg`);
	const audio = join(folder, `${device.tone}.wav`);
	if (!existsSync(video)) {
		// The picture moves at its edges; its middle keeps the colour.
		const moving = `color=c=0x${hex}:s=1280x720:r=25,drawbox=x='mod(t*400,1280)':y=0:w=60:h=120:c=white:t=fill`;
		run("-f", "lavfi", "-i", moving, "-t", "4", "-q:v", "4", video);
	}
	if (!existsSync(audio)) {
		// Short bursts, as speech has: noise suppression takes a steady tone for noise.
		const bursts = `aevalsrc='0.5*sin(2*PI*${device.tone}*t)*lt(mod(t,0.4),0.25)':s=48000:d=4`;
		run("-f", "lavfi", "-i", bursts, "-ac", "1", audio);
	}
	return { video, audio };
}

function run(...args: string[]): void {
	execFileSync("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args]);
}
