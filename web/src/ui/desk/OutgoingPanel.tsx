import { Button, SegmentedControl } from "@mantine/core";
import { IconChevronLeft, IconChevronRight, IconPinnedOff } from "@tabler/icons-react";
import { useStore } from "zustand";
import type { Call } from "../../call/call";
import { contentOf, mosaicSize } from "../../call/state";
import { useTexts } from "../../i18n";
import type { StageShow } from "../../signaling/protocol.gen";
import { SlotTile } from "../SlotTile";
import { setStage } from "./acts";

/** Tiles of a page of the mosaic on the screens of halls, beside the chair's. */
const pageSize = 24;

/** What goes out to all screens, and the choice of it. */
export function OutgoingPanel({ call, runs }: { call: Call; runs: boolean }) {
	const { t } = useTexts();
	const stage = useStore(call.state, (s) => s.procedure.stage);
	const pinned = useStore(call.state, (s) => (stage.participant ? s.participants[stage.participant] : undefined));
	const size = useStore(call.state, mosaicSize);
	const pages = Math.max(1, Math.ceil(size / pageSize));
	const page = stage.page ?? 0;
	const content = useStore(call.state, (s) => contentOf(s) !== undefined);
	const shows: StageShow[] = ["programme", "content", "mosaic"];
	if (stage.show === "participant") shows.push("participant");
	return (
		<section className="panel outgoing" aria-labelledby="outgoing-title" data-testid="outgoing">
			<div className="panel-head">
				<h2 id="outgoing-title">{t("outgoing.title")}</h2>
			</div>
			<div className="outgoing-choice">
				<SegmentedControl
					aria-label={t("outgoing.title")}
					value={stage.show}
					disabled={!runs}
					onChange={(show) => show !== "participant" && void setStage(call, { show: show as StageShow })}
					data={shows.map((show) => ({ value: show, label: t(`outgoing.${show}`) }))}
					data-testid="stage-choice"
				/>
				{pinned && (
					<p className="outgoing-pinned">
						<bdi>{pinned.name}</bdi>
						{runs && (
							<Button
								size="compact-sm"
								variant="default"
								leftSection={<IconPinnedOff size={16} aria-hidden="true" />}
								onClick={() => void setStage(call, { show: "programme" })}
								data-testid="unpin"
							>
								{t("outgoing.unpin")}
							</Button>
						)}
					</p>
				)}
				{stage.show === "mosaic" && runs && pages > 1 && (
					<div className="outgoing-pages">
						<Button
							size="compact-md"
							variant="default"
							aria-label={t("page.previous")}
							disabled={page === 1}
							onClick={() => void setStage(call, { show: "mosaic", page: Math.max(1, (page || 1) - 1) })}
						>
							<IconChevronLeft size={18} aria-hidden="true" />
						</Button>
						<span role="status">{page ? t("page.of", { page: Math.min(page, pages), pages }) : t("outgoing.turning", { pages })}</span>
						<Button
							size="compact-md"
							variant="default"
							aria-label={t("page.next")}
							disabled={page >= pages}
							onClick={() => void setStage(call, { show: "mosaic", page: page + 1 })}
							data-testid="stage-next-page"
						>
							<IconChevronRight size={18} aria-hidden="true" />
						</Button>
						{page > 0 && (
							<Button size="compact-md" variant="subtle" onClick={() => void setStage(call, { show: "mosaic" })}>
								{t("outgoing.turn")}
							</Button>
						)}
					</div>
				)}
			</div>
			<div className="outgoing-pictures">
				{content && <SlotTile call={call} index={1} compact />}
				<SlotTile call={call} index={2} compact />
			</div>
		</section>
	);
}
