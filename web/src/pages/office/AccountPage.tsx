import { Button } from "@mantine/core";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTexts } from "../../i18n";
import { changePassword, endOwnSession, readOwnSessions } from "../../office/session";
import { SessionList } from "../../ui/office/accounts/AccountSessions";
import { Loaded } from "../../ui/office/Loaded";
import { OfficePage } from "../../ui/office/OfficePage";
import { NewPassword, PasswordField, passwordRules } from "../../ui/office/PasswordField";
import { ProblemNote } from "../../ui/office/Problem";
import { useSession } from "../../ui/office/session";
import { useSave } from "../../ui/office/useSave";
import { toast } from "../../ui/toasts";
import "../../ui/office/lists.css";
import "../../ui/office/signin.css";

/** What everybody may do with the own account. */
export default function AccountPage() {
	const { t } = useTexts();
	const { account } = useSession();
	return (
		<OfficePage title={t("office.myAccount")} note={account.login}>
			<div className="cards">
				<div className="card-column">
					<section className="card">
						<h2>{t("own.roles")}</h2>
						{account.grants.length === 0 ? (
							<p>{t("accounts.grantsNone")}</p>
						) : (
							<ul className="plain-list">
								{account.grants.map((g) => (
									<li key={`${g.role} ${g.unit}`}>
										{t(`role.${g.role}`)} · {g.unit ?? t("accounts.province")}
									</li>
								))}
							</ul>
						)}
					</section>
					<OwnSessions />
				</div>
				{account.has_password && <OwnPassword />}
			</div>
		</OfficePage>
	);
}

const blank = { old: "", password: "", repeated: "" };

function OwnPassword() {
	const { t } = useTexts();
	const { account } = useSession();
	const [values, setValues] = useState(blank);
	const { busy, problem, save } = useSave();
	const change = (some: Partial<typeof values>) => setValues((before) => ({ ...before, ...some }));
	const rules = passwordRules(values.password, values.repeated, account.login);
	const submit = (event: FormEvent) => {
		event.preventDefault();
		void save(async () => {
			await changePassword(values.old, values.password);
			setValues(blank);
			toast({ state: "ok", text: "own.passwordChanged" });
		});
	};
	return (
		<section className="card">
			<h2>{t("own.password")}</h2>
			<form className="panel-form" onSubmit={submit}>
				<PasswordField
					className="sign-field"
					label={t("own.oldPassword")}
					autoComplete="current-password"
					required
					withAsterisk={false}
					value={values.old}
					onChange={(old) => change({ old })}
					data-testid="old-password"
				/>
				<NewPassword {...values} login={account.login} onChange={change} />
				{problem !== undefined && <ProblemNote error={problem} />}
				<div className="panel-buttons">
					<Button type="submit" loading={busy} disabled={!values.old || !rules.long || !rules.other || !rules.same} data-testid="save">
						{t("own.changePassword")}
					</Button>
				</div>
			</form>
		</section>
	);
}

function OwnSessions() {
	const { t } = useTexts();
	const client = useQueryClient();
	const key = ["own-sessions"];
	const query = useQuery({ queryKey: key, queryFn: ({ signal }) => readOwnSessions(signal) });
	const { problem, save } = useSave();
	return (
		<section className="card">
			<h2>{t("own.sessions")}</h2>
			<Loaded query={query} rows={2}>
				{(sessions) => (
					<SessionList
						sessions={sessions}
						onEnd={(s) =>
							void save(async () => {
								await endOwnSession(s.id);
								await client.invalidateQueries({ queryKey: key });
							})
						}
					/>
				)}
			</Loaded>
			{problem !== undefined && <ProblemNote error={problem} />}
		</section>
	);
}
