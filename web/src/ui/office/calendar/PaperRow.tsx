import { ActionIcon, Button } from "@mantine/core";
import { IconDownload, IconTrash, IconUpload } from "@tabler/icons-react";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { type Language, number, useTexts } from "../../../i18n";
import { shortMoment } from "../../../i18n/dates";
import {
	changeReaders,
	deletePaper,
	type Paper,
	type PaperVersion,
	paperAddress,
	papersQuery,
	type Readers,
} from "../../../office/meetings";
import { queries } from "../../../office/query";
import { Dialog } from "../Dialog";
import { ProblemNote, problemText } from "../Problem";
import { ReadersSelect } from "./ReadersSelect";

interface PaperRowProps {
	meeting: string;
	paper: Paper;
	/** Whether one may change and remove it. */
	manages: boolean;
	/** A new version is wanted. */
	onReplace: () => void;
}

/** A paper: its newest version, the ones before it, and for those who may, what can be done with it. */
export function PaperRow({ meeting, paper, manages, onReplace }: PaperRowProps) {
	const { t, language } = useTexts();
	const [removing, setRemoving] = useState(false);
	const share = useMutation({
		mutationFn: (readers: Readers) => changeReaders(meeting, paper, readers),
		onSettled: () => queries.invalidateQueries({ queryKey: papersQuery(meeting).queryKey }),
	});
	const facts = [sizeText(paper.size, language)];
	if (paper.versions.length > 1) facts.push(t("paper.version", { version: paper.version }));
	return (
		<li data-testid="paper">
			<div className="paper-name">
				<PaperLink meeting={meeting} paper={paper} version={paper} />
				<small>{facts.join(" · ")}</small>
				{share.error && (
					<small className="field-problem" role="alert">
						{problemText(share.error, t, language)}
					</small>
				)}
				{paper.versions.length > 1 && <Versions meeting={meeting} paper={paper} />}
			</div>
			{manages && (
				<div className="paper-acts">
					<ReadersSelect
						size="xs"
						aria-label={t("paper.readersOf", { name: paper.name })}
						value={share.isPending ? share.variables : paper.readers}
						disabled={share.isPending}
						onChange={(readers) => share.mutate(readers)}
					/>
					<ActionIcon
						variant="subtle"
						color="gray"
						size={32}
						aria-label={t("paper.newVersion", { name: paper.name })}
						onClick={onReplace}
						data-testid="paper-replace"
					>
						<IconUpload size={18} aria-hidden="true" />
					</ActionIcon>
					<ActionIcon
						variant="subtle"
						color="gray"
						size={32}
						aria-label={t("paper.remove", { name: paper.name })}
						onClick={() => setRemoving(true)}
						data-testid="paper-remove"
					>
						<IconTrash size={18} aria-hidden="true" />
					</ActionIcon>
				</div>
			)}
			{removing && <RemoveDialog meeting={meeting} paper={paper} onClose={() => setRemoving(false)} />}
		</li>
	);
}

function PaperLink({ meeting, paper, version }: { meeting: string; paper: Paper; version: PaperVersion }) {
	return (
		<a href={paperAddress(meeting, paper, version)} download={version.name}>
			<IconDownload size={18} aria-hidden="true" />
			<bdi>{version.name}</bdi>
		</a>
	);
}

/** All versions, the newest first. */
function Versions({ meeting, paper }: { meeting: string; paper: Paper }) {
	const { t, language } = useTexts();
	return (
		<details className="paper-versions">
			<summary>{t("paper.versions", { count: paper.versions.length })}</summary>
			<ol>
				{[...paper.versions].reverse().map((version) => (
					<li key={version.version} data-testid="paper-version">
						<PaperLink meeting={meeting} paper={paper} version={version} />
						<small>
							{[
								t("paper.version", { version: version.version }),
								sizeText(version.size, language),
								shortMoment(version.uploaded),
								version.uploaded_by,
							]
								.filter(Boolean)
								.join(" · ")}
						</small>
					</li>
				))}
			</ol>
		</details>
	);
}

/** Asks before a paper is removed: nothing brings it back. */
function RemoveDialog({ meeting, paper, onClose }: { meeting: string; paper: Paper; onClose: () => void }) {
	const { t } = useTexts();
	const remove = useMutation({
		mutationFn: () => deletePaper(meeting, paper),
		onSuccess: () => {
			onClose();
			return queries.invalidateQueries({ queryKey: papersQuery(meeting).queryKey });
		},
	});
	return (
		<Dialog title={t("paper.deleteQuestion", { name: paper.name })} onClose={onClose}>
			<p>{t("paper.deleteWhat", { count: paper.versions.length })}</p>
			{remove.error && <ProblemNote error={remove.error} />}
			<div className="choice">
				<Button variant="default" onClick={onClose} data-autofocus>
					{t("paper.keep")}
				</Button>
				<Button color="bad" loading={remove.isPending} onClick={() => remove.mutate()} data-testid="paper-remove-confirm">
					{t("paper.delete")}
				</Button>
			</div>
		</Dialog>
	);
}

function sizeText(bytes: number, language: Language): string {
	return bytes < 1_000_000 ? `${number(Math.max(1, Math.round(bytes / 1000)), language)} kB` : `${number(bytes / 1_000_000, language)} MB`;
}
