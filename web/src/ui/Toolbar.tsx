import {
	IconDoorExit,
	IconDots,
	IconKeyboard,
	IconLayoutGrid,
	IconListDetails,
	IconMessage,
	IconMicrophone,
	IconMicrophoneOff,
	IconPlayerStop,
	IconScreenShare,
	IconScreenShareOff,
	IconSettings,
	IconUsers,
	IconVideo,
	IconVideoOff,
} from "@tabler/icons-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { toggleCamera, toggleMicrophone, toggleScreen } from "../call/sources";
import { attendance, manages, mayBeHeard } from "../call/state";
import { useTexts } from "../i18n";
import type { TextKey } from "../i18n/vi";
import { useChoices } from "./choices";
import { FloorControl } from "./FloorControl";
import { ToolButton } from "./ToolButton";

// Dialogs bring much with them that the meeting does not need: they are loaded when they open.
const EndDialog = lazy(() => import("./EndDialog"));

export type Panel = "participants" | "chat" | "devices" | "layout" | "more" | undefined;

interface ToolbarProps {
	call: Call;
	panel: Panel;
	onPanel: (panel: Panel) => void;
	onDesk?: () => void;
	onHelp: () => void;
}

export function Toolbar({ call, panel, onPanel, onDesk, onHelp }: ToolbarProps) {
	const { t } = useTexts();
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const participants = useStore(call.state, (s) => s.participants);
	const { choice } = useChoices();
	const unread = useUnread(call, panel === "chat");
	const [ending, setEnding] = useState(false);
	const toggle = (which: Panel) => onPanel(panel === which ? undefined : which);
	const screen = useStore(call.local, (s) => s.sent.screen);
	return (
		<footer className="toolbar">
			<div className="tools">
				<OwnSources call={call} />
				<ToolButton
					testid="devices"
					icon={<IconSettings />}
					label={t("tool.devices")}
					wide
					pressed={panel === "devices"}
					onClick={() => toggle("devices")}
				/>
			</div>
			<FloorControl call={call} />
			<div className="tools tools-right">
				<ToolButton
					testid="screen"
					icon={screen ? <IconScreenShareOff /> : <IconScreenShare />}
					label={t("tool.screen")}
					state={screen ? t("tool.sharing") : undefined}
					wide
					pressed={screen !== null}
					onClick={() => void toggleScreen(call)}
				/>
				<ToolButton
					testid="participants"
					icon={<IconUsers />}
					label={t("tool.participants")}
					state={String(attendance(participants).here)}
					pressed={panel === "participants"}
					onClick={() => toggle("participants")}
				/>
				<ToolButton
					testid="chat"
					icon={<IconMessage />}
					label={t("tool.chat")}
					state={unread > 0 ? t("tool.unread", { count: unread }) : undefined}
					badge={unread}
					wide
					pressed={panel === "chat"}
					onClick={() => toggle("chat")}
				/>
				<ToolButton
					testid="layout"
					icon={<IconLayoutGrid />}
					label={t("tool.layout")}
					state={t(choice === "follow" ? "layout.followed" : "layout.own")}
					wide
					pressed={panel === "layout"}
					onClick={() => toggle("layout")}
				/>
				<ToolButton testid="help-open" icon={<IconKeyboard />} label={t("tool.help")} wide optional onClick={onHelp} />
				<ToolButton
					testid="more"
					icon={<IconDots />}
					label={t("tool.more")}
					narrow
					pressed={panel === "more"}
					onClick={() => toggle("more")}
				/>
				{onDesk && <ToolButton testid="desk" icon={<IconListDetails />} label={t("tool.desk")} wide onClick={onDesk} />}
				{manages(self) && <ToolButton testid="end" icon={<IconPlayerStop />} label={t("tool.end")} wide onClick={() => setEnding(true)} />}
				<ToolButton testid="leave" icon={<IconDoorExit />} label={t("tool.leave")} onClick={() => call.leave()} />
			</div>
			{ending && (
				<Suspense fallback={null}>
					<EndDialog call={call} onClose={() => setEnding(false)} />
				</Suspense>
			)}
		</footer>
	);
}

/** The own microphone and camera. */
export function OwnSources({ call }: { call: Call }) {
	const { t } = useTexts();
	const { sent, muted } = useStore(call.local);
	const heard = useStore(call.state, (s) => mayBeHeard(s, s.participants[s.participant]));
	const withheld = useStore(call.state, (s) => s.participants[s.participant]?.withheld === true);
	const state: TextKey = !sent.microphone
		? "tool.missing"
		: muted
			? "tool.off"
			: withheld
				? "tool.withheld"
				: heard
					? "tool.on"
					: "tool.whenInvited";
	return (
		<>
			<ToolButton
				testid="mic"
				icon={sent.microphone && !muted ? <IconMicrophone /> : <IconMicrophoneOff />}
				label={t("tool.microphone")}
				state={t(state)}
				pressed={sent.microphone !== null && !muted}
				onClick={() => void toggleMicrophone(call)}
			/>
			<ToolButton
				testid="camera"
				icon={sent.camera ? <IconVideo /> : <IconVideoOff />}
				label={t("tool.camera")}
				state={t(sent.camera ? "tool.on" : "tool.off")}
				pressed={sent.camera !== null}
				onClick={() => void toggleCamera(call)}
			/>
		</>
	);
}

/** How many messages have come since the chat was last seen. */
function useUnread(call: Call, seen: boolean): number {
	const newest = useStore(call.state, (s) => s.chat.at(-1)?.at ?? "");
	const chat = useStore(call.state, (s) => s.chat);
	const [read, setRead] = useState(newest);
	useEffect(() => {
		if (seen) setRead(newest);
	}, [seen, newest]);
	return seen ? 0 : chat.filter((m) => m.at > read).length;
}
