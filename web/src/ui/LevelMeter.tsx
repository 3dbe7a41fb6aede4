import { useEffect, useRef } from "react";
import { watchLevel } from "../media/level";

const bars = 8;
/** In dB of full scale: where the first bar begins, and what each is worth. */
const [quietest, perBar] = [-60, 6];

/** How loud a microphone hears, in bars. */
export function LevelMeter({ stream }: { stream: MediaStream }) {
	const ref = useRef<HTMLSpanElement>(null);
	useEffect(() => {
		const [track] = stream.getAudioTracks();
		if (!track) return;
		return watchLevel(track, (level) => {
			const lit = Math.round((level - quietest) / perBar);
			[...(ref.current?.children ?? [])].forEach((bar, i) => {
				bar.classList.toggle("lit", i < lit);
			});
		});
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
