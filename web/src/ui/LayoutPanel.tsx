import { Button, Checkbox, Radio } from "@mantine/core";
import { IconDeviceTv, IconMaximize } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import type { Choice } from "../call/layout";
import { switchLanguage, useTexts } from "../i18n";
import { choices, useChoices } from "./choices";
import { Panel } from "./Panel";
import { openSecondWindow } from "./SecondWindow";
import { toast } from "./toasts";

interface LayoutPanelProps {
	call: Call;
	second?: Window;
	onSecond: (window: Window | undefined) => void;
	onClose: () => void;
}

/** What the participant's own screen shows. */
export function LayoutPanel({ call, second, onSecond, onClose }: LayoutPanelProps) {
	const { t, language } = useTexts();
	const { choice, selfView } = useChoices();
	const audioOnly = useStore(call.local, (s) => s.audioOnly);
	return (
		<Panel title={t("tool.layout")} testid="layout-panel" onClose={onClose}>
			<Radio.Group
				value={choice}
				onChange={(value) => choices.setState({ choice: value as Choice })}
				label={t("layout.choice")}
				className="panel-group"
			>
				{(["follow", "programme", "content", "mosaic"] as const).map((value) => (
					<Radio key={value} value={value} label={t(`layout.${value}`)} data-testid={`layout-${value}`} />
				))}
			</Radio.Group>
			<div className="panel-group">
				<Checkbox
					label={t("layout.selfView")}
					checked={selfView}
					onChange={(event) => choices.setState({ selfView: event.currentTarget.checked })}
				/>
				<Checkbox
					label={t("layout.audioOnly")}
					description={t("layout.audioOnlyWhy")}
					checked={audioOnly}
					onChange={(event) => call.setAudioOnly(event.currentTarget.checked)}
					data-testid="audio-only"
				/>
			</div>
			<div className="panel-group">
				<Button
					variant="default"
					fullWidth
					leftSection={<IconDeviceTv size={18} aria-hidden="true" />}
					data-testid="second-window"
					onClick={() => {
						if (second) {
							second.close();
							onSecond(undefined);
							return;
						}
						const opened = openSecondWindow();
						if (opened) onSecond(opened);
						else toast({ state: "bad", text: "second.blocked" });
					}}
				>
					{t(second ? "second.close" : "second.open")}
				</Button>
				<Button
					variant="default"
					fullWidth
					leftSection={<IconMaximize size={18} aria-hidden="true" />}
					data-testid="full-screen"
					onClick={() => void toggleFullScreen()}
				>
					{t("layout.fullScreen")}
				</Button>
				<Button
					variant="subtle"
					fullWidth
					lang={language === "vi" ? "en" : "vi"}
					onClick={() => void switchLanguage()}
					data-testid="language"
				>
					{t("language.other")}
				</Button>
			</div>
		</Panel>
	);
}

/** Fills the screen, or stops. Not every phone can. */
export async function toggleFullScreen(): Promise<void> {
	if (document.fullscreenElement) return document.exitFullscreen();
	await document.documentElement.requestFullscreen?.().catch(() => undefined);
}
