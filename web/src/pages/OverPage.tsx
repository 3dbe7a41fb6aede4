import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { Header } from "../ui/Header";

export function OverPage({ call, onAgain }: { call: Call; onAgain: () => void }) {
	const { t } = useTexts();
	const ending = useStore(call.state, (s) => s.ending ?? "left");
	const subject = useStore(call.state, (s) => s.meeting?.subject);
	const alwaysOn = useStore(call.state, (s) => s.meeting !== undefined && s.meeting.end === undefined);
	return (
		<div className="page">
			<Header />
			<main className="note" data-testid="over" data-ending={ending}>
				{subject && <p>{subject}</p>}
				<h1>{t(`over.${ending}`)}</h1>
				{((ending !== "ended" && ending !== "cancelled") || alwaysOn) && (
					<Button size="lg" onClick={onAgain} data-testid="again">
						{t("over.again")}
					</Button>
				)}
			</main>
		</div>
	);
}
