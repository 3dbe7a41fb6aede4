import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { Link, useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import type { TextKey } from "../../../i18n/vi";
import { displacedQuery, endOf, type Meeting, meetingsQuery, settingsQuery, startOf } from "../../../office/meetings";
import { actsOf, isDraft, isEditable } from "../../../ui/office/calendar/acts";
import { clashSentences, inTheWay } from "../../../ui/office/calendar/clashes";
import { hallTag } from "../../../ui/office/calendar/DayColumn";
import { whenText } from "../../../ui/office/calendar/format";
import { neighbour } from "../../../ui/office/calendar/keys";
import { MeetingFacts } from "../../../ui/office/calendar/MeetingFacts";
import { Participants } from "../../../ui/office/calendar/Participants";
import { useActing } from "../../../ui/office/calendar/useActing";
import { useMeetingCheck } from "../../../ui/office/calendar/useCheck";
import { useNow } from "../../../ui/office/calendar/useNow";
import { Empty } from "../../../ui/office/Empty";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { usePageKeys } from "../../../ui/office/pageKeys";
import { useSession } from "../../../ui/office/session";
import { useDirectory } from "../../../ui/office/useDirectory";
import { StateIcon } from "../../../ui/StateIcon";
import { useKeys } from "../../../ui/useShortcuts";
import "../../../ui/office/calendar/meeting.css";
import "../../../ui/office/calendar/calendar.css";

const listed = [
	["J K", "keys.list"],
	["A", "keys.approve"],
	["R", "keys.return"],
	["O", "keys.open"],
] as const;

interface Part {
	title: Extract<TextKey, `inbox.${string}`>;
	meetings: Meeting[];
}

/** What waits for somebody: meetings to approve, to move, to write further. */
export default function InboxPage() {
	const { t } = useTexts();
	const { may } = useSession();
	const waiting = useQuery(meetingsQuery({ state: "draft,submitted,returned" }));
	const displaced = useQuery(displacedQuery);
	const parts = useMemo(() => {
		const of = (state: Meeting["state"]) => (waiting.data ?? []).filter((m) => m.state === state);
		const all: Part[] = [
			{ title: "inbox.toApprove", meetings: may("approve") ? of("submitted") : [] },
			{ title: "inbox.toMove", meetings: displaced.data ?? [] },
			{ title: "inbox.returned", meetings: may("draft") ? of("returned") : [] },
			{ title: "inbox.drafts", meetings: may("draft") ? of("draft") : [] },
		];
		return all.filter((p) => p.meetings.length > 0);
	}, [waiting.data, displaced.data, may]);
	return (
		<OfficePage title={t("inbox.title")} fill>
			<Loaded query={waiting}>{() => (parts.length > 0 ? <Parts parts={parts} /> : <Nothing />)}</Loaded>
		</OfficePage>
	);
}

function Nothing() {
	const { t } = useTexts();
	return (
		<div className="inbox-empty">
			<Empty what={t("inbox.none")} why={t("inbox.noneWhy")}>
				<Button component={Link} href="/calendar" variant="default">
					{t("calendar.title")}
				</Button>
			</Empty>
		</div>
	);
}

function Parts({ parts }: { parts: Part[] }) {
	const { t, language } = useTexts();
	const now = useNow();
	const directory = useDirectory().data;
	const [, navigate] = useLocation();
	const all = parts.flatMap((p) => p.meetings);
	const [at, setAt] = useState(all[0]?.id ?? "");
	const chosen = all.find((m) => m.id === at) ?? all[0];
	const { begin, dialog, busy } = useActing(now, (done) => {
		// The next one, so that one key after another goes through the list.
		const next = neighbour(
			all.map((m) => m.id),
			done.id,
			1,
		);
		setAt(next === done.id || !next ? (all[0]?.id ?? "") : next);
	});
	usePageKeys(listed);
	const acts = chosen ? actsOf(chosen) : [];
	const go = (by: 1 | -1) => {
		const next = neighbour(
			all.map((m) => m.id),
			chosen?.id,
			by,
		);
		if (next) setAt(next);
		document.querySelector(`[data-row="${next}"]`)?.scrollIntoView({ block: "nearest" });
	};
	useKeys({
		j: () => go(1),
		k: () => go(-1),
		...(acts.includes("approve") && chosen ? { a: () => begin(chosen, "approve") } : {}),
		...(acts.includes("return") && chosen ? { r: () => begin(chosen, "return") } : {}),
		o: () => chosen && navigate(`/meetings/${chosen.id}`),
	});
	return (
		<div className="inbox">
			<nav className="inbox-list" aria-label={t("inbox.title")}>
				{parts.map((part) => (
					<section key={part.title}>
						<h2>{t(part.title, { count: part.meetings.length })}</h2>
						<ul>
							{part.meetings.map((m) => (
								<li key={m.id}>
									<button
										type="button"
										aria-current={m.id === chosen?.id ? "true" : undefined}
										onClick={() => setAt(m.id)}
										data-row={m.id}
										data-testid="inbox-row"
									>
										<b>{m.subject}</b>
										<span>{whenText({ start: startOf(m), end: endOf(m) }, language)}</span>
										<span>
											{[directory?.units.find((u) => u.id === m.preparing_unit)?.name, hallTag(m, directory)].filter(Boolean).join(" · ")}
										</span>
									</button>
								</li>
							))}
						</ul>
					</section>
				))}
			</nav>
			<div className="inbox-chosen" aria-live="polite">
				{chosen && (
					<Chosen key={chosen.id} meeting={chosen}>
						{acts.includes("return") && (
							<Button variant="default" onClick={() => begin(chosen, "return")} rightSection={<kbd>R</kbd>} data-testid="return">
								{t("act.return")}
							</Button>
						)}
						<Button component={Link} href={`/meetings/${chosen.id}`} variant="default" rightSection={<kbd>O</kbd>}>
							{t("week.open")}
						</Button>
						{acts.includes("reschedule") && (
							<Button onClick={() => begin(chosen, "reschedule")} data-testid="find-time">
								{t("inbox.plan")}
							</Button>
						)}
						{isDraft(chosen) && isEditable(chosen) && (
							<Button component={Link} href={`/meetings/${chosen.id}/edit`} variant={acts.includes("approve") ? "default" : "filled"}>
								{t("inbox.continue")}
							</Button>
						)}
						{acts.includes("approve") && (
							<Button loading={busy} onClick={() => begin(chosen, "approve")} rightSection={<kbd>A</kbd>} data-testid="approve">
								{t("act.approve")}
							</Button>
						)}
					</Chosen>
				)}
			</div>
			{dialog}
		</div>
	);
}

function Chosen({ meeting, children }: { meeting: Meeting; children: React.ReactNode }) {
	const { t } = useTexts();
	const directory = useDirectory().data;
	const settings = useQuery(settingsQuery).data;
	return (
		<>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls can be scrolled by keys */}
			<section className="inbox-body" tabIndex={0} aria-label={meeting.subject}>
				<h2>{meeting.subject}</h2>
				{meeting.reason && (
					<p className="message">
						<StateIcon state="warn" />
						{t("meeting.reason", { reason: meeting.reason })}
					</p>
				)}
				<Findings meeting={meeting} />
				<MeetingFacts meeting={meeting} directory={directory} types={settings?.types ?? []} />
				<h3>{t("meeting.participants")}</h3>
				<Participants meeting={meeting} />
			</section>
			<div className="inbox-acts">{children}</div>
		</>
	);
}

/** What whoever approves should know: what is in the way, and what comes late. */
function Findings({ meeting }: { meeting: Meeting }) {
	const { t, language } = useTexts();
	const directory = useDirectory().data;
	const check = useMeetingCheck(meeting);
	if (!check.data) return check.isFetching ? <p className="side-text">{t("inbox.checking")}</p> : null;
	const clashes = (check.data.clashes ?? []).map(inTheWay);
	const warnings = [...(check.data.faults ?? []), ...(check.data.warnings ?? [])];
	return (
		<>
			{clashes.length > 0 ? (
				<div className="message message-bad" data-testid="inbox-clash">
					<StateIcon state="bad" />
					<ul>
						{clashSentences(clashes, directory, t).map((s) => (
							<li key={s}>{s}</li>
						))}
					</ul>
				</div>
			) : (
				<p className="inbox-fine">
					<StateIcon state="ok" /> {t("inbox.noClash")}
				</p>
			)}
			{warnings.map((w) => (
				<p key={w.code} className="message message-warn" data-testid="inbox-warning">
					<StateIcon state="warn" />
					{language === "vi" ? w.detail : w.detail_en}
				</p>
			))}
		</>
	);
}
