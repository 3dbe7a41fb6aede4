import { useEffect, useMemo, useState } from "react";
import { useStore } from "zustand";
import { createStore } from "zustand/vanilla";
import type { Call } from "../../call/call";
import { useTexts } from "../../i18n";
import { type AnyDeviceKind, DeviceError, type DeviceFault, type DeviceKind, list, open, remember, remembered } from "../../media/devices";
import { LevelMeter } from "../LevelMeter";
import { loudspeaker } from "../Sound";
import { StateIcon } from "../StateIcon";

/** A device that cannot be opened is tried again after this long, in ms: it may have been switched off. */
const tryAgain = 10_000;
/** How long joining waits for the devices, in ms. */
const patience = 5000;

interface TerminalState {
	camera?: MediaStreamTrack;
	microphone?: MediaStreamTrack;
	faults: Partial<Record<DeviceKind, DeviceFault>>;
}

/** The devices of a terminal: opened at the start, again whenever they come back, and as a technician chooses. */
export class TerminalDevices {
	readonly state = createStore<TerminalState>(() => ({ faults: {} }));
	#call?: Call;
	#timer?: ReturnType<typeof setTimeout>;
	#closed = false;
	#first?: Promise<void>;

	start(): () => void {
		this.#closed = false;
		this.#first = this.#openAll();
		const changed = () => void this.#devicesChanged();
		navigator.mediaDevices?.addEventListener("devicechange", changed);
		return () => {
			this.#closed = true;
			clearTimeout(this.#timer);
			navigator.mediaDevices?.removeEventListener("devicechange", changed);
			const { camera, microphone } = this.state.getState();
			camera?.stop();
			microphone?.stop();
			this.state.setState({ camera: undefined, microphone: undefined });
		};
	}

	/** Takes the device that was chosen when it is there again, in place of whatever was found meanwhile. */
	async #devicesChanged(): Promise<void> {
		for (const kind of ["camera", "microphone"] as const) {
			const wanted = remembered(kind);
			const used = this.state.getState()[kind]?.getSettings().deviceId;
			if (wanted && used !== wanted && (await list(kind)).some((d) => d.id === wanted)) await this.#open(kind, wanted);
		}
		await this.#openAll();
		await this.#report();
	}

	/** Gives a call the devices that are there, and keeps it up with them. */
	async give(call: Call): Promise<void> {
		this.#call = call;
		// A device that does not answer keeps the hall from nothing else: it is sent when it is there.
		await Promise.race([this.#first, new Promise((done) => setTimeout(done, patience))]);
		const { camera, microphone } = this.state.getState();
		// A call stops its tracks when it is over: it is given copies.
		if (camera) await call.send("camera", camera.clone());
		if (microphone) await call.send("microphone", microphone.clone());
		call.state.subscribe((now, before) => {
			if (now.phase === "connected" && before.phase !== "connected") void this.#report();
		});
		call.local.subscribe((now, before) => {
			if (now.chosen && now.chosen !== before.chosen) void this.#choose(now.chosen.kind, now.chosen.id);
			if (now.ended && now.ended !== before.ended) this.#lost(now.ended.source);
		});
	}

	async #choose(kind: AnyDeviceKind, id: string): Promise<void> {
		remember(kind, id);
		if (kind === "loudspeaker") loudspeaker.setState({ id });
		else await this.#open(kind, id);
		await this.#report();
	}

	#lost(kind: DeviceKind): void {
		this.state.getState()[kind]?.stop();
		this.state.setState({ [kind]: undefined });
		void this.#openAll();
	}

	async #openAll(): Promise<void> {
		clearTimeout(this.#timer);
		for (const kind of ["camera", "microphone"] as const) {
			if (this.state.getState()[kind]?.readyState !== "live") await this.#open(kind);
		}
		const { camera, microphone } = this.state.getState();
		if (!this.#closed && (!camera || !microphone)) this.#timer = setTimeout(() => void this.#openAll(), tryAgain);
	}

	async #open(kind: DeviceKind, id?: string): Promise<void> {
		try {
			const track = await open(kind, id);
			if (this.#closed) return track.stop();
			const before = this.state.getState()[kind];
			track.onended = () => this.#lost(kind);
			this.state.setState((s) => ({ [kind]: track, faults: { ...s.faults, [kind]: undefined } }));
			const sent = this.#call?.local.getState().sent[kind];
			if (this.#call && this.#call.state.getState().phase !== "over") await this.#call.send(kind, track.clone());
			sent?.stop();
			before?.stop();
		} catch (error) {
			const fault = error instanceof DeviceError ? error.fault : "failed";
			if (!this.#closed) this.state.setState((s) => ({ faults: { ...s.faults, [kind]: fault } }));
		}
	}

	/** Tells the technician which devices there are. */
	async #report(): Promise<void> {
		const call = this.#call;
		const self = call?.state.getState();
		if (!call || self?.phase !== "connected" || self.participants[self.participant]?.role !== "site") return;
		const { camera, microphone } = this.state.getState();
		const used: Record<AnyDeviceKind, string | undefined> = {
			camera: camera?.getSettings().deviceId,
			microphone: microphone?.getSettings().deviceId,
			loudspeaker: remembered("loudspeaker"),
		};
		const kinds: AnyDeviceKind[] = ["camera", "microphone", "loudspeaker"];
		const all = await Promise.all(
			kinds.map(async (kind) => (await list(kind)).map((d) => ({ kind, id: d.id, label: d.label.slice(0, 200) }))),
		);
		await call.reportDevices(all.flat().map((d) => (used[d.kind] === d.id ? { ...d, chosen: true } : d)));
	}
}

export function useTerminalDevices(): TerminalDevices {
	const devices = useMemo(() => new TerminalDevices(), []);
	useEffect(() => devices.start(), [devices]);
	return devices;
}

interface DeviceLightsProps {
	devices: TerminalDevices;
	link: "ok" | "warn" | "bad" | "off";
	/** Shapes alone, with their words for screen readers. */
	small?: boolean;
}

/** A light for each device and for the link. */
export function DeviceLights({ devices, link, small }: DeviceLightsProps) {
	const { t } = useTexts();
	const { camera, microphone, faults } = useStore(devices.state);
	const [stream, setStream] = useState<MediaStream>();
	useEffect(() => setStream(microphone ? new MediaStream([microphone]) : undefined), [microphone]);
	const lights = [
		{ kind: "camera", track: camera, fault: faults.camera },
		{ kind: "microphone", track: microphone, fault: faults.microphone },
	] as const;
	return (
		<ul className={`lights ${small ? "lights-small" : ""}`} data-testid="lights">
			{lights.map(({ kind, track, fault }) => (
				<li key={kind} data-testid={`light-${kind}`} data-state={track ? "ok" : fault ? "bad" : "off"}>
					<StateIcon state={track ? "ok" : fault ? "bad" : "off"} />
					<p>
						<b>{t(`join.${kind}`)}</b>
						<span className={small ? "visually-hidden" : ""}>
							{track ? track.label || t("tool.on") : fault ? t(`fault.${fault}`) : t("join.asking")}
						</span>
					</p>
					{kind === "microphone" && !small && stream && <LevelMeter stream={stream} />}
				</li>
			))}
			<li data-testid="light-link" data-state={link}>
				<StateIcon state={link} />
				<p>
					<b>{t("sites.link")}</b>
					<span className={small ? "visually-hidden" : ""}>
						{t(link === "ok" ? "link.good" : link === "warn" ? "link.poor" : link === "bad" ? "link.none" : "foyer.loading")}
					</span>
				</p>
			</li>
		</ul>
	);
}
