import { clock, useTexts } from "../../i18n";
import { shortDay } from "../../i18n/dates";
import type { TerminalMeeting } from "../../signaling/rest";
import { joinable } from "./schedule";

/** How many meetings fit below the next one. */
const most = 5;

interface ScheduleProps {
	meetings: TerminalMeeting[];
	now: number;
	/** Id of the meeting that stands out. */
	current?: string;
	onChoose: (meeting: TerminalMeeting) => void;
}

/** The meetings of a hall: today's, and those of the days after as far as there is room. */
export function Schedule({ meetings, now, current, onChoose }: ScheduleProps) {
	const { t, language } = useTexts();
	if (meetings.length === 0) return null;
	const today = shortDay(now);
	// What is over goes first where there is no room for all.
	const over = (m: TerminalMeeting) => m.state === "concluded" || (m.state !== "held" && Date.parse(m.end) <= now);
	const skip = Math.max(0, Math.min(meetings.length - most, meetings.filter(over).length));
	return (
		<section className="foyer-schedule" data-testid="schedule">
			<h2>{t("terminal.schedule")}</h2>
			<ul>
				{meetings.slice(skip, skip + most).map((m) => {
					const day = shortDay(m.start);
					return (
						<li key={m.id} data-over={over(m) || undefined}>
							<button type="button" aria-current={m.id === current || undefined} onClick={() => onChoose(m)}>
								<span className="foyer-hours">
									{day !== today && <small>{day}</small>}
									{clock(Date.parse(m.start), language)}–{clock(Date.parse(m.end), language)}
								</span>
								<bdi className="foyer-subject">{m.subject}</bdi>
								<span className="foyer-state">
									{over(m) ? t("terminal.over") : joinable(m, now) ? t("terminal.open") : <bdi>{m.chair}</bdi>}
								</span>
							</button>
						</li>
					);
				})}
			</ul>
		</section>
	);
}
