// What the fake cameras show and the fake microphones hear: a colour and a tone for each participant, so that a test can tell whose picture
// is in which tile and whose voice is in which slot.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Device {
	/** Red, green and blue of the picture; a browser's own fake camera has no colour of its own. */
	readonly colour?: readonly [number, number, number];
	/** Pitch of the tone in Hz. */
	readonly tone: number;
}

export const devices = {
	red: { colour: [200, 40, 40], tone: 520 },
	green: { colour: [40, 160, 40], tone: 860 },
	blue: { colour: [40, 60, 200], tone: 1300 },
} as const satisfies Record<string, Device>;

const folder = join(tmpdir(), "diemcau-e2e-devices");

/** Width and height of a camera's picture. */
export type Size = `${number}x${number}`;

/** Pictures per second: as few as look like a camera's, since a machine without a GPU draws and encodes them for several people. */
const frameRate = 10;

/** Makes the files that Chromium plays in place of a camera and a microphone, once. */
export function deviceFiles(device: Device, size: Size): { video: string; audio: string } {
	mkdirSync(folder, { recursive: true });
	const hex = (device.colour ?? [0, 0, 0]).map((part) => part.toString(16).padStart(2, "0")).join("");
	// Of the formats that Chromium plays this one has a frame rate of its own: others are played at 30 frames a second.
	const video = join(folder, `${hex}-${size}-${frameRate}.y4m`);
	const audio = join(folder, `${device.tone}-swelling.wav`);
	if (!existsSync(video)) {
		// The picture moves at its edges; its middle keeps the colour.
		const moving = `color=c=0x${hex}:s=${size}:r=${frameRate},drawbox=x='mod(t*300,iw)':y=0:w=40:h=40:c=white:t=fill`;
		run("-f", "lavfi", "-i", moving, "-t", "4", "-pix_fmt", "yuv420p", video);
	}
	if (!existsSync(audio)) {
		// It swells and fades as speech does: noise suppression takes a steady tone for noise, and a sudden one sounds at every pitch.
		const swelling = `aevalsrc='0.6*sin(2*PI*${device.tone}*t)*pow(sin(PI*t/0.4),2)':s=48000:d=4`;
		run("-f", "lavfi", "-i", swelling, "-ac", "1", audio);
	}
	return { video, audio };
}

function run(...args: string[]): void {
	execFileSync("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args]);
}
