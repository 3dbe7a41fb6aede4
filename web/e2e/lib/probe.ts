// What a participant sees and hears, measured in its page. These functions run in the browser: they must be self-contained.

/** Colour of the middle of the video in an element, and whether its picture goes on. Null while there is none. */
export async function look(selector: string): Promise<{ colour: [number, number, number]; moves: boolean } | null> {
	const video = document.querySelector<HTMLVideoElement>(`${selector} video`);
	if (!video || video.readyState < 2 || video.videoWidth === 0) return null;
	const canvas = document.createElement("canvas");
	canvas.width = canvas.height = 8;
	const context = canvas.getContext("2d");
	if (!context) return null;
	const { videoWidth: w, videoHeight: h } = video;
	context.drawImage(video, w / 2 - w / 16, h / 2 - h / 16, w / 8, h / 8, 0, 0, 8, 8);
	const [r, g, b] = context.getImageData(4, 4, 1, 1).data;
	const frames = await new Promise<number>((done) => {
		let seen = 0;
		const count = () => {
			if (++seen === 3) done(seen);
			else video.requestVideoFrameCallback(count);
		};
		video.requestVideoFrameCallback(count);
		setTimeout(() => done(seen), 1000);
	});
	return { colour: [r, g, b], moves: frames === 3 };
}

/** How far given tones stand out from the sound around their pitch, in dB, in all that the page receives: the most of a second. */
export async function listen(tones: readonly number[]): Promise<number[]> {
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
	const most = tones.map(() => 0);
	const bins = new Float32Array(ears.analyser.frequencyBinCount);
	const width = ears.context.sampleRate / ears.analyser.fftSize;
	const loudest = (from: number, to: number) => Math.max(...bins.subarray(Math.round(from / width), Math.round(to / width) + 1));
	const audible = -75;
	const end = performance.now() + 1000;
	while (performance.now() < end) {
		ears.analyser.getFloatFrequencyData(bins);
		tones.forEach((tone, i) => {
			const level = loudest(tone - 15, tone + 15);
			const around = Math.max(loudest(tone - 160, tone - 80), loudest(tone + 80, tone + 160));
			if (level > audible) most[i] = Math.max(most[i], level - around);
		});
		await new Promise((done) => setTimeout(done, 40));
	}
	return most;
}

/** As listen, from a recording: for a browser that plays nothing where there is no sound device. */
export async function record(tones: readonly number[]): Promise<number[]> {
	const most = tones.map(() => 0);
	for (const element of document.querySelectorAll<HTMLMediaElement>("audio")) {
		if (!(element.srcObject instanceof MediaStream) || element.srcObject.getAudioTracks().length === 0) continue;
		const recorder = new MediaRecorder(element.srcObject);
		const chunks: Blob[] = [];
		recorder.ondataavailable = (event) => chunks.push(event.data);
		const stopped = new Promise((done) => {
			recorder.onstop = done;
		});
		recorder.start();
		await new Promise((done) => setTimeout(done, 900));
		recorder.stop();
		await stopped;
		const recorded = await new Blob(chunks).arrayBuffer();
		if (recorded.byteLength === 0) continue;
		const rate = 48000;
		const buffer = await new OfflineAudioContext(1, rate, rate).decodeAudioData(recorded).catch(() => undefined);
		if (!buffer) continue;
		const samples = buffer.getChannelData(0);
		// Goertzel: the power at one pitch, over a window that lets its neighbours alone.
		const power = (tone: number, from: number, n: number) => {
			const k = 2 * Math.cos((2 * Math.PI * tone) / rate);
			let [a, b] = [0, 0];
			for (let i = 0; i < n; i++) {
				const w = 0.5 - 0.5 * Math.cos((2 * Math.PI * i) / n);
				[a, b] = [samples[from + i] * w + k * a - b, a];
			}
			return 10 * Math.log10((a * a + b * b - k * a * b) / (n * n) + 1e-12);
		};
		const n = 4096;
		for (let from = 0; from + n <= samples.length; from += n) {
			tones.forEach((tone, i) => {
				const level = power(tone, from, n);
				const around = Math.max(power(tone - 120, from, n), power(tone + 120, from, n));
				if (level > -75) most[i] = Math.max(most[i], level - around);
			});
		}
	}
	return most;
}

/** Counters of the programme's video, whoever is in it (W3C WebRTC Statistics, RTCInboundRtpStreamStats). */
export async function programme(): Promise<{
	decoded: number;
	dropped: number;
	frozen: number;
	lost: number;
	asked: number;
	keys: number;
}> {
	const video = document.querySelector<HTMLVideoElement>('[data-testid="slot-video-0"] video');
	const id = video?.srcObject instanceof MediaStream ? video.srcObject.getVideoTracks()[0]?.id : undefined;
	const stats = (await window.diemcau.pc().getStats()) as unknown as Map<string, Record<string, unknown>>;
	for (const s of stats.values()) {
		if (s.type === "inbound-rtp" && s.kind === "video" && s.trackIdentifier === id) {
			return {
				decoded: Number(s.framesDecoded),
				dropped: Number(s.framesDropped),
				frozen: Number(s.freezeCount),
				lost: Number(s.packetsLost),
				asked: Number(s.pliCount),
				keys: Number(s.keyFramesDecoded),
			};
		}
	}
	throw new Error("no programme");
}
