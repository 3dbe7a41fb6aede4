import { Button } from "@mantine/core";
import { IconEye, IconEyeOff } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { choices, useChoices } from "./choices";
import { Plate } from "./Plate";
import { Video } from "./Video";

/** What the others see of oneself, unless it is hidden. */
export function SelfView({ call }: { call: Call }) {
	const { t } = useTexts();
	const { selfView } = useChoices();
	const self = useStore(call.state, (s) => s.participants[s.participant]);
	const speaks = useStore(call.state, (s) => s.floor.holder === s.participant);
	const camera = useStore(call.local, (s) => s.sent.camera);
	const [stream, setStream] = useState<MediaStream>();
	useEffect(() => setStream(camera ? new MediaStream([camera]) : undefined), [camera]);
	const change = (
		<Button
			variant="subtle"
			size="compact-sm"
			className="self-hide"
			data-testid="self-hide"
			onClick={() => choices.setState({ selfView: !selfView })}
			leftSection={selfView ? <IconEyeOff size={16} aria-hidden="true" /> : <IconEye size={16} aria-hidden="true" />}
		>
			{t(selfView ? "self.hide" : "self.show")}
		</Button>
	);
	if (!selfView) return <div className="area-self self-hidden">{change}</div>;
	return (
		<div className={`tile area-self ${speaks ? "tile-lit" : ""}`} data-testid="self-view">
			<div className="picture">{stream ? <Video stream={stream} mirrored /> : <p className="poster">{t("tile.you")}</p>}</div>
			{self && (
				<Plate call={call} participant={self} lit={speaks}>
					{change}
				</Plate>
			)}
		</div>
	);
}
