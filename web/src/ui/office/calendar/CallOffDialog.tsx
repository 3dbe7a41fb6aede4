import { Button } from "@mantine/core";
import { useTexts } from "../../../i18n";
import { Dialog } from "../Dialog";
import type { useDraft } from "./useDraft";
import "./dialogs.css";

/** Asks before another rule of a series calls meetings off, which cannot be taken back. */
export function CallOffDialog({ draft }: { draft: ReturnType<typeof useDraft> }) {
	const { t } = useTexts();
	const { callsOff, callOff } = draft;
	if (!callsOff) return null;
	return (
		<Dialog onClose={() => callOff(false)} title={t("calloff.question", { count: callsOff.count })}>
			<div className="dialog-body">
				<p>{t("calloff.what", { count: callsOff.count })}</p>
			</div>
			<div className="choice">
				<Button variant="default" onClick={() => callOff(false)} data-autofocus data-testid="call-off-keep">
					{t("calloff.keep")}
				</Button>
				<Button color="bad" onClick={() => callOff(true)} data-testid="call-off-confirm">
					{t("calloff.confirm")}
				</Button>
			</div>
		</Dialog>
	);
}
