import { Button, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link, useLocation } from "wouter";
import { useTexts } from "../../i18n";
import { Problem } from "../../office/rest";
import { setUp } from "../../office/session";
import { NewPassword, passwordRules } from "../../ui/office/PasswordField";
import { ProblemNote } from "../../ui/office/Problem";
import { SignInFrame } from "../../ui/office/SignInFrame";

/** Makes the first administrator by the link that the server printed. */
export default function SetupPage() {
	const { t } = useTexts();
	const [, navigate] = useLocation();
	const [values, setValues] = useState({ login: "", name: "", title: "", password: "", repeated: "" });
	const [busy, setBusy] = useState(false);
	const [problem, setProblem] = useState<unknown>();
	const change = (some: Partial<typeof values>) => setValues((before) => ({ ...before, ...some }));
	const rules = passwordRules(values.password, values.repeated, values.login);
	const { repeated: _, ...body } = values;
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setBusy(true);
		setProblem(undefined);
		try {
			await setUp({ token: location.hash.slice(1), ...body });
			navigate("/", { replace: true });
		} catch (error) {
			setProblem(error);
			setBusy(false);
		}
	};
	const used = problem instanceof Problem && problem.code === "link_invalid";
	return (
		<SignInFrame title={t("setup.title")}>
			<p className="signin-lead">{t("setup.what")}</p>
			<form onSubmit={submit}>
				<TextInput
					className="sign-field"
					label={t("setup.login")}
					description={t("setup.loginRule")}
					autoComplete="username"
					autoCapitalize="off"
					spellCheck={false}
					required
					withAsterisk={false}
					autoFocus
					value={values.login}
					onChange={(event) => change({ login: event.currentTarget.value })}
					data-testid="login"
				/>
				<TextInput
					className="sign-field"
					label={t("setup.name")}
					autoComplete="name"
					required
					withAsterisk={false}
					value={values.name}
					onChange={(event) => change({ name: event.currentTarget.value })}
					data-testid="name"
				/>
				<TextInput
					className="sign-field"
					label={t("setup.position")}
					autoComplete="organization-title"
					value={values.title}
					onChange={(event) => change({ title: event.currentTarget.value })}
				/>
				<NewPassword password={values.password} repeated={values.repeated} login={values.login} onChange={change} />
				{problem !== undefined && <ProblemNote error={problem} />}
				{used && (
					<p className="caption">
						{t("setup.used")} <Link href="/signin">{t("signin.title")}</Link>
					</p>
				)}
				<Button
					type="submit"
					className="sign-button"
					fullWidth
					loading={busy}
					disabled={!rules.long || !rules.other || !rules.same}
					data-testid="set-up"
				>
					{t("setup.do")}
				</Button>
			</form>
		</SignInFrame>
	);
}
