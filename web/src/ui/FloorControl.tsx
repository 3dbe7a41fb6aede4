import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { presides } from "../call/state";
import { useTexts } from "../i18n";
import { TurnClock } from "./TurnClock";

/** The middle of the toolbar: asking for the floor, waiting for it, having it. */
export function FloorControl({ call }: { call: Call }) {
	const { t } = useTexts();
	const floor = useStore(call.state, (s) => s.floor);
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const withFloor = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	if (self && presides(self)) return <SessionControl call={call} />;
	if (!withFloor || !self || self.role === "display" || self.role === "operator") return <div />;
	const place = floor.queue.findIndex((r) => r.participant === self.id) + 1;
	if (floor.holder === self.id) {
		return (
			<div className="floor floor-lit" role="alert" data-testid="floor-banner">
				<strong>{t("floor.yours")}</strong>
				<TurnClock call={call} bar />
				<Button variant="default" className="lit-button" onClick={() => void call.withdrawFloor()} data-testid="floor-finish">
					{t("floor.finish")}
				</Button>
			</div>
		);
	}
	if (place > 0) {
		return (
			<div className="floor" role="status">
				<b className="floor-place" aria-hidden="true">
					{place}
				</b>
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
		<div className="floor-ask">
			<Button size="lg" onClick={() => void call.requestFloor()} disabled={floor.locked} data-testid="floor">
				{t("floor.request")}
			</Button>
			{floor.locked && <small>{t("floor.locked")}</small>}
		</div>
	);
}

/** Who presides opens the session, and goes on after a recess. */
function SessionControl({ call }: { call: Call }) {
	const { t } = useTexts();
	const session = useStore(call.state, (s) => s.procedure.session);
	if (session === "in_session") return <div />;
	return (
		<Button size="lg" onClick={() => void call.setSession("in_session")} data-testid="session-open">
			{t(session === "gathering" ? "acts.open" : "acts.continue")}
		</Button>
	);
}
