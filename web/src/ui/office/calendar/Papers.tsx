import { ActionIcon, Button, FileButton } from "@mantine/core";
import { IconDownload, IconTrash, IconUpload } from "@tabler/icons-react";
import { useMutation, useQuery } from "@tanstack/react-query";
import { number, useTexts } from "../../../i18n";
import { deletePaper, meetingsKey, type Paper, paperAddress, papersQuery, uploadPaper } from "../../../office/meetings";
import { queries } from "../../../office/query";
import { newKey, Problem } from "../../../office/rest";
import { Loaded } from "../Loaded";
import { problemText } from "../Problem";
import { useSession } from "../session";

/** The papers of a meeting: read them, and for those who may, put more there. */
export function Papers({ meeting }: { meeting: string }) {
	const { t, language } = useTexts();
	const { may } = useSession();
	const papers = useQuery(papersQuery(meeting));
	const again = () => queries.invalidateQueries({ queryKey: [...meetingsKey, "papers", meeting] });
	const upload = useMutation({
		mutationFn: async (files: File[]) => {
			for (const file of files) await uploadPaper(meeting, file, "invited", newKey());
		},
		onSettled: again,
	});
	const remove = useMutation({ mutationFn: (paper: Paper) => deletePaper(meeting, paper), onSettled: again });
	const error = upload.error ?? remove.error;
	return (
		<div className="papers">
			<Loaded query={papers} rows={2}>
				{(all) => (
					<>
						{all.length === 0 && <p className="side-text">{t("meeting.noPapers")}</p>}
						<ul>
							{all.map((paper) => (
								<li key={paper.id}>
									<a href={paperAddress(meeting, paper)} download={paper.name}>
										<IconDownload size={18} aria-hidden="true" />
										<bdi>{paper.name}</bdi>
									</a>
									<small>{sizeText(paper.size, language)}</small>
									{may("manage_papers") && (
										<ActionIcon
											variant="subtle"
											color="gray"
											size={32}
											aria-label={t("meeting.removePaper", { name: paper.name })}
											onClick={() => remove.mutate(paper)}
										>
											<IconTrash size={18} aria-hidden="true" />
										</ActionIcon>
									)}
								</li>
							))}
						</ul>
					</>
				)}
			</Loaded>
			{may("manage_papers") && (
				<FileButton onChange={(files) => files.length > 0 && upload.mutate(files)} multiple>
					{(props) => (
						<Button
							{...props}
							variant="default"
							size="sm"
							loading={upload.isPending}
							leftSection={<IconUpload size={16} aria-hidden="true" />}
							data-testid="upload"
						>
							{t("meeting.addPapers")}
						</Button>
					)}
				</FileButton>
			)}
			{error && (
				<p className="field-problem" role="alert">
					{problemText(error, t, language)} {error instanceof Problem && <small>{error.requestId}</small>}
				</p>
			)}
		</div>
	);
}

function sizeText(bytes: number, language: "vi" | "en"): string {
	return bytes < 1_000_000 ? `${number(Math.max(1, Math.round(bytes / 1000)), language)} kB` : `${number(bytes / 1_000_000, language)} MB`;
}
