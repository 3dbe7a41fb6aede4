import { Button } from "@mantine/core";
import {
	IconDoorExit,
	IconKeyboard,
	IconLock,
	IconLockOpen,
	IconMessage,
	IconMicrophoneOff,
	IconPlayerPause,
	IconPlayerPlay,
	IconPower,
	IconScreenShare,
} from "@tabler/icons-react";
import { useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { useTexts } from "../../i18n";
import EndDialog from "../EndDialog";
import { OwnSources } from "../Toolbar";
import { lockMeeting, muteAll } from "./acts";

interface ActsBarProps {
	call: Call;
	runs: boolean;
	chat: boolean;
	onChat: () => void;
	onMeeting: () => void;
	onHelp: () => void;
}

/** What is done to the whole meeting. */
export function ActsBar({ call, runs, chat, onChat, onMeeting, onHelp }: ActsBarProps) {
	const { t } = useTexts();
	const { session, locked } = useStore(call.state, (s) => s.procedure);
	const [ending, setEnding] = useState(false);
	const icon = { size: 20, "aria-hidden": true } as const;
	return (
		<footer className="acts">
			{runs && <OwnSources call={call} />}
			{runs && <span className="acts-rule" />}
			{runs && session !== "in_session" && (
				<Button leftSection={<IconPlayerPlay {...icon} />} onClick={() => void call.setSession("in_session")} data-testid="session-open">
					{t(session === "gathering" ? "acts.open" : "acts.continue")}
				</Button>
			)}
			{runs && session === "in_session" && (
				<Button
					variant="default"
					leftSection={<IconPlayerPause {...icon} />}
					onClick={() => void call.setSession("recess")}
					data-testid="session-recess"
				>
					{t("acts.recess")}
				</Button>
			)}
			{runs && (
				<Button
					variant="default"
					leftSection={<IconMicrophoneOff {...icon} />}
					onClick={() => void muteAll(call)}
					title={t("acts.muteAllKey")}
					data-testid="mute-all"
				>
					{t("acts.muteAll")}
				</Button>
			)}
			{runs && (
				<Button
					variant="default"
					leftSection={locked ? <IconLock {...icon} /> : <IconLockOpen {...icon} />}
					aria-pressed={locked}
					onClick={() => void lockMeeting(call, !locked)}
					data-testid="lock"
				>
					{t(locked ? "acts.unlock" : "acts.lock")}
				</Button>
			)}
			{runs && (
				<Button variant="default" leftSection={<IconMessage {...icon} />} aria-pressed={chat} onClick={onChat} data-testid="chat">
					{t("tool.chat")}
				</Button>
			)}
			<span className="acts-space" />
			<Button variant="default" leftSection={<IconKeyboard {...icon} />} onClick={onHelp} className="acts-optional">
				{t("tool.help")}
			</Button>
			<Button variant="default" leftSection={<IconScreenShare {...icon} />} onClick={onMeeting} data-testid="to-meeting">
				{t("tool.meeting")}
			</Button>
			<Button variant="default" leftSection={<IconDoorExit {...icon} />} onClick={() => call.leave()} data-testid="leave">
				{t("tool.leave")}
			</Button>
			{runs && (
				<Button variant="outline" color="bad" leftSection={<IconPower {...icon} />} onClick={() => setEnding(true)} data-testid="end">
					{t("tool.end")}
				</Button>
			)}
			{ending && <EndDialog call={call} onClose={() => setEnding(false)} />}
		</footer>
	);
}
