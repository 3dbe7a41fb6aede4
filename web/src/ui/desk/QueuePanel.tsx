import { ActionIcon, Button, Menu, NativeSelect, Select } from "@mantine/core";
import { IconArrowUp, IconDots, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { matches } from "../../call/search";
import { inOrder, participates } from "../../call/state";
import { duration, useTexts } from "../../i18n";
import { chooses } from "../chooseByEnter";
import { FloorQueue } from "../FloorQueue";

/** Minutes of a turn to choose from; 0 is no limit. */
const minutes = [0, 3, 5, 7, 10, 15, 20, 30];

/** The queue with all that can be done to it. */
export function QueuePanel({ call }: { call: Call }) {
	const { t } = useTexts();
	const [adding, setAdding] = useState(false);
	const locked = useStore(call.state, (s) => s.floor.locked === true);
	const limit = useStore(call.state, (s) => s.procedure.speaking_time_s);
	const turns = useStore(call.state, (s) => s.turns);
	const known = minutes.includes(limit / 60) ? minutes : [...minutes, limit / 60].sort((a, b) => a - b);
	return (
		<FloorQueue
			call={call}
			bare
			head={
				<Button size="compact-md" variant="default" aria-expanded={adding} onClick={() => setAdding(!adding)} data-testid="queue-add">
					{t("queue.add")}
				</Button>
			}
			more={(p, place) => (
				<Menu position="bottom-end">
					<Menu.Target>
						<ActionIcon
							variant="subtle"
							color="gray"
							size="lg"
							aria-label={t("queue.more", { name: p.name })}
							data-testid={`queue-more-${place}`}
						>
							<IconDots size={20} aria-hidden="true" />
						</ActionIcon>
					</Menu.Target>
					<Menu.Dropdown>
						<Menu.Item
							disabled={place === 0}
							leftSection={<IconArrowUp size={18} aria-hidden="true" />}
							onClick={() => void call.moveRequest(p.id, place - 1)}
						>
							{t("queue.up")}
						</Menu.Item>
						<Menu.Item
							leftSection={<IconTrash size={18} aria-hidden="true" />}
							onClick={() => void call.revokeFloor(p.id)}
							data-testid={`queue-strike-${place}`}
						>
							{t("queue.strike")}
						</Menu.Item>
					</Menu.Dropdown>
				</Menu>
			)}
		>
			{adding && <AddRequest call={call} onDone={() => setAdding(false)} />}
			<div className="queue-foot">
				{turns.length > 0 && (
					<div className="queue-turns">
						<h3>{t("queue.turns")}</h3>
						<ul>
							{turns.slice(0, 5).map((turn, i) => (
								// biome-ignore lint/suspicious/noArrayIndexKey: the newest turn is the first
								<li key={`${turn.participant} ${turns.length - i}`}>
									<bdi>{turn.name}</bdi>
									<span>{duration(turn.spoke)}</span>
								</li>
							))}
						</ul>
					</div>
				)}
				<div className="queue-rules">
					<NativeSelect
						size="sm"
						aria-label={t("queue.limit")}
						value={String(limit / 60)}
						onChange={(event) => void call.setSpeakingTime(Number(event.currentTarget.value) * 60)}
						data={known.map((m) => ({ value: String(m), label: m === 0 ? t("queue.unlimited") : t("queue.minutes", { minutes: m }) }))}
						data-testid="speaking-time"
					/>
					<Button size="sm" variant="default" aria-pressed={locked} onClick={() => void call.lockFloor(!locked)} data-testid="queue-lock">
						{t(locked ? "queue.unlock" : "queue.lock")}
					</Button>
				</div>
			</div>
		</FloorQueue>
	);
}

/** Enters somebody who cannot ask from where they are. */
function AddRequest({ call, onDone }: { call: Call; onDone: () => void }) {
	const { t } = useTexts();
	const participants = useStore(call.state, (s) => s.participants);
	const floor = useStore(call.state, (s) => s.floor);
	const asked = new Set([floor.holder, ...floor.queue.map((r) => r.participant)]);
	const free = inOrder(participants).filter((p) => participates(p) && p.presence === "here" && !asked.has(p.id));
	return (
		<Select
			{...chooses}
			className="queue-search"
			searchable
			data-autofocus
			autoFocus
			aria-label={t("queue.who")}
			placeholder={t("participants.search")}
			nothingFoundMessage={t("participants.none")}
			limit={50}
			data={free.map((p) => ({ value: p.id, label: p.unit ? `${p.name}, ${p.unit}` : p.name }))}
			filter={({ options, search, limit }) => options.filter((o) => "label" in o && matches(o.label, search)).slice(0, limit)}
			onChange={(id) => {
				if (id) void call.requestFloor(id);
				onDone();
			}}
			comboboxProps={{ position: "bottom", withinPortal: true }}
		/>
	);
}
