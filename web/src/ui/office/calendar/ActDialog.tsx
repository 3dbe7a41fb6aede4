import { Button, Radio, Textarea } from "@mantine/core";
import { useState } from "react";
import { useTexts } from "../../../i18n";
import { type Act, endOf, type Meeting, type Scope, startOf } from "../../../office/meetings";
import { Dialog } from "../Dialog";
import { ProblemNote } from "../Problem";
import { useDirectory } from "../useDirectory";
import { needsReason } from "./acts";
import { ConflictBox, FreeTimes } from "./ConflictBox";
import { clashSentences } from "./clashes";
import { hallTag } from "./DayColumn";
import { overlaps, type Time } from "./drag";
import { whenText } from "./format";
import { PreEmptDialog } from "./PreEmptDialog";
import { PreEmptNote } from "./PreEmptNote";
import { TimeFields } from "./TimeFields";
import { clashesOf, useAct } from "./useAct";
import { useBusy } from "./useBusy";
import "./dialogs.css";

interface ActDialogProps {
	meeting: Meeting;
	act: Act;
	/** Where the meeting goes, with the act of rescheduling. */
	time?: Time;
	now: number;
	/** scope says how much of a series was meant. */
	onDone: (meeting: Meeting, before: Meeting, scope?: Scope) => void;
	onClose: () => void;
}

/** Acts by which a series goes through its approval: as a whole, unless it is said otherwise. */
const leadsOn: ReadonlySet<Act> = new Set(["submit", "approve", "return", "issue"]);

/** Asks what an act needs: a reason, a time, and of a series how much of it; says what will happen. */
export function ActDialog({ meeting, act, time: wanted, now, onDone, onClose }: ActDialogProps) {
	const { t, language } = useTexts();
	const doing = useAct();
	const directory = useDirectory().data;
	const own = { start: startOf(meeting), end: endOf(meeting) };
	const [reason, setReason] = useState("");
	const [time, setTime] = useState<Time>(wanted ?? own);
	const [scope, setScope] = useState<Scope>(leadsOn.has(act) ? "all" : "one");
	const [missing, setMissing] = useState(false);
	const [asking, setAsking] = useState(false);
	const reschedules = act === "reschedule";
	const inSeries = meeting.series !== undefined && act !== "conclude"; // meetings end one by one
	const busy = useBusy(reschedules ? meeting : undefined, meeting.id, reschedules ? time : undefined, now, directory);
	const clashes = clashesOf(doing.error);
	const inTheWay = clashes ?? (reschedules ? overlaps(time, meeting.id, busy.resources, busy.booked) : []);
	const free = {
		proposals: busy.proposals,
		total: busy.total,
		hall: hallTag(meeting, directory),
		chosen: time,
		directory,
		onChoose: (chosen: Time) => {
			setTime(chosen);
			doing.reset();
		},
	};

	const send = (preEmpt = false) => {
		if (needsReason.has(act) && reason.trim() === "") {
			setMissing(true);
			return;
		}
		const times = reschedules ? { start: new Date(time.start).toISOString(), end: new Date(time.end).toISOString() } : {};
		const body = { ...times, reason: reason.trim() || undefined, pre_empt: preEmpt || undefined };
		const meant = inSeries ? scope : undefined;
		doing.mutate({ meeting, act, body, scope: meant }, { onSuccess: (changed) => onDone(changed, meeting, meant) });
	};

	if (asking && clashes) {
		return (
			<PreEmptDialog
				subject={meeting.subject}
				clashes={clashes}
				directory={directory}
				busy={doing.isPending}
				error={undefined}
				onConfirm={() => send(true)}
				onClose={() => setAsking(false)}
			/>
		);
	}
	return (
		<Dialog onClose={onClose} title={t(`ask.${act}`)} size="40rem">
			<form
				className="dialog-body"
				onSubmit={(event) => {
					event.preventDefault();
					send();
				}}
			>
				<p>
					<strong>{meeting.subject}</strong>
					<br />
					{whenText(own, language)}
				</p>
				<p>{t(`will.${act}`, { count: invitedOf(meeting) })}</p>
				{reschedules && (
					<div className="dialog-time">
						<TimeFields value={time} onChange={free.onChoose} now={now} describedBy={inTheWay.length > 0 ? "act-conflict" : undefined} />
					</div>
				)}
				{inSeries && <ScopeChoice value={scope} onChange={setScope} />}
				{needsReason.has(act) && (
					<Textarea
						label={t("ask.reason")}
						value={reason}
						onChange={(event) => {
							setReason(event.currentTarget.value);
							setMissing(false);
						}}
						error={missing && t("ask.required")}
						maxLength={1000}
						autosize
						minRows={2}
						data-autofocus={needsReason.has(act) || undefined}
						data-testid="reason"
					/>
				)}
				{inTheWay.length > 0 ? (
					<ConflictBox id="act-conflict" sentences={clashSentences(inTheWay, directory, t)} {...free}>
						{clashes && <PreEmptNote clashes={clashes} onAsk={() => setAsking(true)} />}
					</ConflictBox>
				) : doing.error ? (
					<ProblemNote error={doing.error} />
				) : (
					reschedules && <FreeTimes {...free} />
				)}
				<div className="choice">
					<Button variant="default" onClick={onClose} data-autofocus={!needsReason.has(act) || undefined}>
						{t("ask.keep")}
					</Button>
					<Button type="submit" color={act === "cancel" ? "bad" : undefined} loading={doing.isPending} data-testid="act-confirm">
						{t(`act.${act}`)}
					</Button>
				</div>
			</form>
		</Dialog>
	);
}

/** How many of a series: only this meeting, this and those after it, all. */
export function ScopeChoice({ value, onChange }: { value: Scope; onChange: (scope: Scope) => void }) {
	const { t } = useTexts();
	return (
		<Radio.Group label={t("scope.title")} value={value} onChange={(v) => onChange(v as Scope)}>
			<div className="scope-choice">
				{(["one", "following", "all"] as const).map((s) => (
					<Radio key={s} value={s} label={t(`scope.${s}`)} data-testid={`scope-${s}`} />
				))}
			</div>
		</Radio.Group>
	);
}

/** How many are told: sites, delegates and units, each once. */
export function invitedOf(meeting: Pick<Meeting, "sites" | "delegates">): number {
	return (meeting.sites?.length ?? 0) + (meeting.delegates?.length ?? 0);
}
