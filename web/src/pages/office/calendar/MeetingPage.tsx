import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconPencil } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { number, useTexts } from "../../../i18n";
import { type Meeting, meetingQuery, settingsQuery } from "../../../office/meetings";
import { actsOf, isEditable } from "../../../ui/office/calendar/acts";
import { DisplacedNote } from "../../../ui/office/calendar/DisplacedNote";
import { History } from "../../../ui/office/calendar/History";
import { JoinControl } from "../../../ui/office/calendar/JoinControl";
import { MeetingFacts } from "../../../ui/office/calendar/MeetingFacts";
import { Papers } from "../../../ui/office/calendar/Papers";
import { Participants } from "../../../ui/office/calendar/Participants";
import { StateTag, Steps } from "../../../ui/office/calendar/Steps";
import { useActing } from "../../../ui/office/calendar/useActing";
import { useNow } from "../../../ui/office/calendar/useNow";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { usePageKeys } from "../../../ui/office/pageKeys";
import { useSession } from "../../../ui/office/session";
import { useDirectory } from "../../../ui/office/useDirectory";
import { StateIcon } from "../../../ui/StateIcon";
import { useKeys } from "../../../ui/useShortcuts";
import "../../../ui/office/calendar/meeting.css";

const listed = [
	["A", "keys.step"],
	["R", "keys.return"],
	["E", "keys.edit"],
] as const;

/** One meeting: what it is, who comes, what was changed when, and what can be done. */
export function MeetingPage({ id }: { id: string }) {
	const { t } = useTexts();
	const query = useQuery(meetingQuery(id));
	if (query.data) return <Shown meeting={query.data} />;
	return (
		<OfficePage title={t("meeting.title")}>
			<Loaded query={query}>{() => null}</Loaded>
		</OfficePage>
	);
}

function Shown({ meeting }: { meeting: Meeting }) {
	const { t } = useTexts();
	const { may } = useSession();
	const now = useNow();
	const directory = useDirectory().data;
	const settings = useQuery(settingsQuery).data;
	return (
		<OfficePage title={meeting.subject} note={<Note meeting={meeting} />} actions={<Acts meeting={meeting} now={now} />}>
			<div className="meeting-page">
				<div className="meeting-main">
					{meeting.reason && (meeting.state === "returned" || meeting.state === "postponed" || meeting.state === "cancelled") && (
						<p className="message" data-testid="reason-given">
							<StateIcon state="warn" />
							{t("meeting.reason", { reason: meeting.reason })}
						</p>
					)}
					<DisplacedNote meeting={meeting} directory={directory} />
					<section aria-labelledby="general">
						<h2 id="general">{t("meeting.general")}</h2>
						<MeetingFacts meeting={meeting} directory={directory} types={settings?.types ?? []} />
						<JoinControl meeting={meeting} before={settings?.join_before_minutes} now={now} />
					</section>
					<section aria-labelledby="who">
						<h2 id="who">{t("meeting.participants")}</h2>
						<Participants meeting={meeting} />
					</section>
					<section aria-labelledby="agenda">
						<h2 id="agenda">{t("meeting.agenda")}</h2>
						<Agenda meeting={meeting} />
					</section>
					{may("read_papers") && (
						<section aria-labelledby="papers">
							<h2 id="papers">{t("meeting.papers")}</h2>
							<Papers meeting={meeting.id} />
						</section>
					)}
				</div>
				<aside className="meeting-side" aria-labelledby="history">
					<h2 id="history">{t("meeting.history")}</h2>
					<History meeting={meeting.id} now={now} />
				</aside>
			</div>
		</OfficePage>
	);
}

function Note({ meeting }: { meeting: Meeting }) {
	const { t } = useTexts();
	return (
		<span className="meeting-note">
			<StateTag state={meeting.state} />
			{meeting.revision ? <span>{t("meeting.revision", { count: meeting.revision })}</span> : null}
			<Steps state={meeting.state} />
		</span>
	);
}

/** The main act as the one primary button, the others in a menu. */
function Acts({ meeting, now }: { meeting: Meeting; now: number }) {
	const { t } = useTexts();
	const { begin, dialog, busy } = useActing(now);
	const acts = actsOf(meeting);
	const editable = isEditable(meeting);
	const [main, ...others] = ["submit", "approve", "issue"].includes(acts[0]) ? acts : [undefined, ...acts];
	const [, navigate] = useLocation();
	usePageKeys(listed);
	useKeys({
		...(editable ? { e: () => navigate(`/meetings/${meeting.id}/edit`) } : {}),
		...(main ? { a: () => begin(meeting, main) } : {}),
		...(acts.includes("return") ? { r: () => begin(meeting, "return") } : {}),
	});
	return (
		<>
			{editable && (
				<Button
					component={Link}
					href={`/meetings/${meeting.id}/edit`}
					variant="default"
					leftSection={<IconPencil size={18} aria-hidden="true" />}
					data-testid="edit"
				>
					{t("meeting.edit")}
				</Button>
			)}
			{others.length > 0 && (
				<Menu position="bottom-end" withinPortal returnFocus>
					<Menu.Target>
						<Button variant="default" rightSection={<IconChevronDown size={18} aria-hidden="true" />} data-testid="more-acts">
							{t("meeting.more")}
						</Button>
					</Menu.Target>
					<Menu.Dropdown>
						{others.map(
							(act) =>
								act && (
									<Menu.Item
										key={act}
										color={act === "cancel" ? "bad" : undefined}
										onClick={() => begin(meeting, act)}
										data-testid={`act-${act}`}
									>
										{t(`act.${act}`)}
									</Menu.Item>
								),
						)}
					</Menu.Dropdown>
				</Menu>
			)}
			{main && (
				<Button loading={busy} onClick={() => begin(meeting, main)} data-testid={`act-${main}`}>
					{t(`act.${main}`)}
				</Button>
			)}
			{dialog}
		</>
	);
}

function Agenda({ meeting }: { meeting: Meeting }) {
	const { t, language } = useTexts();
	if (!meeting.agenda?.length) return <p className="side-text">{t("meeting.noAgenda")}</p>;
	return (
		<ol className="agenda">
			{meeting.agenda.map((item, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
				<li key={i}>
					<span>{i + 1}</span>
					<span>
						<bdi>{item.title}</bdi>
						{item.owner && (
							<small>
								<bdi>{item.owner}</bdi>
							</small>
						)}
					</span>
					<span>{t("meeting.minutes", { count: number(item.minutes, language) })}</span>
				</li>
			))}
		</ol>
	);
}
