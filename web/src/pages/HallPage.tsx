import { useEffect, useState } from "react";
import { keepAwake } from "../media/wakeLock";
import { Foyer } from "../ui/hall/Foyer";
import { type HallShow, HallView } from "../ui/hall/HallView";
import { useUnattended } from "../ui/hall/useUnattended";
import type { InvitationState } from "../ui/useInvitation";
import { expose } from "./expose";

/** What the link asks for: ?show=mosaic shows the sites whatever the chair chooses, ?grid=7 seven by seven of them. */
function wishes(): { show: HallShow; grid: number } {
	const asked = new URLSearchParams(location.search);
	const show = asked.get("show");
	const grid = Number(asked.get("grid"));
	return {
		show: show === "programme" || show === "mosaic" ? show : "follow",
		grid: Number.isInteger(grid) && grid >= 2 && grid <= 7 ? grid : 5,
	};
}

/** A second screen in a hall: no control, no cursor, no sound, never asleep. */
export default function HallPage({ invitation, state }: { invitation: string; state: InvitationState }) {
	const [{ show, grid }] = useState(wishes);
	const { call, phase, note, left, now } = useUnattended(invitation, state, { video: 3 + grid * grid - 1, audio: 0 });
	useEffect(keepAwake, []);
	useEffect(() => {
		if (call) expose(call);
	}, [call]);
	return (
		<div className="hall-page hall-display">
			{call && phase === "in" ? (
				<HallView call={call} show={show} grid={grid} />
			) : (
				<Foyer
					title={state.invited?.unit ?? state.invited?.name}
					meeting={state.invited?.meeting}
					problem={state.problem}
					left={left}
					now={now}
					note={note}
				/>
			)}
		</div>
	);
}
