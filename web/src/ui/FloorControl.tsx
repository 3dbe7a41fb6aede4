import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, useTexts } from "../i18n";
import { useServerClock } from "./useServerClock";

/** The middle of the toolbar: asking for the floor, waiting for it, having it. */
export function FloorControl({ call }: { call: Call }) {
	const { t } = useTexts();
	const { floor, participant: self, meeting, participants } = useStore(call.state);
	const now = useServerClock(call);
	const role = participants[self]?.role;
	if (meeting?.speaking !== "floor" || role === "display" || role === "operator") return <div />;
	const place = floor.queue.findIndex((r) => r.participant === self) + 1;
	if (floor.holder === self) {
		return (
			<div className="floor floor-lit" role="alert">
				<span>
					<strong>{t("floor.yours")}</strong>
					<small>{duration(now - Date.parse(floor.since ?? ""))}</small>
				</span>
				<Button variant="default" onClick={() => void call.withdrawFloor()} data-testid="floor-finish">
					{t("floor.finish")}
				</Button>
			</div>
		);
	}
	if (place > 0) {
		return (
			<div className="floor" role="status">
				<span>
					<strong>{t("floor.queued")}</strong>
					<small>{t("floor.place", { place })}</small>
				</span>
				<Button variant="default" onClick={() => void call.withdrawFloor()} data-testid="floor-withdraw">
					{t("floor.withdraw")}
				</Button>
			</div>
		);
	}
	return (
		<Button size="lg" onClick={() => void call.requestFloor()} data-testid="floor">
			{t("floor.request")}
		</Button>
	);
}
