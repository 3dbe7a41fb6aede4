import { Button, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useSearch } from "wouter";
import { duration, spokenDuration, type Texts, useTexts } from "../../i18n";
import type { TextKey } from "../../i18n/vi";
import { Problem } from "../../office/rest";
import { oidcStart, signIn, signInOptions } from "../../office/session";
import { Digits } from "../../ui/Digits";
import { AwayBanner } from "../../ui/office/AwayBanner";
import { PasswordField } from "../../ui/office/PasswordField";
import { ProblemNote, problemText } from "../../ui/office/Problem";
import { SignInFrame } from "../../ui/office/SignInFrame";
import { useCountdown } from "../../ui/office/useCountdown";
import { StateIcon } from "../../ui/StateIcon";

/** Why the organisation's provider did not sign somebody in, by the code in the address. */
const oidcFaults: Record<string, TextKey> = {
	no_account: "signin.oidcNoAccount",
	oidc_refused: "signin.oidcRefused",
	oidc_unavailable: "signin.oidcUnavailable",
};

export function SignInPage() {
	const { t } = useTexts();
	const fault = new URLSearchParams(useSearch()).get("error");
	const options = useQuery(signInOptions);
	return (
		<SignInFrame title={t("signin.title")}>
			<AwayBanner />
			{fault && (
				<p className="message message-bad" role="alert" data-testid="oidc-fault">
					<StateIcon state="bad" />
					{t(oidcFaults[fault] ?? "signin.oidcFailed")}
				</p>
			)}
			{options.data?.setup ? <NoAccountYet /> : <SignInForm oidc={options.data?.oidc === true} />}
		</SignInFrame>
	);
}

function NoAccountYet() {
	const { t } = useTexts();
	return (
		<div className="message" data-testid="no-account">
			<StateIcon state="off" />
			<div>
				<strong>{t("signin.setup")}</strong>
				<p>{t("signin.setupHow")}</p>
			</div>
		</div>
	);
}

function SignInForm({ oidc }: { oidc: boolean }) {
	const { t } = useTexts();
	const [login, setLogin] = useState("");
	const [password, setPassword] = useState("");
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<unknown>();
	const [until, setUntil] = useState(0);
	const left = useCountdown(until);
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		if (busy || left > 0) return;
		setBusy(true);
		setProblem(undefined);
		try {
			await signIn(login, password);
		} catch (error) {
			setProblem(error);
			if (error instanceof Problem && error.wait > 0) setUntil(performance.now() + error.wait);
			setBusy(false);
		}
	};
	return (
		<>
			<form onSubmit={submit}>
				<TextInput
					className="sign-field"
					label={t("signin.login")}
					autoComplete="username"
					autoCapitalize="off"
					spellCheck={false}
					required
					withAsterisk={false}
					autoFocus
					value={login}
					onChange={(event) => setLogin(event.currentTarget.value)}
					data-testid="login"
				/>
				<PasswordField
					className="sign-field"
					label={t("signin.password")}
					autoComplete="current-password"
					required
					withAsterisk={false}
					value={password}
					onChange={setPassword}
					data-testid="password"
				/>
				{left > 0 ? <Wait problem={problem} left={left} t={t} /> : problem !== undefined && <ProblemNote error={problem} />}
				<Button type="submit" className="sign-button" fullWidth loading={busy} disabled={left > 0} data-testid="sign-in">
					{t("signin.title")}
				</Button>
			</form>
			{oidc && (
				<>
					<p className="signin-or">{t("signin.or")}</p>
					<Button component="a" href={oidcStart} className="sign-button" variant="default" fullWidth data-testid="oidc">
						{t("signin.oidc")}
					</Button>
				</>
			)}
			<p className="caption signin-forgot">{t("signin.forgot")}</p>
		</>
	);
}

/** Too many attempts have failed: how long nobody can try again. */
function Wait({ problem, left, t }: { problem: unknown; left: number; t: Texts }) {
	const { language } = useTexts();
	return (
		<div className="message message-bad" data-testid="wait">
			<StateIcon state="bad" />
			<div>
				<p role="alert">{problemText(problem, t, language)}</p>
				<p className="signin-wait">
					{t("signin.wait")} <Digits role="timer" text={duration(left + 999)} label={spokenDuration(left, language)} />
				</p>
			</div>
		</div>
	);
}
