import type { ReactNode } from "react";
import { clock, duration, type Language, longDay, spokenClock, spokenDuration, type Texts, useTexts } from "../../i18n";
import type { TextKey } from "../../i18n/vi";
import type { Problem } from "../../signaling/rest";
import { Digits } from "../Digits";
import { Mark } from "../Header";
import { StateIcon } from "../StateIcon";
import "./hall.css";

/** The meeting that a screen waits for. */
export interface FoyerMeeting {
	subject: string;
	start: string;
	end?: string;
	chair: string;
	opens_at: string;
	/** False where the screen does not enter by itself. */
	joins?: boolean;
}

interface FoyerProps {
	/** Whose screen it is. */
	title?: string;
	meeting?: FoyerMeeting;
	problem?: Problem;
	/** Until the meeting opens, in ms; undefined when it has opened. */
	left?: number;
	/** The server's clock in ms. */
	now: number;
	/** Why nothing is shown but this, where it is not for the time. */
	note?: TextKey;
	/** Stands below the meeting: the schedule of a hall. */
	below?: ReactNode;
	/** Stands at the right: the devices of a terminal. */
	children?: ReactNode;
}

/** What is wrong, in the language of the screen. */
export function problemText(problem: Problem, t: Texts, language: Language): string {
	const text = language === "vi" ? problem.vi : problem.en;
	return text || t("problem.network");
}

/** What stands on an unattended screen while there is no meeting on it. It moves a little every ten minutes, so that nothing burns in. */
export function Foyer({ title, meeting, problem, left, now, note, below, children }: FoyerProps) {
	const { t, language } = useTexts();
	const enters = left !== undefined && left > 0 && meeting?.joins !== false;
	const shift = (Math.floor(now / 600_000) % 3) - 1;
	return (
		<div className="foyer" style={{ "--shift": shift } as React.CSSProperties} data-testid="foyer" data-note={note}>
			<header>
				<Mark />
				<div>
					<h1>
						<bdi>{title ?? t("app.name")}</bdi>
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
						{enters && (
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
							{enters && (
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
				{below}
				{problem && (
					<p className="foyer-note" role="status">
						<StateIcon state="bad" />
						{problemText(problem, t, language)}
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
