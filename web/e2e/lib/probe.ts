// What a participant sees and hears, measured in its page. These functions run in the browser: they must be self-contained.

/** Colour of the middle of the video in an element, and the number of frames that were decoded. Null while there is no picture. */
export function look(selector: string): { colour: [number, number, number]; frames: number } | null {
	const video = document.querySelector<HTMLVideoElement>(`${selector} video, video${selector}`);
	if (!video || video.readyState < 2 || video.videoWidth === 0) return null;
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = 8;
	const context = canvas.getContext("2d");
	if (!context) return null;
	const { videoWidth: w, videoHeight: h } = video;
	context.drawImage(video, w / 2 - w / 16, h / 2 - h / 16, w / 8, h / 8, 0, 0, 8, 8);
	const [r, g, b] = context.getImageData(4, 4, 1, 1).data;
	return { colour: [r, g, b], frames: video.getVideoPlaybackQuality().totalVideoFrames };
}

/** Loudness of given tones, in dB, over all sound that the page receives, the most of the last second. */
export async function listen(tones: number[]): Promise<number[]> {
	const page = window as unknown as { e2eEars?: { context: AudioContext; analyser: AnalyserNode; known: Set<string> } };
	if (!page.e2eEars) {
		const context = new AudioContext();
		const analyser = context.createAnalyser();
		analyser.fftSize = 4096;
		analyser.smoothingTimeConstant = 0;
		page.e2eEars = { context, analyser, known: new Set() };
	}
	const ears = page.e2eEars;
	await ears.context.resume();
	for (const element of document.querySelectorAll<HTMLMediaElement>("audio, video")) {
		if (element.muted || !(element.srcObject instanceof MediaStream)) continue;
		for (const track of element.srcObject.getAudioTracks()) {
			if (ears.known.has(track.id)) continue;
			ears.known.add(track.id);
			ears.context.createMediaStreamSource(new MediaStream([track])).connect(ears.analyser);
		}
	}
	const loudest = tones.map(() => -200);
	const bins = new Float32Array(ears.analyser.frequencyBinCount);
	const end = performance.now() + 1000;
	while (performance.now() < end) {
		ears.analyser.getFloatFrequencyData(bins);
		tones.forEach((tone, i) => {
			const bin = Math.round((tone * ears.analyser.fftSize) / ears.context.sampleRate);
			for (let b = bin - 2; b <= bin + 2; b++) loudest[i] = Math.max(loudest[i], bins[b]);
		});
		await new Promise((done) => setTimeout(done, 40));
	}
	return loudest;
}
