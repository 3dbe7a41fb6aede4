import { IconLock } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { attendance, chairOf, manages } from "../call/state";
import { clock, spokenClock, useTexts } from "../i18n";
import { Digits } from "./Digits";
import { Mark } from "./Header";
import { linkText } from "./link";
import { StateIcon } from "./StateIcon";
import { useServerClock } from "./useServerClock";

/** The bar over the room: the meeting, where it stands, the own link, and the server's time. */
export function RoomHeader({ call, desk }: { call: Call; desk?: boolean }) {
	const { t, language } = useTexts();
	const subject = useStore(call.state, (s) => s.meeting?.subject);
	const chair = useStore(call.state, (s) => chairOf(s.participants)?.name);
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const { session, locked } = useStore(call.state, (s) => s.procedure);
	const participants = useStore(call.state, (s) => s.participants);
	const { here, all } = attendance(participants);
	const now = useServerClock(call);
	return (
		<section className="room-header" aria-label={t("room.header")} data-region tabIndex={-1}>
			<Mark />
			<div className="room-title">
				<h1>
					<bdi>{subject}</bdi>
					{session !== "in_session" && (
						<span className={`tag ${session === "recess" ? "tag-warn" : ""}`} data-testid="session" data-session={session}>
							{t(`session.${session}`)}
						</span>
					)}
					{locked && manages(self) && (
						<span className="tag">
							<IconLock size="1em" aria-hidden="true" /> {t("room.locked")}
						</span>
					)}
				</h1>
				<p>
					{desk ? (
						<>
							{t("desk.title")} · <bdi>{self?.name}</bdi>
							{self?.unit && (
								<>
									, <bdi>{self.unit}</bdi>
								</>
							)}
						</>
					) : (
						chair && (
							<>
								{t("room.chair")} <bdi>{chair}</bdi>
							</>
						)
					)}
				</p>
			</div>
			<span className="room-count">{t("room.count", { here, all })}</span>
			<OwnLink call={call} />
			<Digits text={clock(now, language)} label={spokenClock(now, language)} />
		</section>
	);
}

/** How the own link is, with the figures behind it. */
function OwnLink({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const phase = useStore(call.state, (s) => s.phase);
	const figures = useStore(call.local, (s) => s.link);
	const quality = useStore(call.state, (s) => s.links[s.participant]?.quality);
	const { trouble, broken } = useStore(call.local);
	const state = phase !== "connected" || trouble || broken ? "bad" : quality === "poor" ? "warn" : "ok";
	const word =
		phase !== "connected" || (broken && !trouble)
			? "link.reconnecting"
			: state === "bad"
				? "link.none"
				: state === "warn"
					? "link.poor"
					: "link.good";
	const text = figures ? linkText(t, figures, language) : "";
	return (
		<button
			type="button"
			className={`own-link state-${state}`}
			data-testid="own-link"
			data-state={state}
			title={text}
			aria-label={`${t(word)} ${text}`}
		>
			<StateIcon state={state} />
			<span className="own-link-word">{t(word)}</span>
			<small className="own-link-figures">{text}</small>
		</button>
	);
}
