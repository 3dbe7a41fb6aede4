import { Button } from "@mantine/core";
import { useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import type { Meeting } from "../../../office/meetings";
import { Problem } from "../../../office/rest";
import { StateIcon } from "../../StateIcon";
import { toast } from "../../toasts";
import { problemText } from "../Problem";
import { useSession } from "../session";
import { isDraft } from "./acts";
import { dayOf } from "./dates";
import { momentText } from "./format";
import { isSecret } from "./PlanForm";
import { isComplete } from "./plan";
import { useActing } from "./useActing";
import type { useDraft } from "./useDraft";

interface EditorBarProps {
	draft: ReturnType<typeof useDraft>;
	/** Something is in the way. */
	clashes: boolean;
	now: number;
}

/** Whether what was typed is saved, and what comes next. */
export function EditorBar({ draft, clashes, now }: EditorBarProps) {
	const { t } = useTexts();
	const { may } = useSession();
	const [, navigate] = useLocation();
	const { plan, meeting, saving, dirty } = draft;
	const { begin, dialog, busy } = useActing(now, (done) => navigate(`/meetings/${done.id}`));
	const fresh = !meeting || isDraft(meeting);
	const ready = isComplete(plan) && !isSecret(plan) && !draft.contest;
	const discard = () => toast({ state: "ok", text: "editor.discarded", undo: draft.discard() });

	const submit = async () => {
		const saved = await draft.save();
		if (saved) begin(saved, "submit");
	};
	const issue = async () => {
		const saved = await draft.save("issued");
		if (saved) done(saved);
	};
	const store = async () => {
		const saved = await draft.save();
		if (saved) done(saved);
	};
	const done = (saved: Meeting) => {
		toast({ state: "ok", text: saved.state === "issued" && !meeting ? "done.issue" : "editor.saved", values: { subject: saved.subject } });
		navigate(`/meetings/${saved.id}`);
	};
	return (
		<footer className="editor-bar">
			<SaveState draft={draft} now={now} />
			{dirty && (
				<Button variant="default" onClick={discard} data-testid="discard">
					{t("editor.undo")}
				</Button>
			)}
			{fresh && may("draft") && (
				<Button variant="default" disabled={!ready || !dirty} loading={saving} onClick={() => void draft.save()} data-testid="save-draft">
					{t("editor.saveDraft")}
				</Button>
			)}
			{!meeting && may("issue") && (
				<Button
					variant={may("submit") ? "default" : "filled"}
					disabled={!ready || clashes}
					loading={saving}
					onClick={() => void issue()}
					data-testid="issue-now"
				>
					{t("act.issue")}
				</Button>
			)}
			{fresh && may("submit") && (
				<Button disabled={!ready || clashes} loading={busy} onClick={() => void submit()} data-testid="submit">
					{t("act.submit")}
				</Button>
			)}
			{!fresh && (
				<Button disabled={!ready || clashes || !dirty} loading={saving} onClick={() => void store()} data-testid="save-changes">
					{t("editor.saveChanges")}
				</Button>
			)}
			{dialog}
		</footer>
	);
}

/** Saved when, or why not. */
function SaveState({ draft, now }: { draft: ReturnType<typeof useDraft>; now: number }) {
	const { t, language } = useTexts();
	const { plan, saving, savedAt, dirty, error, meeting } = draft;
	const say = () => {
		if (saving) return t("editor.saving");
		if (error) {
			const passing = error instanceof Problem && error.passing;
			return `${t(passing ? "editor.tryingAgain" : "editor.notSaved")} ${problemText(error, t, language)}`;
		}
		if (isSecret(plan)) return t("secrecy.refused");
		if (dirty && !isComplete(plan)) return t("editor.incomplete");
		if (dirty) return t("editor.dirty");
		if (savedAt) return t("editor.savedAt", { time: momentText(savedAt, dayOf(now)) });
		return meeting ? t("editor.unchanged") : "";
	};
	return (
		<p role="status" className={error ? "editor-failed" : undefined} data-testid="save-state">
			{error ? <StateIcon state="bad" /> : null} {say()}
		</p>
	);
}
