import { Button, Select } from "@mantine/core";
import { IconDownload, IconFileSpreadsheet } from "@tabler/icons-react";
import { type DragEvent, useRef, useState } from "react";
import { useLocation } from "wouter";
import { useTexts } from "../../../i18n";
import { exportDirectory, type Kind, kinds } from "../../../office/directory";
import { applyImport, type Import, kindOf, previewImport, typeOf } from "../../../office/imports";
import { Problem } from "../../../office/rest";
import { ImportPreview } from "../../../ui/office/directory/ImportPreview";
import { OfficePage } from "../../../ui/office/OfficePage";
import { ProblemNote } from "../../../ui/office/Problem";
import { useSave } from "../../../ui/office/useSave";
import { StateIcon } from "../../../ui/StateIcon";
import { toast } from "../../../ui/toasts";

/** A file is dropped, looked at, and applied as a whole or not at all. */
export function ImportPage() {
	const { t } = useTexts();
	const [, navigate] = useLocation();
	const [file, setFile] = useState<File>();
	const [kind, setKind] = useState<Kind>("units");
	const [seen, setSeen] = useState<Import>();
	const reading = useSave();
	const applying = useSave();
	const look = (chosen: File, as: Kind) => {
		setFile(chosen);
		setKind(as);
		setSeen(undefined);
		void reading.save(async () => setSeen(await previewImport(chosen, as)));
	};
	const again = () => {
		setFile(undefined);
		setSeen(undefined);
	};
	const apply = async (one: Import) => {
		const done = await applying.save(async () => {
			const { create, change } = await applyImport(one.id);
			toast({ state: "ok", text: "import.done", values: { create, change } });
		});
		if (done) navigate("/directory/units");
	};
	const changes = seen ? seen.counts.create + seen.counts.change : 0;
	return (
		<OfficePage
			title={t("import.title")}
			note={file?.name}
			actions={
				seen && (
					<>
						<Button variant="default" onClick={again} data-testid="other-file">
							{t("import.other")}
						</Button>
						<Button
							loading={applying.busy}
							disabled={seen.counts.faults > 0 || changes === 0}
							onClick={() => void apply(seen)}
							data-testid="apply"
						>
							{t("import.apply", { n: changes })}
						</Button>
					</>
				)
			}
		>
			{applying.problem !== undefined && (
				<div className="import-problem">
					<ProblemNote error={applying.problem} onRetry={file && (() => look(file, kind))} />
				</div>
			)}
			{seen ? (
				<ImportPreview seen={seen} />
			) : (
				<Choose file={file} kind={kind} busy={reading.busy} problem={reading.problem} onFile={look} />
			)}
		</OfficePage>
	);
}

interface ChooseProps {
	file?: File;
	kind: Kind;
	busy: boolean;
	problem: unknown;
	onFile: (file: File, kind: Kind) => void;
}

function Choose({ file, kind, busy, problem, onFile }: ChooseProps) {
	const { t } = useTexts();
	const input = useRef<HTMLInputElement>(null);
	const [over, setOver] = useState(false);
	const [wrong, setWrong] = useState(false);
	const take = (chosen: File | undefined) => {
		if (!chosen) return;
		setWrong(!typeOf(chosen.name));
		if (typeOf(chosen.name)) onFile(chosen, kindOf(chosen.name));
	};
	const drop = (event: DragEvent) => {
		event.preventDefault();
		setOver(false);
		take(event.dataTransfer.files[0]);
	};
	return (
		<>
			<section
				className="drop"
				data-over={over}
				aria-label={t("import.drop")}
				onDragOver={(event) => {
					event.preventDefault();
					setOver(true);
				}}
				onDragLeave={() => setOver(false)}
				onDrop={drop}
			>
				<IconFileSpreadsheet size={40} stroke={1.5} aria-hidden="true" />
				<h2>{t("import.drop")}</h2>
				<p>{t("import.what")}</p>
				<Button loading={busy} onClick={() => input.current?.click()} data-testid="file-button">
					{t("import.choose")}
				</Button>
				<input
					ref={input}
					type="file"
					accept=".xlsx,.csv"
					hidden
					aria-label={t("import.choose")}
					data-testid="file"
					onChange={(event) => {
						take(event.currentTarget.files?.[0]);
						event.currentTarget.value = "";
					}}
				/>
			</section>
			{wrong && (
				<p className="message message-bad import-problem" role="alert">
					<StateIcon state="bad" /> {t("import.wrongType")}
				</p>
			)}
			{problem !== undefined && (
				<div className="import-problem">
					<ProblemNote error={problem} />
				</div>
			)}
			{file && typeOf(file.name) === "text/csv" && (
				<Select
					className="import-kind"
					label={t("import.kind")}
					data={kinds.map((k) => ({ value: k, label: t(`directory.${k}`) }))}
					value={kind}
					onChange={(chosen) => chosen && onFile(file, chosen as Kind)}
				/>
			)}
			<Sample />
		</>
	);
}

/** The present directory is the best pattern of a file. */
function Sample() {
	const { t } = useTexts();
	const save = () =>
		void exportDirectory({ format: "xlsx" }).catch((problem) =>
			toast({ state: "bad", text: "directory.exportFailed", problem: problem instanceof Problem ? problem : undefined }),
		);
	return (
		<p className="import-sample">
			{t("import.sample")}{" "}
			<Button variant="default" size="sm" leftSection={<IconDownload size={16} aria-hidden="true" />} onClick={save}>
				{t("import.pattern")}
			</Button>
		</p>
	);
}
