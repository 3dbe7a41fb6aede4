import { Button, Modal } from "@mantine/core";
import { IconCopy, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { number, useTexts } from "../../i18n";
import { type DiagnosticsText, diagnosticsText } from "../../i18n/diagnostics";
import type { SlotFigures } from "../../media/moments";
import type { SlotDiagnostics } from "../../signaling/protocol.gen";
import { Graph } from "./Graph";
import { kept, type Second, useHistory } from "./useHistory";
import "../dialogs.css";
import "./diagnostics.css";

/** What the link does: graphs of the connection and of each slot, and what the server sees of them, to be shown or sent to a technician. */
export default function Diagnostics({ call, onClose }: { call: Call; onClose: () => void }) {
	const { t, language } = useTexts();
	const d = diagnosticsText(language);
	const history = useHistory(call);
	const [told, setTold] = useState<DiagnosticsText>();
	const newest = history.at(-1);
	const format = (value: number) => number(value, language);
	const graph = (label: DiagnosticsText, unit: string, value: (second: Second) => number | undefined) => (
		<Graph label={d(label)} values={history.map(value)} span={kept} unit={unit} format={format} unknown={d("unknown")} />
	);
	const slots = newest ? shown(newest) : [];
	return (
		<Modal opened onClose={onClose} title={d("title")} centered size="64rem" closeButtonProps={{ "aria-label": t("close") }}>
			<div className="diagnostics" data-testid="diagnostics" data-seconds={history.length}>
				<div className="diagnostics-head">
					<p>{newest ? d("intro") : d("waiting")}</p>
					<Button
						variant="default"
						size="sm"
						data-testid="diagnostics-copy"
						leftSection={<IconCopy size={18} aria-hidden="true" />}
						onClick={() =>
							copy(exported(call, history)).then(
								() => setTold("copied"),
								() => setTold("notCopied"),
							)
						}
					>
						{d("copy")}
					</Button>
					<Button
						variant="default"
						size="sm"
						leftSection={<IconDownload size={18} aria-hidden="true" />}
						onClick={() => save(exported(call, history))}
					>
						{d("save")}
					</Button>
				</div>
				<p role="status" className="caption">
					{told && d(told)}
				</p>
				<section aria-label={d("connection")}>
					<h3>
						{d("connection")}
						<small>
							{d("path")}: {newest?.figures.path || d("noPath")}
						</small>
					</h3>
					<div className="graphs">
						{graph("estimate", "kb/s", (s) => s.server?.estimate_kbps || undefined)}
						{graph("received", "kb/s", (s) => s.figures.receivedKbps)}
						{graph("sendable", "kb/s", (s) => s.figures.sendableKbps || undefined)}
						{graph("sent", "kb/s", (s) => s.figures.sentKbps)}
						{graph("rtt", "ms", (s) => s.figures.rttMs || s.server?.rtt_ms || undefined)}
						{graph("loss", "%", (s) => s.server?.loss_percent)}
					</div>
				</section>
				{slots.map((slot) => (
					<SlotSection key={`${slot.kind} ${slot.slot}`} call={call} slot={slot} graph={graph} d={d} />
				))}
			</div>
		</Modal>
	);
}

interface SlotSectionProps {
	call: Call;
	slot: SlotDiagnostics;
	graph: (label: DiagnosticsText, unit: string, value: (second: Second) => number | undefined) => React.ReactNode;
	d: ReturnType<typeof diagnosticsText>;
}

function SlotSection({ call, slot, graph, d }: SlotSectionProps) {
	const { t } = useTexts();
	const participant = useStore(call.state, (s) => s.participants[slot.participant ?? ""]);
	const history = (value: (figures: SlotFigures) => number) => (second: Second) => {
		const figures = second.figures.slots.find((f) => f.kind === slot.kind && f.slot === slot.slot);
		return figures && value(figures);
	};
	const video = slot.kind === "video";
	const facts = [
		slot.layer && d("layer", { layer: slot.layer }),
		slot.height && d("lines", { height: slot.height }),
		slot.reason && t(`tile.${slot.reason}`),
		slot.loss_percent > 0 && `${d("server")}: ${d("loss").toLowerCase()} ${slot.loss_percent} %`,
	].filter(Boolean);
	const name = d(video ? "picture" : "voice", { n: slot.slot + 1 });
	return (
		<section aria-label={name} data-testid={`diagnostics-${slot.kind}-${slot.slot}`}>
			<h3>
				{name} · <bdi>{participant?.short_name || participant?.name}</bdi>
				<small>{facts.join(" · ")}</small>
			</h3>
			<div className="graphs">
				{graph(
					"rate",
					"kb/s",
					history((f) => f.kbps),
				)}
				{graph(
					"loss",
					"%",
					history((f) => f.lossPercent),
				)}
				{graph(
					"jitter",
					"ms",
					history((f) => f.jitterMs),
				)}
				{video &&
					graph(
						"frames",
						d("perSecond"),
						history((f) => f.framesPerSecond),
					)}
				{video &&
					graph(
						"height",
						"",
						history((f) => f.height),
					)}
				{video &&
					graph(
						"frozen",
						"",
						history((f) => f.freezes),
					)}
			</div>
		</section>
	);
}

/** The slots that somebody is in. */
function shown(newest: Second): SlotDiagnostics[] {
	return (newest.server?.slots ?? []).filter((slot) => slot.participant);
}

/** What a technician needs to know: no name, no credential. */
function exported(call: Call, history: Second[]): string {
	const { meeting, participant } = call.state.getState();
	return JSON.stringify({ meeting: meeting?.id, participant, browser: navigator.userAgent, history }, undefined, "\t");
}

async function copy(text: string): Promise<void> {
	await navigator.clipboard.writeText(text);
}

function save(text: string): void {
	const link = document.createElement("a");
	link.href = URL.createObjectURL(new Blob([text], { type: "application/json" }));
	link.download = `diem-cau-${new Date().toISOString().slice(0, 19).replace(/:/g, "")}.json`;
	link.click();
	URL.revokeObjectURL(link.href);
}
