import type { ReactNode } from "react";
import { clock, duration, longDay, spokenClock, spokenDuration, useTexts } from "../../i18n";
import type { TextKey } from "../../i18n/vi";
import type { Invitation, Problem } from "../../signaling/rest";
import { Digits } from "../Digits";
import { Mark } from "../Header";
import { StateIcon } from "../StateIcon";
import "./hall.css";

interface FoyerProps {
	invited?: Invitation;
	problem?: Problem;
	/** Until the meeting opens, in ms; undefined when it has opened. */
	left?: number;
	/** The server's clock in ms. */
	now: number;
	/** Why nothing is shown but this, where it is not for the time. */
	note?: TextKey;
	/** Stands at the right: the devices of a terminal. */
	children?: ReactNode;
}

/** What stands on an unattended screen while there is no meeting on it. It moves a little every ten minutes, so that nothing burns in. */
export function Foyer({ invited, problem, left, now, note, children }: FoyerProps) {
	const { t, language } = useTexts();
	const shift = (Math.floor(now / 600_000) % 3) - 1;
	const meeting = invited?.meeting;
	return (
		<div className="foyer" style={{ "--shift": shift } as React.CSSProperties} data-testid="foyer" data-note={note}>
			<header>
				<Mark />
				<div>
					<h1>
						<bdi>{invited ? (invited.unit ?? invited.name) : t("app.name")}</bdi>
					</h1>
					<p>{longDay(now, language)}</p>
				</div>
				<Digits text={clock(now, language)} label={spokenClock(now, language)} />
			</header>
			<main>
				{meeting ? (
					<section className={`foyer-meeting ${note ? "" : "foyer-lit"}`}>
						<p className="foyer-kind">{t(left === undefined ? "foyer.meeting" : "foyer.next")}</p>
						<h2>
							<bdi>{meeting.subject}</bdi>
						</h2>
						{left !== undefined && left > 0 && (
							<p className="foyer-countdown">
								<span>{t("foyer.opensIn")}</span>
								<Digits role="timer" text={duration(left + 999)} label={t("join.opensIn", { time: spokenDuration(left, language) })} />
							</p>
						)}
						<ul>
							{meeting.end && (
								<li>
									{t("foyer.time")}
									<b>
										{clock(Date.parse(meeting.start), language)}–{clock(Date.parse(meeting.end), language)}
									</b>
								</li>
							)}
							<li>
								{t("foyer.chair")}
								<b>
									<bdi>{meeting.chair}</bdi>
								</b>
							</li>
							{left !== undefined && left > 0 && (
								<li>
									{t("foyer.joinsAt")}
									<b>{clock(Date.parse(meeting.opens_at), language)}</b>
								</li>
							)}
						</ul>
					</section>
				) : (
					<section className="foyer-meeting">
						<h2>{t(problem ? "foyer.unreachable" : (note ?? "foyer.loading"))}</h2>
					</section>
				)}
				{problem && (
					<p className="foyer-note" role="status">
						<StateIcon state="bad" />
						{problem.code === "network" ? t("problem.network") : language === "vi" ? problem.vi : problem.en}
					</p>
				)}
				{note && meeting && (
					<p className="foyer-note" role="status" data-testid="foyer-note">
						<StateIcon state="warn" />
						{t(note)}
					</p>
				)}
			</main>
			{children}
		</div>
	);
}
