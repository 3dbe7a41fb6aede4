import { Button } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { duration, spokenDuration, useTexts } from "../../../i18n";
import { endOf, joinMeeting, type Meeting, startOf } from "../../../office/meetings";
import { Digits } from "../../Digits";
import { ProblemNote } from "../Problem";
import { dayOf } from "./dates";
import { momentText } from "./format";

/** A meeting that is further away than this shows when it opens instead of counting down. */
const soon = 2 * 3600_000;

interface JoinControlProps {
	meeting: Meeting;
	/** Minutes before its start at which the meeting lets people in; undefined until the rules of the calendar are there. */
	before: number | undefined;
	now: number;
	/** For leaders: as large as can be. */
	large?: boolean;
}

/** The way into a meeting: before it opens a countdown, then one button. */
export function JoinControl({ meeting, before, now, large }: JoinControlProps) {
	const { t, language } = useTexts();
	const join = useMutation({
		mutationFn: () => joinMeeting(meeting.id),
		// The join page is a page of its own, without the office around it.
		onSuccess: (invitation) => location.assign(`/join#${invitation}`),
	});
	if (before === undefined || !meeting.actions.includes("join")) return null;
	const opens = startOf(meeting) - before * 60_000;
	const left = opens - now;
	if (meeting.state !== "held" && now >= endOf(meeting)) return null;
	if (left > 0 && meeting.state !== "held") {
		if (left > soon) return <p className="caption">{t("today.opensAt", { time: momentText(opens, dayOf(now)) })}</p>;
		return (
			<div className="join-wait" data-testid="join-wait">
				<span>{t("today.opensIn")}</span>
				<Digits role="timer" text={duration(left + 999)} label={t("join.opensIn", { time: spokenDuration(left, language) })} />
			</div>
		);
	}
	return (
		<div className="join-now">
			<Button
				className={large ? "join-large" : undefined}
				size={large ? "lg" : "md"}
				loading={join.isPending || join.isSuccess}
				onClick={() => join.mutate()}
				data-testid="join-meeting"
			>
				{t("meeting.join")}
			</Button>
			{join.error && <ProblemNote error={join.error} onRetry={() => join.mutate()} />}
		</div>
	);
}
