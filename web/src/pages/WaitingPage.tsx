import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { clock, longTime, useTexts } from "../i18n";
import { Header } from "../ui/Header";
import { StateIcon } from "../ui/StateIcon";
import { useServerClock } from "../ui/useServerClock";

/** The waiting room: chair or secretary lets people in. */
export function WaitingPage({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const meeting = useStore(call.state, (s) => s.meeting);
	const now = useServerClock(call);
	return (
		<div className="page">
			<Header />
			<main className="note" data-testid="waiting-room">
				<p>
					<bdi>{meeting?.subject}</bdi>
				</p>
				<h1>
					<StateIcon state="off" /> {t("waiting.title")}
				</h1>
				<p role="status">{t("waiting.what")}</p>
				{meeting?.end && <p className="caption">{longTime(meeting.start, language)}</p>}
				<p className="caption">{t("waiting.now", { time: clock(now, language) })}</p>
				<Button variant="default" onClick={() => call.leave()}>
					{t("tool.leave")}
				</Button>
			</main>
		</div>
	);
}
