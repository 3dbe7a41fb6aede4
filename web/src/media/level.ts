// How loud a microphone hears, measured on a copy of its track: a muted track is silent.

/** Levels in dB of full scale. */
export const speech = -45;
/** A microphone that hears less than this for long gives no signal: it is switched off, or unplugged at the mixer. */
export const nothing = -85;

/** Calls with the level of a track each tenth of a second, until the returned function is called. */
export function watchLevel(track: MediaStreamTrack, heard: (level: number) => void): () => void {
	const copy = track.clone();
	copy.enabled = true;
	const context = new AudioContext();
	const analyser = context.createAnalyser();
	analyser.fftSize = 2048;
	context.createMediaStreamSource(new MediaStream([copy])).connect(analyser);
	// Browsers start no sound processing before the first click or key of a page.
	const resume = () => void context.resume();
	window.addEventListener("pointerdown", resume);
	window.addEventListener("keydown", resume);
	const samples = new Float32Array(analyser.fftSize);
	const timer = setInterval(() => {
		if (context.state !== "running") return;
		analyser.getFloatTimeDomainData(samples);
		let power = 0;
		for (const s of samples) power += s * s;
		heard(10 * Math.log10(power / samples.length + 1e-12));
	}, 100);
	return () => {
		clearInterval(timer);
		window.removeEventListener("pointerdown", resume);
		window.removeEventListener("keydown", resume);
		copy.stop();
		void context.close();
	};
}

/** What to tell the owner of a microphone. */
export type MicrophoneWarning = "muted" | "silent" | undefined;

/** Decides from levels: pure but for what it remembers. Speech counts after half a second, silence after eight. */
export class MicrophoneWatch {
	#spoken = 0;
	#silent = 0;
	#warned = 0;

	/** One level, each tenth of a second. */
	hear(level: number, muted: boolean): MicrophoneWarning {
		this.#spoken = level > speech ? this.#spoken + 1 : Math.max(0, this.#spoken - 1);
		this.#silent = level < nothing ? this.#silent + 1 : 0;
		if (!muted) {
			this.#warned = 0;
			return this.#silent > 80 ? "silent" : undefined;
		}
		if (this.#spoken > 5)
			this.#warned = 40; // stays for four seconds after the last word
		else if (this.#warned > 0) this.#warned--;
		return this.#warned > 0 ? "muted" : undefined;
	}
}
