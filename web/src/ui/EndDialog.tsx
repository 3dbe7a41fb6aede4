import { Button, Modal } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import "./dialogs.css";

/** Asks before the meeting ends for all: it cannot be undone. */
export default function EndDialog({ call, onClose }: { call: Call; onClose: () => void }) {
	const { t } = useTexts();
	const participants = useStore(call.state, (s) => s.participants);
	const count = Object.values(participants).filter((p) => p.presence === "here").length;
	return (
		<Modal opened onClose={onClose} title={t("end.question")} centered closeButtonProps={{ "aria-label": t("close") }}>
			<p>{t("end.what", { count })}</p>
			<div className="choice">
				<Button variant="default" onClick={onClose} data-autofocus>
					{t("end.cancel")}
				</Button>
				<Button color="bad" onClick={() => void call.endMeeting()} data-testid="end-confirm">
					{t("tool.end")}
				</Button>
			</div>
		</Modal>
	);
}
