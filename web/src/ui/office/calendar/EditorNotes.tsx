import { Button } from "@mantine/core";
import { useTexts } from "../../../i18n";
import { StateIcon } from "../../StateIcon";
import { toast } from "../../toasts";
import type { useDraft } from "./useDraft";

interface EditorNotesProps {
	draft: ReturnType<typeof useDraft>;
	/** What stands there was left unsaved before. */
	restored: boolean;
}

/** What happened to the plan beside what was typed: restored, changed by somebody else, or both. */
export function EditorNotes({ draft, restored }: EditorNotesProps) {
	const { t } = useTexts();
	const { contest, merged } = draft;
	return (
		<>
			{restored && draft.dirty && (
				<div className="message" role="status" data-testid="restored">
					<StateIcon state="ok" />
					<p className="message-text">{t("editor.restored")}</p>
					<Button
						variant="default"
						size="sm"
						onClick={() => {
							const undo = draft.discard();
							toast({ state: "ok", text: "editor.discarded", undo });
						}}
					>
						{t("editor.discard")}
					</Button>
				</div>
			)}
			{contest && (
				<div className="message message-warn" role="alert" data-testid="contest">
					<StateIcon state="warn" />
					<div className="message-text">
						<strong>{t("editor.contest", { fields: contest.fields.map((f) => t(`field.${f}`)).join(", ") })}</strong>
						<p>{t("editor.contestWhat")}</p>
						<div className="editor-choice">
							<Button variant="default" size="sm" onClick={() => draft.settle("theirs")} data-testid="take-theirs">
								{t("editor.takeTheirs")}
							</Button>
							<Button variant="default" size="sm" onClick={() => draft.settle("mine")} data-testid="keep-mine">
								{t("editor.keepMine")}
							</Button>
						</div>
					</div>
				</div>
			)}
			{!contest && merged.length > 0 && (
				<div className="message" role="status" data-testid="merged">
					<StateIcon state="warn" />
					<p className="message-text">{t("editor.merged", { fields: merged.map((f) => t(`field.${f}`)).join(", ") })}</p>
					<Button variant="default" size="sm" onClick={draft.seen}>
						{t("close")}
					</Button>
				</div>
			)}
		</>
	);
}
