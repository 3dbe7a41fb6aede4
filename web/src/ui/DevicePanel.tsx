import { Select } from "@mantine/core";
import { useCallback, useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { type DeviceChoice, type DeviceKind, list, open, remember } from "../media/devices";

/** Another camera or microphone in mid-call, without leaving. */
export function DevicePanel({ call }: { call: Call }) {
	const { t } = useTexts();
	return (
		<section className="panel" aria-label={t("tool.devices")} data-testid="devices-panel">
			<h2>{t("tool.devices")}</h2>
			<DeviceSelect call={call} kind="camera" />
			<DeviceSelect call={call} kind="microphone" />
		</section>
	);
}

function DeviceSelect({ call, kind }: { call: Call; kind: DeviceKind }) {
	const { t } = useTexts();
	const track = useStore(call.local, (s) => s.sent[kind]);
	const [choices, setChoices] = useState<DeviceChoice[]>([]);
	const [fault, setFault] = useState(false);
	const refresh = useCallback(() => void list(kind).then(setChoices), [kind]);
	useEffect(() => {
		refresh();
		// Devices are plugged in and out while a meeting runs.
		navigator.mediaDevices?.addEventListener("devicechange", refresh);
		return () => navigator.mediaDevices?.removeEventListener("devicechange", refresh);
	}, [refresh]);
	const choose = async (id: string) => {
		try {
			const next = await open(kind, id);
			remember(kind, id);
			setFault(false);
			const before = call.local.getState().sent[kind];
			await call.send(kind, next);
			before?.stop();
		} catch {
			setFault(true); // the one of before goes on
		}
	};
	return (
		<Select
			label={t(kind === "camera" ? "join.camera" : "join.microphone")}
			data={choices.map((c, i) => ({ value: c.id, label: c.label || `${t("join.device")} ${i + 1}` }))}
			value={track?.getSettings().deviceId ?? null}
			onChange={(id) => id && void choose(id)}
			error={fault ? t("fault.failed") : undefined}
			disabled={choices.length === 0}
			allowDeselect={false}
			mb="sm"
		/>
	);
}
