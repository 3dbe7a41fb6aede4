import { Modal, NativeSelect } from "@mantine/core";
import { useEffect, useState } from "react";
import type { Call } from "../../call/call";
import { useTexts } from "../../i18n";
import type { Device, DeviceKind, Participant } from "../../signaling/protocol.gen";
import "../dialogs.css";

const kinds: DeviceKind[] = ["camera", "microphone", "loudspeaker"];
/** How often the terminal's own word is asked for while the dialog is open, in ms. */
const pollEvery = 2000;

/** The devices of a site that nobody attends. */
export function DevicesDialog({ call, site, onClose }: { call: Call; site: Participant; onClose: () => void }) {
	const { t } = useTexts();
	const [devices, setDevices] = useState<Device[]>();
	useEffect(() => {
		let current = true;
		const read = () =>
			call.listDevices(site.id).then((answer) => {
				if (current && answer) setDevices(answer.devices);
			});
		void read();
		const timer = setInterval(read, pollEvery);
		return () => {
			current = false;
			clearInterval(timer);
		};
	}, [call, site.id]);
	return (
		<Modal opened onClose={onClose} title={t("devices.of", { name: site.name })} centered closeButtonProps={{ "aria-label": t("close") }}>
			<div data-testid="devices-dialog">
				{devices?.length === 0 && <p>{t("devices.unknown")}</p>}
				{kinds.map((kind) => {
					const have = devices?.filter((d) => d.kind === kind) ?? [];
					if (have.length === 0) return null;
					return (
						<NativeSelect
							key={kind}
							mb="sm"
							label={t(`join.${kind}`)}
							value={have.find((d) => d.chosen)?.id ?? ""}
							onChange={(event) => event.currentTarget.value && void call.chooseDevice(site.id, kind, event.currentTarget.value)}
							data={[
								...(have.some((d) => d.chosen) ? [] : [{ value: "", label: t("join.choose") }]),
								...have.map((d, i) => ({ value: d.id, label: d.label || `${t("join.device")} ${i + 1}` })),
							]}
							data-testid={`device-${kind}`}
						/>
					);
				})}
			</div>
		</Modal>
	);
}
