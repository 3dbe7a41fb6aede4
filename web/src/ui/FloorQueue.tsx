import { Button } from "@mantine/core";
import type { ReactNode } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, useTexts } from "../i18n";
import type { Participant } from "../signaling/protocol.gen";
import { linkWord, stateOf, useLink } from "./link";
import { StateIcon } from "./StateIcon";
import { TurnClock } from "./TurnClock";
import { useServerClock } from "./useServerClock";

interface FloorQueueProps {
	call: Call;
	/** Without the turn that runs: it stands elsewhere. */
	bare?: boolean;
	/** More that can be done with a request. */
	more?: (participant: Participant, place: number) => ReactNode;
	/** Stands in the head. */
	head?: ReactNode;
	/** Stands below the list. */
	children?: ReactNode;
}

/** The floor queue of the chair and the secretary: order is the default, skipping a choice. */
export function FloorQueue({ call, bare, more, head, children }: FloorQueueProps) {
	const { t } = useTexts();
	const floor = useStore(call.state, (s) => s.floor);
	const participants = useStore(call.state, (s) => s.participants);
	const recess = useStore(call.state, (s) => s.procedure.session === "recess");
	const holder = floor.holder ? participants[floor.holder] : undefined;
	return (
		<section className="panel queue" aria-labelledby="queue-title" data-testid="queue">
			<div className="panel-head">
				<h2 id="queue-title">
					{t("floor.queue")} <span className="count">{floor.queue.length}</span>
				</h2>
				{head}
			</div>
			{holder && !bare && (
				<div className="row row-lit">
					<div>
						<strong>
							<bdi>{holder.name}</bdi>
						</strong>
						<TurnClock call={call} />
					</div>
					<Button size="sm" className="lit-button" variant="default" onClick={() => void call.revokeFloor(holder.id)} data-testid="revoke">
						{t("floor.revoke")}
					</Button>
				</div>
			)}
			{floor.queue.length === 0 && <p className="panel-empty">{t("floor.empty")}</p>}
			<ol className="rows queue-rows">
				{floor.queue.map((request, i) => {
					const p = participants[request.participant];
					return p ? <QueueRow key={p.id} call={call} participant={p} place={i} since={request.since} recess={recess} more={more} /> : null;
				})}
			</ol>
			{children}
		</section>
	);
}

interface QueueRowProps extends Pick<FloorQueueProps, "call" | "more"> {
	participant: Participant;
	place: number;
	since: string;
	recess: boolean;
}

function QueueRow({ call, participant: p, place, since, recess, more }: QueueRowProps) {
	const { t } = useTexts();
	const now = useServerClock(call);
	const link = useLink(call, p.id);
	const state = stateOf(p, link);
	return (
		<li className={`row queue-row ${place === 0 ? "queue-first" : ""}`}>
			<b className="queue-place">{place + 1}</b>
			<div>
				<strong>
					<bdi>{p.name}</bdi>
				</strong>
				<small>
					<bdi>{p.unit}</bdi>
				</small>
				<small className="queue-wait">{t("floor.waiting", { time: duration(now - Date.parse(since)) })}</small>
				{state !== "ok" && (
					<small className={`state-${state}`}>
						<StateIcon state={state} /> {t(linkWord(p, link))}
					</small>
				)}
			</div>
			<Button
				size="sm"
				variant={place === 0 ? "filled" : "default"}
				disabled={p.presence !== "here" || recess}
				onClick={() => void call.grantFloor(p.id)}
				data-testid={place === 0 ? "grant" : `grant-${place}`}
			>
				{t("floor.grant")}
			</Button>
			{more?.(p, place)}
		</li>
	);
}
