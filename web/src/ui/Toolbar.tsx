import { Button, Modal } from "@mantine/core";
import {
	IconDoorExit,
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
import { useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { manages, mayBeHeard } from "../call/state";
import { useTexts } from "../i18n";
import { open } from "../media/devices";
import { FloorControl } from "./FloorControl";
import { ToolButton } from "./ToolButton";

export type Panel = "participants" | "chat" | "devices" | undefined;

export function Toolbar({ call, panel, onPanel }: { call: Call; panel: Panel; onPanel: (panel: Panel) => void }) {
	const { t } = useTexts();
	const { sent, muted } = useStore(call.local);
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const heard = useStore(call.state, (s) => mayBeHeard(s, s.participants[s.participant]));
	const count = useStore(call.state, (s) => Object.keys(s.participants).length);
	const [ending, setEnding] = useState(false);
	const toggle = (which: Panel) => onPanel(panel === which ? undefined : which);
	return (
		<footer className="toolbar">
			<div className="tools">
				<ToolButton
					testid="mic"
					icon={sent.microphone && !muted ? <IconMicrophone /> : <IconMicrophoneOff />}
					label={t("tool.microphone")}
					state={t(!sent.microphone ? "tool.missing" : muted ? "tool.off" : heard ? "tool.on" : "tool.whenInvited")}
					pressed={!muted}
					disabled={!sent.microphone}
					onClick={() => void call.mute(!muted)}
				/>
				<ToolButton
					testid="camera"
					icon={sent.camera ? <IconVideo /> : <IconVideoOff />}
					label={t("tool.camera")}
					state={t(sent.camera ? "tool.on" : "tool.off")}
					pressed={sent.camera !== null}
					onClick={() => void toggleCamera(call)}
				/>
				<ToolButton
					testid="screen"
					icon={sent.screen ? <IconScreenShareOff /> : <IconScreenShare />}
					label={t("tool.screen")}
					state={sent.screen ? t("tool.sharing") : undefined}
					pressed={sent.screen !== null}
					onClick={() => void toggleScreen(call)}
				/>
				<ToolButton
					testid="devices"
					icon={<IconSettings />}
					label={t("tool.devices")}
					pressed={panel === "devices"}
					onClick={() => toggle("devices")}
				/>
			</div>
			<FloorControl call={call} />
			<div className="tools">
				<ToolButton
					testid="participants"
					icon={<IconUsers />}
					label={t("tool.participants")}
					state={String(count)}
					pressed={panel === "participants"}
					onClick={() => toggle("participants")}
				/>
				<ToolButton testid="chat" icon={<IconMessage />} label={t("tool.chat")} pressed={panel === "chat"} onClick={() => toggle("chat")} />
				{manages(self) && <ToolButton testid="end" icon={<IconPlayerStop />} label={t("tool.end")} onClick={() => setEnding(true)} />}
				<ToolButton testid="leave" icon={<IconDoorExit />} label={t("tool.leave")} onClick={() => call.leave()} />
			</div>
			<Modal
				opened={ending}
				onClose={() => setEnding(false)}
				title={t("end.question")}
				centered
				closeButtonProps={{ "aria-label": t("close") }}
			>
				<p>{t("end.what", { count })}</p>
				<div className="choice">
					<Button variant="default" onClick={() => setEnding(false)} data-autofocus>
						{t("end.cancel")}
					</Button>
					<Button color="bad" onClick={() => void call.endMeeting()} data-testid="end-confirm">
						{t("tool.end")}
					</Button>
				</div>
			</Modal>
		</footer>
	);
}

async function toggleCamera(call: Call): Promise<void> {
	const { camera } = call.local.getState().sent;
	if (camera) {
		await call.send("camera", null);
		camera.stop();
		return;
	}
	const track = await open("camera").catch(() => undefined);
	if (track) await call.send("camera", track);
}

/** Shares a screen with its sound, or stops. The browser asks which. */
async function toggleScreen(call: Call): Promise<void> {
	const { screen, screen_audio: audio } = call.local.getState().sent;
	const stop = async () => {
		for (const track of [screen, audio]) track?.stop();
		await call.send("screen", null);
		await call.send("screen_audio", null);
	};
	if (screen) return stop();
	let stream: MediaStream;
	try {
		stream = await navigator.mediaDevices.getDisplayMedia({ video: { frameRate: { ideal: 15 } }, audio: true });
	} catch {
		return; // refused in the browser's own dialog: the participant knows
	}
	const [video] = stream.getVideoTracks();
	const [sound] = stream.getAudioTracks();
	video.contentHint = "detail";
	video.onended = () => void stopShared(call, video);
	await call.send("screen", video);
	if (sound) await call.send("screen_audio", sound);
}

/** The browser's own bar stops a screen too. */
async function stopShared(call: Call, video: MediaStreamTrack): Promise<void> {
	if (call.local.getState().sent.screen === video) await toggleScreen(call);
}
