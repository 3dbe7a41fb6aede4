import { Button } from "@mantine/core";
import { useTexts } from "../i18n";
import type { Problem } from "../signaling/rest";
import { Header } from "../ui/Header";
import { StateIcon } from "../ui/StateIcon";

/** A link that leads nowhere, or a server that does not answer. */
export function RefusedPage({ problem, onRetry }: { problem: Problem; onRetry: () => void }) {
	const { t, language } = useTexts();
	const text = problem.code === "network" ? t("problem.network") : language === "vi" ? problem.vi : problem.en;
	return (
		<div className="page">
			<Header />
			<main className="note" data-testid="refused">
				<div role="alert">
					<h1>
						<StateIcon state="bad" /> {text || t("problem.unknown")}
					</h1>
					<p>{t(problem.passing ? "problem.again" : "problem.ask")}</p>
					{problem.requestId && <p className="caption">{t("problem.request", { id: problem.requestId })}</p>}
				</div>
				<Button onClick={onRetry}>{t("join.retry")}</Button>
			</main>
		</div>
	);
}
