import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import { endOf, type Meeting, meetingsQuery, settingsQuery, startOf } from "../../../office/meetings";
import { fillOf } from "../../../ui/office/calendar/acts";
import { addDays, dayOf, momentOf } from "../../../ui/office/calendar/dates";
import { dayName, fullDay, timeText } from "../../../ui/office/calendar/format";
import { JoinControl } from "../../../ui/office/calendar/JoinControl";
import { ofDay } from "../../../ui/office/calendar/layout";
import { hallText } from "../../../ui/office/calendar/MeetingFacts";
import { useNow } from "../../../ui/office/calendar/useNow";
import { Empty } from "../../../ui/office/Empty";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { useDirectory } from "../../../ui/office/useDirectory";
import "../../../ui/office/calendar/today.css";

/** The leader's own meetings of today, and below them those of tomorrow. */
export default function TodayPage() {
	const { t, language } = useTexts();
	const now = useNow(1000);
	const today = dayOf(now);
	const tomorrow = addDays(today, 1);
	const query = useQuery({
		...meetingsQuery({
			from: new Date(momentOf(addDays(today, -1))).toISOString(), // it may go on longer than was planned
			to: new Date(momentOf(addDays(today, 2))).toISOString(),
			mine: true,
		}),
		// A meeting may be brought forward while the page stands open.
		refetchInterval: 60_000,
	});
	return (
		<OfficePage title={t("today.title")} note={`${dayName(today, language)}, ${fullDay(today)}`}>
			<Loaded query={query} rows={4}>
				{(meetings) => {
					const shown = meetings.filter((m) => fillOf(m.state) && m.state !== "draft" && !m.always_on);
					const ended = shown.filter((m) => m.state === "held" && endOf(m) <= momentOf(today));
					const later = shown.filter((m) => dayOf(startOf(m)) === tomorrow);
					return (
						<div className="today">
							<section aria-label={t("today.mine")}>
								<Today meetings={[...ended, ...ofDay(shown, today)]} now={now} />
							</section>
							<section aria-labelledby="tomorrow">
								<h2 id="tomorrow">
									{t("today.tomorrow")} <span>{`${dayName(tomorrow, language)}, ${fullDay(tomorrow)}`}</span>
								</h2>
								{later.length === 0 && <p className="today-none">{t("today.noneTomorrow")}</p>}
								<ul className="today-tomorrow">
									{later.map((m) => (
										<li key={m.id}>
											<Link href={`/meetings/${m.id}`}>
												<span>{timeText({ start: startOf(m), end: endOf(m) })}</span>
												<strong>{m.subject}</strong>
												<span>{m.chair.name}</span>
											</Link>
										</li>
									))}
								</ul>
							</section>
						</div>
					);
				}}
			</Loaded>
		</OfficePage>
	);
}

function Today({ meetings, now }: { meetings: Meeting[]; now: number }) {
	const { t } = useTexts();
	const before = useQuery(settingsQuery).data?.join_before_minutes;
	if (meetings.length === 0) return <Empty what={t("today.none")} why={t("today.noneWhy")} />;
	// The next one is lit, like the plate on the table.
	const next = meetings.find((m) => m.state === "held" || (endOf(m) > now && m.state !== "concluded"));
	return (
		<ul className="today-list">
			{meetings.map((m) => (
				<Card key={m.id} meeting={m} lit={m === next} before={before} now={now} />
			))}
		</ul>
	);
}

function Card({ meeting, lit, before, now }: { meeting: Meeting; lit: boolean; before?: number; now: number }) {
	const { t } = useTexts();
	const directory = useDirectory().data;
	const over = meeting.state === "concluded" || (meeting.state !== "held" && endOf(meeting) <= now);
	return (
		<li className={`today-card${lit ? " today-lit" : ""}${over ? " today-over" : ""}`} data-testid="today-meeting">
			<p className="today-time">{timeText({ start: startOf(meeting), end: endOf(meeting) })}</p>
			<div className="today-what">
				<h2>
					<Link href={`/meetings/${meeting.id}`}>{meeting.subject}</Link>
				</h2>
				<p>{t("week.chair", { name: meeting.chair.name })}</p>
				{meeting.halls?.length ? (
					<p>{t("today.place", { halls: meeting.halls.map((h) => hallText(h, directory)).join(", ") })}</p>
				) : (
					<p>{t(`format.${meeting.format ?? "online"}`)}</p>
				)}
			</div>
			<div className="today-join">
				{over ? (
					<p>{t("today.over")}</p>
				) : ["issued", "held"].includes(meeting.state) ? (
					<>
						<JoinControl meeting={meeting} before={before} now={now} large={lit} />
						{!meeting.actions.includes("join") && <p>{t("today.noSeat")}</p>}
					</>
				) : (
					<p>{t("today.notIssued")}</p>
				)}
			</div>
		</li>
	);
}
