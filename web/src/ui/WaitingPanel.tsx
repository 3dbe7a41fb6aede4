import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, useTexts } from "../i18n";
import { useServerClock } from "./useServerClock";

/** Who waits to be let in. Nothing while nobody does. */
export function WaitingPanel({ call }: { call: Call }) {
	const { t } = useTexts();
	const waiting = useStore(call.state, (s) => s.waiting);
	const now = useServerClock(call);
	if (waiting.length === 0) return null;
	return (
		<section className="panel waiting" aria-labelledby="waiting-title" data-testid="waiting">
			<div className="panel-head">
				<h2 id="waiting-title">
					{t("waiting.room")} <span className="count">{waiting.length}</span>
				</h2>
				{waiting.length > 1 && (
					<Button size="compact-sm" variant="default" onClick={() => waiting.forEach((w) => void call.admit(w.participant))}>
						{t("waiting.admitAll")}
					</Button>
				)}
			</div>
			<ul className="rows">
				{waiting.map((w) => (
					<li className="row" key={w.participant}>
						<div>
							<strong>
								<bdi>{w.name}</bdi>
							</strong>
							<small>
								<bdi>{w.unit}</bdi> · {t(`role.${w.role}`)} · {t("floor.waiting", { time: duration(now - Date.parse(w.since)) })}
							</small>
						</div>
						<Button size="sm" variant="default" onClick={() => void call.remove(w.participant)} data-testid="decline">
							{t("waiting.decline")}
						</Button>
						<Button size="sm" onClick={() => void call.admit(w.participant)} data-testid="admit">
							{t("waiting.admit")}
						</Button>
					</li>
				))}
			</ul>
		</section>
	);
}
