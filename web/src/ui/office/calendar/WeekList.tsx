import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { endOf, type Meeting, startOf } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { hallTag } from "./DayColumn";
import { type Day, dayOf, isMorning, momentOf } from "./dates";
import { dayText, timeText } from "./format";
import { ofDay } from "./layout";

interface WeekListProps {
	days: Day[];
	meetings: Meeting[];
	directory?: Directory;
	now: number;
}

/** The week as a list by day, morning and afternoon: for phones. */
export function WeekList({ days, meetings, directory, now }: WeekListProps) {
	const { t, language } = useTexts();
	return (
		<div className="week-list" data-testid="week-list">
			{days.map((day) => {
				const own = ofDay(meetings, day);
				if (own.length === 0) return null;
				// What goes on from the day before is there in the morning.
				const early = (m: Meeting) => isMorning(Math.max(startOf(m), momentOf(day)));
				const halves = [own.filter(early), own.filter((m) => !early(m))];
				return (
					<section key={day} aria-label={dayText(day, language)}>
						<h2>
							{dayText(day, language)}
							{dayOf(now) === day && <span> · {t("week.today")}</span>}
						</h2>
						{halves.map(
							(half, i) =>
								half.length > 0 && (
									<div key={i === 0 ? "morning" : "afternoon"}>
										<h3>{t(i === 0 ? "week.morning" : "week.afternoon")}</h3>
										<ul>
											{half.map((m) => (
												<Row key={m.id} meeting={m} directory={directory} />
											))}
										</ul>
									</div>
								),
						)}
					</section>
				);
			})}
		</div>
	);
}

function Row({ meeting, directory }: { meeting: Meeting; directory?: Directory }) {
	const { t } = useTexts();
	const hall = hallTag(meeting, directory);
	return (
		<li>
			<Link href={`/meetings/${meeting.id}`}>
				<span className="ev-top">
					{hall ? <span className="hall-tag">{hall}</span> : <span>{t(`format.${meeting.format ?? "online"}`)}</span>}
					{timeText({ start: startOf(meeting), end: endOf(meeting) })}
				</span>
				<strong>{meeting.subject}</strong>
				<span>{t("week.chair", { name: meeting.chair.name })}</span>
				{!["issued", "held", "concluded"].includes(meeting.state) && (
					<span>
						<StateIcon state="off" /> {t(`state.${meeting.state}`)}
					</span>
				)}
			</Link>
		</li>
	);
}
