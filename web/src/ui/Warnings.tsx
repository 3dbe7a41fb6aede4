import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { mayBeHeard, soundOnly } from "../call/state";
import { useTexts } from "../i18n";
import type { TextKey } from "../i18n/vi";
import { type MicrophoneWarning, MicrophoneWatch, watchLevel } from "../media/level";
import { StateIcon } from "./StateIcon";

/** What hinders a participant now, the worst first, below the bar: one line, and nothing while all is well. */
export function Warnings({ call }: { call: Call }) {
	const { t } = useTexts();
	const phase = useStore(call.state, (s) => s.phase);
	const session = useStore(call.state, (s) => s.procedure.session);
	const open = useStore(call.state, (s) => mayBeHeard(s, s.participants[s.participant]));
	const muted = useStore(call.local, (s) => s.muted || !s.sent.microphone);
	const withheld = useStore(call.state, (s) => s.participants[s.participant]?.withheld === true);
	const narrow = useStore(call.state, soundOnly);
	const { trouble, broken, ended } = useStore(call.local);
	const reconnecting = phase === "reconnecting" || (broken && trouble !== "media");
	const microphone = useMicrophoneWarning(call);
	const [state, text]: ["warn" | "bad", TextKey | undefined] = reconnecting
		? ["bad", "link.reconnecting"]
		: trouble === "media"
			? ["bad", "trouble.media"]
			: ended?.source === "microphone"
				? ["bad", ended.fault ? `fault.${ended.fault}` : "trouble.microphone"]
				: microphone === "muted"
					? ["warn", "trouble.muted"]
					: microphone === "silent"
						? ["warn", "trouble.silent"]
						: ended
							? ["bad", ended.fault ? `fault.${ended.fault}` : "trouble.camera"]
							: withheld
								? ["warn", "trouble.withheld"]
								: session === "recess"
									? ["warn", open && !muted ? "trouble.recessHeard" : "trouble.recess"]
									: narrow
										? ["warn", "trouble.soundOnly"]
										: ["warn", undefined];
	return (
		<div className="warnings" role="status">
			{text && (
				<p className={`warning warning-${state}`} data-testid={reconnecting ? "reconnecting" : "warning"} data-warning={text}>
					<StateIcon state={state} />
					{t(text, { host: location.host })}
				</p>
			)}
		</div>
	);
}

/** Warns who speaks while muted, and of a microphone that gives no signal while it could be heard. */
function useMicrophoneWarning(call: Call): MicrophoneWarning {
	const track = useStore(call.local, (s) => s.sent.microphone);
	const [warning, setWarning] = useState<MicrophoneWarning>();
	useEffect(() => {
		if (!track) {
			setWarning(undefined);
			return;
		}
		const watch = new MicrophoneWatch();
		return watchLevel(track, (level) => {
			const state = call.state.getState();
			const heard = mayBeHeard(state, state.participants[state.participant]);
			// Who has no floor is expected to talk in the hall: only who could be heard is warned.
			setWarning(heard ? watch.hear(level, call.local.getState().muted) : undefined);
		});
	}, [call, track]);
	return warning;
}
