import {
	IconActivity,
	IconDeviceDesktop,
	IconKeyboard,
	IconLayoutGrid,
	IconListDetails,
	IconMessage,
	IconScreenShare,
	IconSettings,
} from "@tabler/icons-react";
import type { Call } from "../call/call";
import { toggleScreen } from "../call/sources";
import { useTexts } from "../i18n";
import { Panel } from "./Panel";
import { ToolButton } from "./ToolButton";
import type { Panel as PanelName } from "./Toolbar";

interface MorePanelProps {
	call: Call;
	onPanel: (panel: PanelName) => void;
	onDesk?: () => void;
	onHelp: () => void;
	onDiagnostics: () => void;
	onClose: () => void;
}

/** What does not fit into the toolbar of a phone. */
export function MorePanel({ call, onPanel, onDesk, onHelp, onDiagnostics, onClose }: MorePanelProps) {
	const { t } = useTexts();
	return (
		<Panel title={t("tool.more")} testid="more-panel" onClose={onClose}>
			<div className="more">
				<ToolButton testid="more-chat" icon={<IconMessage />} label={t("tool.chat")} onClick={() => onPanel("chat")} />
				<ToolButton testid="more-devices" icon={<IconSettings />} label={t("tool.devices")} onClick={() => onPanel("devices")} />
				<ToolButton testid="more-layout" icon={<IconLayoutGrid />} label={t("tool.layout")} onClick={() => onPanel("layout")} />
				{"getDisplayMedia" in (navigator.mediaDevices ?? {}) && (
					<ToolButton testid="more-screen" icon={<IconScreenShare />} label={t("tool.screen")} onClick={() => void toggleScreen(call)} />
				)}
				<ToolButton testid="more-diagnostics" icon={<IconActivity />} label={t("tool.diagnostics")} onClick={onDiagnostics} />
				<ToolButton testid="more-help" icon={<IconKeyboard />} label={t("tool.help")} onClick={onHelp} />
				{onDesk && <ToolButton testid="more-desk" icon={<IconListDetails />} label={t("tool.desk")} onClick={onDesk} />}
				<ToolButton testid="more-close" icon={<IconDeviceDesktop />} label={t("tool.back")} onClick={onClose} />
			</div>
		</Panel>
	);
}
