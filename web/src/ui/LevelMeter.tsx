import { useEffect, useRef } from "react";

const bars = 8;

/** How loud a microphone hears, in bars. */
export function LevelMeter({ stream }: { stream: MediaStream }) {
	const ref = useRef<HTMLSpanElement>(null);
	useEffect(() => {
		const context = new AudioContext();
		const analyser = context.createAnalyser();
		analyser.fftSize = 512;
		context.createMediaStreamSource(stream).connect(analyser);
		// Browsers start no sound processing before the first click or key of a page.
		const resume = () => void context.resume();
		window.addEventListener("pointerdown", resume);
		window.addEventListener("keydown", resume);
		const samples = new Float32Array(analyser.fftSize);
		const timer = setInterval(() => {
			analyser.getFloatTimeDomainData(samples);
			const power = samples.reduce((sum, s) => sum + s * s, 0) / samples.length;
			const level = Math.max(0, Math.min(bars, Math.round((10 * Math.log10(power + 1e-9) + 60) / 6)));
			[...(ref.current?.children ?? [])].forEach((bar, i) => {
				bar.classList.toggle("lit", i < level);
			});
		}, 80);
		return () => {
			clearInterval(timer);
			window.removeEventListener("pointerdown", resume);
			window.removeEventListener("keydown", resume);
			void context.close();
		};
	}, [stream]);
	return (
		<span className="meter" ref={ref} aria-hidden="true">
			{Array.from({ length: bars }, (_, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: the bars never change
				<i key={i} />
			))}
		</span>
	);
}
