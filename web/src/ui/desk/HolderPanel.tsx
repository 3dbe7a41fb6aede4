import { Button } from "@mantine/core";
import { IconClockPlus, IconMicrophone, IconMicrophoneOff } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { clock, duration, useTexts } from "../../i18n";
import { SlotTile } from "../SlotTile";
import { TurnClock } from "../TurnClock";
import { endTurn, grantNext } from "./acts";

/** Seconds that a speaker is given more at once. */
const more = 120;

/** Who speaks, for how long yet, and what to do about it. */
export function HolderPanel({ call, runs }: { call: Call; runs: boolean }) {
	const { t, language } = useTexts();
	const floor = useStore(call.state, (s) => s.floor);
	const holder = useStore(call.state, (s) => (s.floor.holder ? s.participants[s.floor.holder] : undefined));
	const next = useStore(call.state, (s) => s.participants[s.floor.queue[0]?.participant ?? ""]);
	const withFloor = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	return (
		<section className={`holder ${holder ? "holder-lit" : ""}`} aria-label={t("floor.speaking")} data-testid="holder">
			<SlotTile call={call} index={0} />
			<div className="holder-time">
				{holder ? (
					<>
						{/* The picture is another's while a site is pinned: the card names who has the floor. */}
						<p className="holder-name">
							<b>
								<bdi>{holder.name}</bdi>
							</b>{" "}
							<small>{t("floor.speaking")}</small>
						</p>
						<TurnClock call={call} bar />
						<dl>
							<dt>{t("holder.limit")}</dt>
							<dd>{floor.limit_s ? duration(floor.limit_s * 1000) : t("holder.unlimited")}</dd>
							<dt>{t("holder.since")}</dt>
							<dd>{clock(Date.parse(floor.since ?? ""), language)}</dd>
						</dl>
						{runs && (
							<div className="holder-acts">
								<Button className="lit-primary" onClick={() => endTurn(call)} title={t("holder.endKey")} data-testid="revoke">
									{t("holder.end")}
								</Button>
								<Button
									className="lit-button"
									variant="default"
									disabled={!floor.limit_s}
									leftSection={<IconClockPlus size={18} aria-hidden="true" />}
									onClick={() => void call.extendFloor(more)}
									data-testid="extend"
								>
									{t("holder.more", { minutes: more / 60 })}
								</Button>
								<Button
									className="lit-button"
									variant="default"
									leftSection={
										holder.withheld ? <IconMicrophone size={18} aria-hidden="true" /> : <IconMicrophoneOff size={18} aria-hidden="true" />
									}
									onClick={() => void call.withhold(!holder.withheld, holder.id)}
									data-testid="holder-mute"
								>
									{t(holder.withheld ? "holder.unmute" : "holder.mute")}
								</Button>
							</div>
						)}
					</>
				) : (
					<>
						<h2>{t(withFloor ? "holder.nobody" : "holder.everybody")}</h2>
						{withFloor && (
							<p>
								{next ? (
									<>
										{t("holder.next")} <bdi>{next.name}</bdi>
										{next.unit && (
											<>
												, <bdi>{next.unit}</bdi>
											</>
										)}
									</>
								) : (
									t("floor.empty")
								)}
							</p>
						)}
						{runs && next && (
							<Button variant="default" onClick={() => grantNext(call)} title={t("holder.nextKey")} data-testid="grant-next">
								{t("holder.grantNext")}
							</Button>
						)}
					</>
				)}
			</div>
		</section>
	);
}
