import { Button, Checkbox, Modal } from "@mantine/core";
import { useTexts } from "../i18n";
import type { TextKey } from "../i18n/vi";
import { choices, useChoices } from "./choices";
import "./dialogs.css";

const roomKeys: [key: string, text: TextKey][] = [
	["Space", "keys.talk"],
	["M", "keys.microphone"],
	["V", "keys.camera"],
	["R", "keys.floor"],
	["P", "keys.participants"],
	["C", "keys.chat"],
	["F", "keys.fullScreen"],
	["D", "keys.diagnostics"],
	["F6", "keys.regions"],
	["?", "keys.help"],
];

const deskKeys: [key: string, text: TextKey][] = [
	["Space", "keys.talk"],
	["N", "keys.next"],
	["E", "keys.endTurn"],
	["M", "keys.muteAll"],
	["D", "keys.diagnostics"],
	["F6", "keys.regions"],
	["?", "keys.help"],
];

interface HelpSheetProps {
	onClose: () => void;
	onDiagnostics: () => void;
	desk?: boolean;
}

/** The keys, and how to turn them off. */
export default function HelpSheet({ onClose, onDiagnostics, desk }: HelpSheetProps) {
	const { t } = useTexts();
	const { keys } = useChoices();
	return (
		<Modal opened onClose={onClose} title={t("tool.help")} centered closeButtonProps={{ "aria-label": t("close") }}>
			<dl className="keys" data-testid="help">
				{(desk ? deskKeys : roomKeys).map(([key, text]) => (
					<div key={key}>
						<dt>
							<kbd>{key === "Space" ? t("keys.space") : key}</kbd>
						</dt>
						<dd>{t(text)}</dd>
					</div>
				))}
			</dl>
			<p className="caption">{t("keys.typing")}</p>
			<Checkbox
				label={t("keys.on")}
				checked={keys}
				onChange={(event) => choices.setState({ keys: event.currentTarget.checked })}
				data-testid="keys-on"
			/>
			<Button
				className="help-diagnostics"
				variant="default"
				data-testid="help-diagnostics"
				onClick={() => {
					onClose();
					onDiagnostics();
				}}
			>
				{t("keys.diagnostics")}
			</Button>
		</Modal>
	);
}
