import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTexts } from "../../../i18n";
import { shortMoment } from "../../../i18n/dates";
import { accountSessionsQuery, endSessions } from "../../../office/accounts";
import type { Account, Session } from "../../../office/session";
import { toast } from "../../toasts";
import { Loaded } from "../Loaded";
import { ProblemNote } from "../Problem";
import { useSave } from "../useSave";

/** Where the account is signed in. */
export function AccountSessions({ account }: { account: Account }) {
	const { t } = useTexts();
	const query = useQuery(accountSessionsQuery(account.id));
	const { busy, problem, save } = useSave();
	const end = () =>
		save(async () => {
			await endSessions(account.id);
			toast({ state: "ok", text: "accounts.sessionsEnded", values: { login: account.login } });
		});
	return (
		<section className="panel-part" aria-label={t("accounts.sessions")}>
			<h3>{t("accounts.sessions")}</h3>
			<Loaded query={query} rows={2}>
				{(sessions) =>
					sessions.length === 0 ? (
						<p>{t("accounts.sessionsNone")}</p>
					) : (
						<>
							<SessionList sessions={sessions} />
							<Button variant="default" loading={busy} onClick={() => void end()} data-testid="end-sessions">
								{t("accounts.sessionsEnd")}
							</Button>
						</>
					)
				}
			</Loaded>
			{problem !== undefined && <ProblemNote error={problem} />}
		</section>
	);
}

export function SessionList({ sessions, onEnd }: { sessions: Session[]; onEnd?: (session: Session) => void }) {
	const { t } = useTexts();
	return (
		<ul className="sessions">
			{sessions.map((s) => (
				<li key={s.id}>
					<div>
						<span>
							{browser(s.agent)} · {s.address}
							{s.current && <span className="tag">{t("accounts.thisSession")}</span>}
						</span>
						<small>{t("accounts.sessionTimes", { begun: shortMoment(s.begun), seen: shortMoment(s.seen) })}</small>
					</div>
					{onEnd && !s.current && (
						<Button variant="default" size="sm" onClick={() => onEnd(s)}>
							{t("accounts.sessionEnd")}
						</Button>
					)}
				</li>
			))}
		</ul>
	);
}

/** The browser and its system, of the words that browsers say of themselves. */
function browser(agent = ""): string {
	const name = agent.match(/(Edg|Firefox|Chrome|Safari)\/\d+/)?.[1]?.replace("Edg", "Edge") ?? agent.slice(0, 40);
	const system = agent.match(/Windows|Android|iPhone|iPad|Mac OS X|Linux/)?.[0] ?? "";
	return [name, system].filter(Boolean).join(", ");
}
