import { ActionIcon, Button, Menu, Modal, TextInput } from "@mantine/core";
import {
	IconAdjustments,
	IconDots,
	IconMicrophone,
	IconMicrophoneOff,
	IconPin,
	IconSpeakerphone,
	IconUserPlus,
	IconUserX,
} from "@tabler/icons-react";
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, useDeferredValue, useMemo, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { matches } from "../../call/search";
import { inOrder, manages, participates, presides } from "../../call/state";
import { duration, useTexts } from "../../i18n";
import type { Participant } from "../../signaling/protocol.gen";
import { linkText, linkWord, stateOf, useLink } from "../link";
import { StateIcon } from "../StateIcon";
import { useServerClock } from "../useServerClock";
import { setStage } from "./acts";
import { DevicesDialog } from "./DevicesDialog";
import "../dialogs.css";

/** Lists of this length stay whole; longer ones draw what is seen. */
const longest = 200;
const rowHeight = 44;

/** All sites and delegates in protocol order, never resorted, with their links. */
export function SitesPanel({ call }: { call: Call }) {
	const { t } = useTexts();
	const participants = useStore(call.state, (s) => s.participants);
	const links = useStore(call.state, (s) => s.links);
	const [query, setQuery] = useState("");
	const sought = useDeferredValue(query);
	const all = useMemo(() => inOrder(participants).filter(participates), [participants]);
	const rows = useMemo(
		() => all.map((p, i) => ({ p, number: i + 1 })).filter(({ p }) => matches(`${p.name} ${p.unit ?? ""} ${p.short_name ?? ""}`, sought)),
		[all, sought],
	);
	const [removing, setRemoving] = useState<Participant>();
	const [devices, setDevices] = useState<Participant>();
	const scroll = useRef<HTMLDivElement>(null);
	const virtual = useVirtualizer({
		count: rows.length,
		getScrollElement: () => scroll.current,
		estimateSize: () => rowHeight,
		overscan: rows.length > longest ? 12 : longest,
		getItemKey: (i) => rows[i].p.id,
	});
	const items = virtual.getVirtualItems();
	const before = items[0]?.start ?? 0;
	const after = virtual.getTotalSize() - (items.at(-1)?.end ?? 0);
	const count = (presence: Participant["presence"]) => all.filter((p) => p.presence === presence).length;
	const [here, lost] = [count("here"), count("lost")];
	const poor = all.filter((p) => p.presence === "here" && links[p.id]?.quality === "poor").length;

	/** Leads to the next row in a state, from where the list stands. */
	const jump = (state: "bad" | "warn") => {
		const from = virtual.range?.startIndex ?? 0;
		const is = (i: number) => stateOf(rows[i].p, links[rows[i].p.id]) === state;
		const order = rows.map((_, i) => (from + 1 + i) % rows.length);
		const next = order.find(is);
		if (next === undefined) return;
		virtual.scrollToIndex(next, { align: "start" });
	};

	return (
		<section className="panel sites" aria-labelledby="sites-title" data-testid="sites" data-region tabIndex={-1}>
			<div className="panel-head">
				<h2 id="sites-title">{t("sites.title")}</h2>
				{lost > 0 && (
					<button type="button" className="jump state-bad" onClick={() => jump("bad")} title={t("sites.toLost")} data-testid="jump-lost">
						<StateIcon state="bad" />
						{lost}
						<span className="visually-hidden">{t("sites.toLost")}</span>
					</button>
				)}
				{poor > 0 && (
					<button type="button" className="jump state-warn" onClick={() => jump("warn")} title={t("sites.toPoor")}>
						<StateIcon state="warn" />
						{poor}
						<span className="visually-hidden">{t("sites.toPoor")}</span>
					</button>
				)}
			</div>
			<div className="sites-roll">
				<p>
					<b>
						{here}/{all.length}
					</b>{" "}
					{t("sites.here")}
				</p>
				<div className="sites-bar" aria-hidden="true">
					<i className="here" style={{ flexGrow: here }} />
					<i className="lost" style={{ flexGrow: lost }} />
					<i className="away" style={{ flexGrow: all.length - here - lost }} />
				</div>
			</div>
			<TextInput
				className="sites-search"
				value={query}
				onChange={(event) => setQuery(event.currentTarget.value)}
				placeholder={t("participants.search")}
				aria-label={t("participants.search")}
				data-testid="sites-search"
			/>
			{/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
			<section className="sites-scroll" ref={scroll} tabIndex={0} aria-label={t("sites.list")} data-testid="sites-scroll">
				<table aria-rowcount={rows.length + 1}>
					<thead>
						<tr>
							<th scope="col">{t("sites.number")}</th>
							<th scope="col">{t("sites.name")}</th>
							<th scope="col">
								<span className="sites-link-head">{t("sites.link")}</span>
							</th>
							<th scope="col">
								<span className="visually-hidden">{t("sites.acts")}</span>
							</th>
						</tr>
					</thead>
					<tbody>
						{before > 0 && <tr style={{ height: before }} />}
						{items.map(({ index, key }) => (
							<SiteRow
								key={key}
								call={call}
								participant={rows[index].p}
								number={rows[index].number}
								index={index}
								measure={virtual.measureElement}
								onRemove={setRemoving}
								onDevices={setDevices}
							/>
						))}
						{after > 0 && <tr style={{ height: after }} />}
					</tbody>
				</table>
				{rows.length === 0 && <p className="panel-empty">{t(sought ? "participants.none" : "sites.empty")}</p>}
			</section>
			<Modal
				opened={removing !== undefined}
				onClose={() => setRemoving(undefined)}
				title={t("remove.question", { name: removing?.name ?? "" })}
				centered
				closeButtonProps={{ "aria-label": t("close") }}
			>
				<p>{t("remove.what")}</p>
				<div className="choice">
					<Button variant="default" onClick={() => setRemoving(undefined)} data-autofocus>
						{t("remove.cancel")}
					</Button>
					<Button
						color="bad"
						data-testid="remove-confirm"
						onClick={() => {
							if (removing) void call.remove(removing.id);
							setRemoving(undefined);
						}}
					>
						{t("remove.do")}
					</Button>
				</div>
			</Modal>
			{devices && <DevicesDialog call={call} site={devices} onClose={() => setDevices(undefined)} />}
		</section>
	);
}

interface SiteRowProps {
	call: Call;
	participant: Participant;
	number: number;
	index: number;
	measure: (row: HTMLTableRowElement | null) => void;
	onRemove: (participant: Participant) => void;
	onDevices: (participant: Participant) => void;
}

const SiteRow = memo(function SiteRow({ call, participant: p, number, index, measure, onRemove, onDevices }: SiteRowProps) {
	const { t, language } = useTexts();
	const link = useLink(call, p.id);
	const speaks = useStore(call.state, (s) => s.floor.holder === p.id);
	const state = stateOf(p, link);
	const detail = speaks ? t("floor.speaking") : p.withheld ? t("tile.withheld") : p.role !== "site" && p.unit ? p.unit : undefined;
	return (
		<tr ref={measure} data-index={index} aria-rowindex={index + 2} className={speaks ? "row-lit" : ""} data-testid="site-row">
			<td>{number}</td>
			<td>
				<span className="sites-name">
					<bdi>{p.name}</bdi>
				</span>
				{detail && (
					<small>
						<bdi>{detail}</bdi>
					</small>
				)}
			</td>
			<td title={link && p.presence === "here" ? linkText(t, link, language) : undefined}>
				<span className={`sites-link ${state === "ok" ? "" : `state-${state}`}`}>
					<StateIcon state={state} />
					<span className={`sites-word ${p.presence === "lost" ? "sites-lost" : ""}`}>
						{p.presence === "lost" && p.since ? <LostFor call={call} since={p.since} /> : t(linkWord(p, link))}
					</span>
				</span>
			</td>
			<td>{p.presence === "here" && <SiteMenu call={call} participant={p} onRemove={onRemove} onDevices={onDevices} />}</td>
		</tr>
	);
});

function LostFor({ call, since }: { call: Call; since: string }) {
	const { t } = useTexts();
	const now = useServerClock(call);
	return t("sites.lostFor", { time: duration(now - Date.parse(since)) });
}

/** What can be done with one participant, by who may do it. */
function SiteMenu({ call, participant: p, onRemove, onDevices }: Pick<SiteRowProps, "call" | "participant" | "onRemove" | "onDevices">) {
	const { t } = useTexts();
	const runs = useStore(call.state, (s) => manages(s.participants[s.participant]));
	const self = useStore(call.state, (s) => s.participant === p.id);
	const floor = useStore(call.state, (s) => s.floor);
	const withFloor = useStore(call.state, (s) => s.meeting?.speaking === "floor");
	const pinned = useStore(call.state, (s) => s.procedure.stage.participant === p.id);
	const icon = { size: 18, "aria-hidden": true } as const;
	const mutes = !presides(p) && (runs || p.role === "site");
	const sees = p.role === "site";
	if (!runs && !mutes && !sees) return null;
	const asked = floor.queue.some((r) => r.participant === p.id);
	return (
		<Menu position="bottom-end">
			<Menu.Target>
				<ActionIcon variant="subtle" color="gray" aria-label={t("queue.more", { name: p.name })} data-testid={`site-menu-${p.id}`}>
					<IconDots size={20} aria-hidden="true" />
				</ActionIcon>
			</Menu.Target>
			<Menu.Dropdown>
				{runs && withFloor && floor.holder !== p.id && (
					<Menu.Item leftSection={<IconSpeakerphone {...icon} />} onClick={() => void call.grantFloor(p.id)} data-testid="site-grant">
						{t("floor.grant")}
					</Menu.Item>
				)}
				{runs && withFloor && floor.holder !== p.id && !asked && (
					<Menu.Item leftSection={<IconUserPlus {...icon} />} onClick={() => void call.requestFloor(p.id)} data-testid="site-queue">
						{t("sites.toQueue")}
					</Menu.Item>
				)}
				{runs && (
					<Menu.Item
						leftSection={<IconPin {...icon} />}
						onClick={() => void setStage(call, pinned ? { show: "programme" } : { show: "participant", participant: p.id })}
						data-testid="site-pin"
					>
						{t(pinned ? "outgoing.unpin" : "sites.pin")}
					</Menu.Item>
				)}
				{mutes && (
					<Menu.Item
						leftSection={p.withheld ? <IconMicrophone {...icon} /> : <IconMicrophoneOff {...icon} />}
						onClick={() => void call.withhold(!p.withheld, p.id)}
						data-testid="site-mute"
					>
						{t(p.withheld ? "holder.unmute" : "holder.mute")}
					</Menu.Item>
				)}
				{sees && (
					<Menu.Item leftSection={<IconAdjustments {...icon} />} onClick={() => onDevices(p)} data-testid="site-devices">
						{t("devices.title")}
					</Menu.Item>
				)}
				{runs && !self && !presides(p) && (
					<Menu.Item color="bad" leftSection={<IconUserX {...icon} />} onClick={() => onRemove(p)} data-testid="site-remove">
						{t("remove.do")}
					</Menu.Item>
				)}
			</Menu.Dropdown>
		</Menu>
	);
}
