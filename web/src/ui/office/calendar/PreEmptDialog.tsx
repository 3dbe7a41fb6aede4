import { Button } from "@mantine/core";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { Dialog } from "../Dialog";
import { ProblemNote } from "../Problem";
import type { InTheWay } from "./clashes";
import { DisplacedList, displaced } from "./PreEmptNote";
import "./dialogs.css";

interface PreEmptDialogProps {
	subject: string;
	clashes: InTheWay[];
	directory?: Directory;
	busy: boolean;
	error: unknown;
	onConfirm: () => void;
	onClose: () => void;
}

/** Asks before a meeting takes the place of others: those have to be planned anew. */
export function PreEmptDialog({ subject, clashes, directory, busy, error, onConfirm, onClose }: PreEmptDialogProps) {
	const { t } = useTexts();
	const count = displaced(clashes).length;
	return (
		<Dialog onClose={onClose} title={t("preempt.question", { count })} size="40rem">
			<div className="dialog-body">
				<p>{t("preempt.what", { subject })}</p>
				<DisplacedList clashes={clashes} directory={directory} />
				<p className="caption">{t("preempt.then")}</p>
				{error ? <ProblemNote error={error} /> : null}
			</div>
			<div className="choice">
				<Button variant="default" onClick={onClose} data-autofocus>
					{t("preempt.keep")}
				</Button>
				<Button color="bad" loading={busy} onClick={onConfirm} data-testid="pre-empt-confirm">
					{t("preempt.confirm")}
				</Button>
			</div>
		</Dialog>
	);
}
