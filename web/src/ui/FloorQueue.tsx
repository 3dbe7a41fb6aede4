import { Button } from "@mantine/core";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, useTexts } from "../i18n";
import { useServerClock } from "./useServerClock";

/** The floor queue of the chair and the secretary: order is the default, skipping a choice. */
export function FloorQueue({ call }: { call: Call }) {
	const { t } = useTexts();
	const { floor, participants } = useStore(call.state);
	const now = useServerClock(call);
	const holder = floor.holder ? participants[floor.holder] : undefined;
	return (
		<section className="panel" aria-label={t("floor.queue")}>
			<h2>{t("floor.queue")}</h2>
			{holder && (
				<div className="row row-lit">
					<div>
						<strong>{holder.name}</strong>
						<small>
							{t("floor.speaking")} {duration(now - Date.parse(floor.since ?? ""))}
						</small>
					</div>
					<Button size="sm" variant="default" onClick={() => void call.revokeFloor(holder.id)} data-testid="revoke">
						{t("floor.revoke")}
					</Button>
				</div>
			)}
			{floor.queue.length === 0 && <p className="caption">{t("floor.empty")}</p>}
			<ol className="rows">
				{floor.queue.map((request, i) => {
					const p = participants[request.participant];
					return (
						<li className="row" key={request.participant}>
							<b>{i + 1}</b>
							<div>
								<strong>{p?.name}</strong>
								<small>
									{p?.unit} · {t("floor.waiting", { time: duration(now - Date.parse(request.since)) })}
								</small>
							</div>
							<Button
								size="sm"
								variant={i === 0 ? "filled" : "default"}
								disabled={!p?.connected}
								onClick={() => void call.grantFloor(request.participant)}
								data-testid={i === 0 ? "grant" : `grant-${i}`}
							>
								{t("floor.grant")}
							</Button>
						</li>
					);
				})}
			</ol>
		</section>
	);
}
