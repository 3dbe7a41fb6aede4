import { useCallback, useEffect, useMemo, useState } from "react";
import { type DeviceChoice, DeviceError, type DeviceFault, type DeviceKind, list, open, remember, remembered } from "../media/devices";

export interface Device {
	kind: DeviceKind;
	track?: MediaStreamTrack;
	stream?: MediaStream;
	fault?: DeviceFault;
	/** Being opened: neither there nor refused yet. */
	pending: boolean;
	choices: DeviceChoice[];
	chosen?: string;
	choose: (id: string) => void;
	retry: () => void;
}

/** A camera or a microphone that is open while the page shows it, and goes on when the call has taken its track. */
export function useDevice(kind: DeviceKind, wanted: boolean): Device {
	const [track, setTrack] = useState<MediaStreamTrack>();
	const [fault, setFault] = useState<DeviceFault>();
	const [choices, setChoices] = useState<DeviceChoice[]>([]);
	const [opening, setOpening] = useState(false);

	const start = useCallback(
		async (id?: string) => {
			setOpening(true);
			try {
				const opened = await open(kind, id);
				setFault(undefined);
				setTrack((old) => {
					old?.stop();
					return opened;
				});
			} catch (error) {
				setFault(error instanceof DeviceError ? error.fault : "failed");
			}
			setOpening(false);
			setChoices(await list(kind));
		},
		[kind],
	);

	useEffect(() => {
		if (wanted) void start();
	}, [wanted, start]);

	const stream = useMemo(() => (track ? new MediaStream([track]) : undefined), [track]);
	return {
		kind,
		track,
		stream,
		fault,
		pending: wanted && (opening || (!track && !fault)),
		choices,
		chosen: track?.getSettings().deviceId ?? remembered(kind),
		choose: (id) => {
			remember(kind, id);
			void start(id);
		},
		retry: () => void start(),
	};
}
