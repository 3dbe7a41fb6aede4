import { Button } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { playOn, remembered } from "../media/devices";

/** The loudspeaker that was chosen; it is remembered on this machine. */
export const loudspeaker = createStore<{ id?: string }>(() => ({ id: remembered("loudspeaker") }));

/** The audio slots. Where the browser waits for a click before it plays (after a reload), a button asks for one. */
export function Sound({ call }: { call: Call }) {
	const { t } = useTexts();
	const streams = useStore(call.local, (s) => s.connection.audio);
	const chosen = useStore(loudspeaker, (s) => s.id);
	const root = useRef<HTMLDivElement>(null);
	const [blocked, setBlocked] = useState(false);
	const play = () => {
		const all = [...(root.current?.querySelectorAll("audio") ?? [])].map((a) => a.play());
		Promise.all(all).then(
			() => setBlocked(false),
			(error) => setBlocked(error instanceof Error && error.name === "NotAllowedError"),
		);
	};
	// biome-ignore lint/correctness/useExhaustiveDependencies: new streams are played as the old ones were
	useEffect(() => {
		[...(root.current?.querySelectorAll("audio") ?? [])].forEach((audio, i) => {
			audio.srcObject = streams[i] ?? null;
		});
		play();
	}, [streams]);
	// biome-ignore lint/correctness/useExhaustiveDependencies: what is chosen is remembered, and read where it is played
	useEffect(() => {
		for (const audio of root.current?.querySelectorAll("audio") ?? []) void playOn(audio);
	}, [chosen, streams]);
	return (
		<div ref={root}>
			{streams.map((stream, i) => (
				<audio key={stream.id} autoPlay data-testid={`slot-audio-${i}`} />
			))}
			{blocked && (
				<Button className="sound" onClick={play} data-testid="sound">
					{t("link.sound")}
				</Button>
			)}
		</div>
	);
}
