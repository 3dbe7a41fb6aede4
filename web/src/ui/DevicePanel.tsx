import { Checkbox, NativeSelect } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import {
	type AnyDeviceKind,
	choosesLoudspeaker,
	type DeviceChoice,
	DeviceError,
	type DeviceFault,
	type DeviceKind,
	isHall,
	list,
	open,
	remember,
	remembered,
	setHall,
} from "../media/devices";
import { Panel } from "./Panel";
import { loudspeaker } from "./Sound";

/** Other devices in mid-call, without leaving. */
export function DevicePanel({ call, onClose }: { call: Call; onClose: () => void }) {
	const { t } = useTexts();
	const [hall, keepHall] = useState(isHall);
	return (
		<Panel title={t("tool.devices")} testid="devices-panel" onClose={onClose}>
			<SourceSelect call={call} kind="camera" />
			<SourceSelect call={call} kind="microphone" />
			{choosesLoudspeaker() && <LoudspeakerSelect />}
			<Checkbox
				label={t("join.hall")}
				checked={hall}
				onChange={(event) => {
					setHall(event.currentTarget.checked);
					keepHall(event.currentTarget.checked);
					void reopen(call, "microphone");
				}}
			/>
		</Panel>
	);
}

/** Takes another device, or the same with other settings. The one of before goes on where that fails. */
export async function reopen(call: Call, kind: DeviceKind, id?: string): Promise<DeviceFault | undefined> {
	try {
		const next = await open(kind, id);
		if (id) remember(kind, id);
		const before = call.local.getState().sent[kind];
		await call.send(kind, next);
		before?.stop();
		return undefined;
	} catch (error) {
		return error instanceof DeviceError ? error.fault : "failed";
	}
}

/** The devices of a kind, kept up as they are plugged in and out. */
export function useDeviceList(kind: AnyDeviceKind): DeviceChoice[] {
	const [choices, setChoices] = useState<DeviceChoice[]>([]);
	const refresh = useCallback(() => void list(kind).then(setChoices), [kind]);
	useEffect(() => {
		refresh();
		navigator.mediaDevices?.addEventListener("devicechange", refresh);
		return () => navigator.mediaDevices?.removeEventListener("devicechange", refresh);
	}, [refresh]);
	return choices;
}

function SourceSelect({ call, kind }: { call: Call; kind: DeviceKind }) {
	const { t } = useTexts();
	const track = useStore(call.local, (s) => s.sent[kind]);
	const [fault, setFault] = useState<DeviceFault>();
	return (
		<DeviceSelect
			kind={kind}
			value={track?.getSettings().deviceId}
			onChoose={(id) => void reopen(call, kind, id).then(setFault)}
			error={fault && t(`fault.${fault}`)}
		/>
	);
}

export function LoudspeakerSelect({ bare }: { bare?: boolean }) {
	const [value, setValue] = useState(() => remembered("loudspeaker"));
	return (
		<DeviceSelect
			kind="loudspeaker"
			bare={bare}
			value={value}
			onChoose={(id) => {
				remember("loudspeaker", id);
				setValue(id);
				loudspeaker.setState({ id });
			}}
		/>
	);
}

interface DeviceSelectProps {
	kind: AnyDeviceKind;
	value?: string;
	onChoose: (id: string) => void;
	error?: string;
	/** Without a visible label. */
	bare?: boolean;
}

export function DeviceSelect({ kind, value, onChoose, error, bare }: DeviceSelectProps) {
	const { t } = useTexts();
	const choices = useDeviceList(kind);
	const label = t(`join.${kind}`);
	const data = choices.map((c, i) => ({ value: c.id, label: c.label || `${t("join.device")} ${i + 1}` }));
	const known = data.some((c) => c.value === value);
	return (
		<NativeSelect
			label={bare ? undefined : label}
			aria-label={label}
			data={known ? data : [{ value: "", label: t(data.length > 0 ? "join.choose" : "join.none") }, ...data]}
			value={known ? value : ""}
			onChange={(event) => event.currentTarget.value && onChoose(event.currentTarget.value)}
			error={error}
			disabled={data.length === 0}
			data-testid={`select-${kind}`}
		/>
	);
}
