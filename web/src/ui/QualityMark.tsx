import { useContext, useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, number, useTexts } from "../i18n";
import { between, readMoment, type SlotFigures } from "../media/moments";
import type { Participant } from "../signaling/protocol.gen";
import { linkSentence, markOf, useLink } from "./link";
import { StateIcon } from "./StateIcon";
import { UnattendedContext } from "./tiles";
import { useServerClock } from "./useServerClock";

interface QualityMarkProps {
	call: Call;
	participant: Participant;
	/** The video slot that shows the participant, if one does. */
	slot?: number;
}

/** How the participant's link is, as a shape. Its name has the figures behind it; pointer and keyboard bring up those with what arrives here. */
export function QualityMark({ call, participant, slot }: QualityMarkProps) {
	const { t, language } = useTexts();
	const link = useLink(call, participant.id);
	const state = markOf(participant, link);
	const button = useRef<HTMLButtonElement>(null);
	const [open, setOpen] = useState(false);
	const id = useId();
	const text = linkSentence(t, participant, link, language);
	if (useContext(UnattendedContext)) {
		return (
			<span className="plate-link" data-testid="link-mark" data-state={state} role="img" aria-label={text}>
				<StateIcon state={state} />
			</span>
		);
	}
	return (
		<button
			ref={button}
			type="button"
			className="plate-link"
			data-testid="link-mark"
			data-state={state}
			aria-label={text}
			aria-describedby={open ? id : undefined}
			onMouseEnter={() => setOpen(true)}
			onMouseLeave={() => setOpen(false)}
			onFocus={() => setOpen(true)}
			onBlur={() => setOpen(false)}
			onClick={() => setOpen(true)}
			onKeyDown={(event) => {
				if (event.key !== "Escape" || !open) return;
				event.stopPropagation();
				setOpen(false);
			}}
		>
			<StateIcon state={state} />
			{open && button.current && (
				<Tip id={id} of={button.current.closest(".plate") ?? button.current}>
					<strong>{text}</strong>
					{participant.presence === "lost" && participant.since && <Since call={call} since={participant.since} />}
					{slot !== undefined && <Arriving call={call} slot={slot} />}
				</Tip>
			)}
		</button>
	);
}

/** What floats above an element, within the window that shows it: never over a plate. */
function Tip({ id, of, children }: { id: string; of: Element; children: React.ReactNode }) {
	const tip = useRef<HTMLSpanElement>(null);
	useLayoutEffect(() => {
		const element = tip.current;
		if (!element) return;
		const place = () => {
			const [around, own] = [of.getBoundingClientRect(), element.getBoundingClientRect()];
			const width = of.ownerDocument.documentElement.clientWidth;
			element.style.left = `${Math.max(0, Math.min(around.left, width - own.width))}px`;
			element.style.top = `${around.top >= own.height ? around.top - own.height : around.bottom}px`;
		};
		const resized = new ResizeObserver(place);
		resized.observe(element);
		place();
		return () => resized.disconnect();
	}, [of]);
	return createPortal(
		<span ref={tip} id={id} role="tooltip" className="tip" data-testid="link-tip">
			{children}
		</span>,
		of.closest("main") ?? of.ownerDocument.body,
	);
}

function Since({ call, since }: { call: Call; since: string }) {
	const { t } = useTexts();
	const now = useServerClock(call);
	return (
		<span>
			{t("link.reconnecting")} {duration(now - Date.parse(since))}
		</span>
	);
}

/** What arrives in a slot, from second to second. */
function Arriving({ call, slot }: { call: Call; slot: number }) {
	const { t, language } = useTexts();
	const reason = useStore(call.state, (s) => s.video[slot]?.reason);
	const figures = useSlotFigures(call, slot);
	if (reason === "bandwidth") return <span data-testid="link-tip-here">{t("tile.bandwidth")}</span>;
	if (!figures) return <span data-testid="link-tip-here">{t("quality.measuring")}</span>;
	const value = (n: number) => number(n, language);
	return (
		<span data-testid="link-tip-here">
			{t("quality.here", {
				loss: value(figures.lossPercent),
				kbps: value(figures.kbps),
				frames: value(figures.framesPerSecond),
				height: figures.height, // a name of a size, not a count
			})}
		</span>
	);
}

function useSlotFigures(call: Call, slot: number): SlotFigures | undefined {
	const [figures, setFigures] = useState<SlotFigures>();
	useEffect(() => {
		let over = false;
		const connection = () => call.local.getState().connection;
		let before = { of: connection(), moment: readMoment(connection()) };
		const timer = setInterval(async () => {
			const now = { of: connection(), moment: readMoment(connection()) };
			const [was, is] = [before, now];
			before = now;
			if (was.of.pc !== is.of.pc) return;
			const slots = between(await was.moment, await is.moment).slots;
			if (!over) setFigures(slots.find((s) => s.kind === "video" && s.slot === slot));
		}, 1000);
		return () => {
			over = true;
			clearInterval(timer);
		};
	}, [call, slot]);
	return figures;
}
