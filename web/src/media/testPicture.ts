// What a link test sends: a picture that no encoder makes small, and a soft tone.

/** Size of the picture, and pictures a second: large enough for the rate that is tried, small enough for old machines. */
const [width, height, rate] = [480, 270, 15];
const cell = 6;

export class TestPicture {
	readonly video: MediaStreamTrack;
	readonly audio: MediaStreamTrack;
	#timer: ReturnType<typeof setInterval>;
	#context = new AudioContext();

	constructor() {
		const canvas = document.createElement("canvas");
		canvas.width = width;
		canvas.height = height;
		const pen = canvas.getContext("2d", { alpha: false });
		const draw = () => {
			if (!pen) return;
			for (let y = 0; y < height; y += cell) {
				for (let x = 0; x < width; x += cell) {
					pen.fillStyle = Math.random() < 0.5 ? "black" : "white";
					pen.fillRect(x, y, cell, cell);
				}
			}
		};
		draw();
		this.#timer = setInterval(draw, 1000 / rate);
		const [video] = canvas.captureStream(rate).getVideoTracks();
		const out = this.#context.createMediaStreamDestination();
		const tone = new OscillatorNode(this.#context, { frequency: 440 });
		tone.connect(new GainNode(this.#context, { gain: 0.05 })).connect(out);
		tone.start();
		const [audio] = out.stream.getAudioTracks();
		if (!video || !audio) throw new Error("nothing to send");
		this.video = video;
		this.audio = audio;
	}

	stop(): void {
		clearInterval(this.#timer);
		this.video.stop();
		this.audio.stop();
		void this.#context.close();
	}
}
