import { Button } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link } from "wouter";
import { useTexts } from "../../i18n";
import { resetPassword } from "../../office/session";
import { NewPassword, passwordRules } from "../../ui/office/PasswordField";
import { ProblemNote } from "../../ui/office/Problem";
import { SignInFrame } from "../../ui/office/SignInFrame";
import { StateIcon } from "../../ui/StateIcon";

/** Chooses a new password by the link that an administrator handed over. */
export default function ResetPage() {
	const { t } = useTexts();
	const [values, setValues] = useState({ password: "", repeated: "" });
	const [state, setState] = useState<"before" | "busy" | "done">("before");
	const [problem, setProblem] = useState<unknown>();
	const rules = passwordRules(values.password, values.repeated, "");
	const submit = async (event: FormEvent) => {
		event.preventDefault();
		setState("busy");
		setProblem(undefined);
		try {
			await resetPassword(location.hash.slice(1), values.password);
			setState("done");
		} catch (error) {
			setProblem(error);
			setState("before");
		}
	};
	if (state === "done") {
		return (
			<SignInFrame title={t("reset.title")}>
				<p className="message" role="status" data-testid="reset-done">
					<StateIcon state="ok" />
					{t("reset.done")}
				</p>
				<Button component={Link} href="/signin" className="sign-button" fullWidth>
					{t("signin.title")}
				</Button>
			</SignInFrame>
		);
	}
	return (
		<SignInFrame title={t("reset.title")}>
			<p className="signin-lead">{t("reset.what")}</p>
			<form onSubmit={submit}>
				<NewPassword {...values} login="" onChange={(some) => setValues((before) => ({ ...before, ...some }))} />
				{problem !== undefined && <ProblemNote error={problem} />}
				<Button
					type="submit"
					className="sign-button"
					fullWidth
					loading={state === "busy"}
					disabled={!rules.long || !rules.same}
					data-testid="reset"
				>
					{t("reset.do")}
				</Button>
			</form>
		</SignInFrame>
	);
}
