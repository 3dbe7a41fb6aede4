import { Button, FileButton, Progress } from "@mantine/core";
import { IconUpload } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTexts } from "../../../i18n";
import { type Paper, papersQuery, type Readers } from "../../../office/meetings";
import { Problem } from "../../../office/rest";
import { Loaded } from "../Loaded";
import { problemText } from "../Problem";
import { PaperRow } from "./PaperRow";
import { ReadersSelect } from "./ReadersSelect";
import { usePaperUpload } from "./usePaperUpload";

/** The papers of a meeting: read them, and for those who may, put more there and say who reads them. */
export function Papers({ meeting }: { meeting: string }) {
	const { t } = useTexts();
	const papers = useQuery(papersQuery(meeting));
	const upload = usePaperUpload(meeting);
	const [readers, setReaders] = useState<Readers>("invited");
	const [replaced, setReplaced] = useState<Paper>();
	const chooser = useRef<HTMLInputElement>(null);
	return (
		<div className="papers">
			<Loaded query={papers} rows={2}>
				{({ papers: all, manages }) => (
					<>
						{all.length === 0 && <p className="side-text">{t("meeting.noPapers")}</p>}
						<ul>
							{all.map((paper) => (
								<PaperRow
									key={paper.id}
									meeting={meeting}
									paper={paper}
									manages={manages}
									onReplace={() => {
										setReplaced(paper);
										chooser.current?.click();
									}}
								/>
							))}
						</ul>
						{manages && (
							<div className="paper-add">
								<FileButton onChange={(files) => files.length > 0 && upload.send({ files, readers })} multiple>
									{(props) => (
										<Button
											{...props}
											variant="default"
											size="sm"
											disabled={upload.sending}
											leftSection={<IconUpload size={16} aria-hidden="true" />}
											data-testid="upload"
										>
											{t("paper.add")}
										</Button>
									)}
								</FileButton>
								<ReadersSelect size="sm" label={t("paper.readers")} value={readers} onChange={setReaders} />
								<input
									ref={chooser}
									type="file"
									hidden
									data-testid="new-version"
									onChange={({ currentTarget: input }) => {
										const file = input.files?.[0];
										input.value = "";
										if (file && replaced) upload.send({ files: [file], replaces: replaced });
									}}
								/>
							</div>
						)}
					</>
				)}
			</Loaded>
			<UploadState upload={upload} />
		</div>
	);
}

function UploadState({ upload }: { upload: ReturnType<typeof usePaperUpload> }) {
	const { t, language } = useTexts();
	if (upload.sending) {
		const percent = Math.round(upload.part * 100);
		return (
			<div className="paper-sending" role="status">
				<span>{t("paper.sending", { name: upload.file })}</span>
				<span>{percent} %</span>
				<Progress value={percent} animated={percent === 100} aria-label={t("paper.sending", { name: upload.file })} />
				<Button variant="subtle" size="compact-sm" onClick={upload.stop} data-testid="upload-stop">
					{t("paper.stop")}
				</Button>
			</div>
		);
	}
	if (!upload.error) return null;
	return (
		<p className="field-problem" role="alert">
			{t("paper.failed", { name: upload.file, problem: problemText(upload.error, t, language) })}{" "}
			{upload.error instanceof Problem && <small>{upload.error.requestId}</small>}
		</p>
	);
}
