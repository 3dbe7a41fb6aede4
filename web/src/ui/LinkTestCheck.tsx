import { Button } from "@mantine/core";
import { IconPlayerStop } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { number, useTexts } from "../i18n";
import type { TestFigures, Verdict } from "../media/verdict";
import { Problem } from "../signaling/rest";
import { StateIcon } from "./StateIcon";

type Outcome =
	| { at: "untried" | "running" | "stopped" | "blocked" | "failed" }
	| { at: "done"; verdict: Verdict; figures: TestFigures; relayed: boolean }
	| { at: "refused"; problem: Problem };

const icons = { good: "ok", fair: "warn", poor: "bad" } as const;

interface LinkTestProps {
	invitation: string;
	/** Whether the participant sends anything. */
	sends: boolean;
	/** Whether it is about to join: a test gives way. */
	joining: boolean;
}

/** Tests the link to the server, on demand: whoever is in a hurry joins without. */
export function LinkTestCheck({ invitation, sends, joining }: LinkTestProps) {
	const { t, language } = useTexts();
	const [outcome, setOutcome] = useState<Outcome>({ at: "untried" });
	const running = useRef<AbortController>(undefined);
	useEffect(() => () => running.current?.abort(), []);
	useEffect(() => {
		if (joining) running.current?.abort();
	}, [joining]);

	const start = async () => {
		const abort = new AbortController();
		running.current = abort;
		setOutcome({ at: "running" });
		// Most never test: what it takes is loaded by those who do.
		const { testLink, verdictOf, Blocked } = await import("../media/linkTest");
		try {
			const { figures, relayed } = await testLink(invitation, abort.signal);
			setOutcome({ at: "done", figures, relayed, verdict: verdictOf(figures, sends) });
		} catch (error) {
			if (abort.signal.aborted) setOutcome({ at: "stopped" });
			else if (error instanceof Blocked) setOutcome({ at: "blocked" });
			else if (error instanceof Problem) setOutcome({ at: "refused", problem: error });
			else setOutcome({ at: "failed" });
		}
	};

	const { at } = outcome;
	const done = at === "done" ? outcome : undefined;
	const failed = at === "blocked" || at === "failed" || at === "refused";
	const word =
		at === "refused"
			? outcome.problem.code === "network"
				? t("problem.network")
				: language === "vi"
					? outcome.problem.vi
					: outcome.problem.en
			: t(done ? `test.${done.verdict}` : (`test.${at}` as `test.${Exclude<Outcome["at"], "done" | "refused">}`), { host: location.host });
	const label = (verb: string) => `${verb}: ${t("test.title")}`;
	return (
		<li className="check" data-testid="check-link" data-state={at} data-verdict={done?.verdict}>
			<StateIcon state={done ? icons[done.verdict] : failed ? "bad" : "off"} />
			<div>
				<strong>{t("test.title")}</strong>
				<p role="status">{word}</p>
				{at === "running" && <Progress />}
				{done?.relayed && <p data-testid="link-relayed">{t("test.relayed")}</p>}
				{done && <p className="check-figures">{figuresText(done.figures, sends, t, language)}</p>}
			</div>
			{at === "running" ? (
				<Button
					variant="default"
					size="sm"
					data-testid="link-stop"
					aria-label={label(t("test.stop"))}
					leftSection={<IconPlayerStop size={18} aria-hidden="true" />}
					onClick={() => running.current?.abort()}
				>
					{t("test.stop")}
				</Button>
			) : (
				<Button
					variant="default"
					size="sm"
					disabled={joining}
					data-testid="link-start"
					aria-label={label(t(at === "untried" ? "test.start" : "test.again"))}
					onClick={() => void start()}
				>
					{t(at === "untried" ? "test.start" : "test.again")}
				</Button>
			)}
		</li>
	);
}

function figuresText(figures: TestFigures, sends: boolean, t: ReturnType<typeof useTexts>["t"], language: "vi" | "en"): string {
	const way = ({ kbps, lossPercent, atLeast }: TestFigures["up"]) => ({
		rate: `${atLeast ? "≥ " : ""}${number(kbps, language)}`,
		loss: number(lossPercent, language),
	});
	const down = t("test.down", way(figures.down));
	const up = sends ? `${t("test.up", way(figures.up))}; ` : "";
	return `${down}; ${up}${t("test.rtt", { rtt: number(figures.rttMs, language) })}`;
}

/** How far the test is, as far as can be told ahead. */
function Progress() {
	const { t } = useTexts();
	const [share, setShare] = useState(0);
	useEffect(() => {
		const begun = performance.now();
		const timer = setInterval(() => setShare(Math.min(0.98, (performance.now() - begun) / lasts)), 200);
		return () => clearInterval(timer);
	}, []);
	return (
		<div
			className="progress"
			role="progressbar"
			aria-label={t("test.running")}
			aria-valuemin={0}
			aria-valuemax={100}
			aria-valuenow={Math.round(share * 100)}
		>
			<span style={{ width: `${share * 100}%` }} />
		</div>
	);
}

/** ms that a test takes, as far as can be told ahead. */
const lasts = 7500;
