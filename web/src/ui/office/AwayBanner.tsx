import { Button } from "@mantine/core";
import { useSyncExternalStore } from "react";
import { useTexts } from "../../i18n";
import { passingProblem, queries } from "../../office/query";
import { StateIcon } from "../StateIcon";
import { problemReference } from "./Problem";

const follow = (changed: () => void) => queries.getQueryCache().subscribe(changed);

/** Says that the store or the server is away, what still works, and asks again on request; it goes by itself. */
export function AwayBanner() {
	const { t } = useTexts();
	const problem = useSyncExternalStore(follow, passingProblem);
	if (!problem) return null;
	return (
		<div className="away" role="alert" data-testid="away">
			<StateIcon state="bad" />
			<p>
				<strong>{t(problem.code === "network" ? "office.awayServer" : "office.away")}</strong> {t("office.awayWhat")}{" "}
				<small>{problemReference(problem, t)}</small>
			</p>
			<Button variant="default" size="sm" onClick={() => void queries.refetchQueries({ type: "active" })}>
				{t("office.retry")}
			</Button>
		</div>
	);
}
