import { Button } from "@mantine/core";
import { type Language, type Texts, useTexts } from "../../i18n";
import { Problem } from "../../office/rest";
import { StateIcon } from "../StateIcon";

/** What is wrong, in the reader's language. */
export function problemText(error: unknown, t: Texts, language: Language): string {
	if (!(error instanceof Problem)) return t("office.problemUnknown");
	if (error.code === "network") return t("problem.network");
	return (language === "vi" ? error.vi : error.en) || t("office.problemUnknown");
}

/** By which the request is found in the server's log. */
export function problemReference(error: unknown, t: Texts): string {
	if (!(error instanceof Problem)) return "";
	return error.requestId ? t("office.problem", { id: error.requestId, code: error.code }) : t("office.problemCode", { code: error.code });
}

/** What failed, how to have it tried again, and what to tell the administrator. */
export function ProblemNote({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
	const { t, language } = useTexts();
	return (
		<div className="message message-bad" role="alert" data-testid="problem">
			<StateIcon state="bad" />
			<div className="message-text">
				<strong>{problemText(error, t, language)}</strong>
				<small>{problemReference(error, t)}</small>
			</div>
			{onRetry && (
				<Button variant="default" size="sm" onClick={onRetry}>
					{t("office.retry")}
				</Button>
			)}
		</div>
	);
}
