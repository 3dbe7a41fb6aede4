import { TextInput, type TextInputProps } from "@mantine/core";
import { useState } from "react";
import { useTexts } from "../../i18n";
import { StateIcon } from "../StateIcon";

interface PasswordFieldProps extends Omit<TextInputProps, "value" | "onChange" | "type"> {
	value: string;
	onChange: (value: string) => void;
}

/** A password, which its holder may look at. */
export function PasswordField({ value, onChange, ...rest }: PasswordFieldProps) {
	const { t } = useTexts();
	const [shown, setShown] = useState(false);
	return (
		<TextInput
			{...rest}
			type={shown ? "text" : "password"}
			value={value}
			spellCheck={false}
			autoCapitalize="off"
			onChange={(event) => onChange(event.currentTarget.value)}
			rightSectionWidth="4.5rem"
			rightSection={
				<button
					type="button"
					className="text-button"
					aria-pressed={shown}
					aria-label={t("password.showLabel")}
					onClick={() => setShown(!shown)}
				>
					{t(shown ? "password.hide" : "password.show")}
				</button>
			}
		/>
	);
}

const shortest = 10;
const longest = 256;

/** By which rules a new password can be had (rooms/accounts): length is what counts. */
export function passwordRules(password: string, repeated: string, login: string): { long: boolean; other: boolean; same: boolean } {
	const length = [...password.normalize("NFC")].length;
	return {
		long: length >= shortest && length <= longest,
		other: password !== "" && password.trim().toLowerCase() !== login.trim().toLowerCase(),
		same: password !== "" && password === repeated,
	};
}

interface NewPasswordProps {
	password: string;
	repeated: string;
	login: string;
	onChange: (change: { password?: string; repeated?: string }) => void;
}

/** A new password in two fields, and which of its rules are met so far. */
export function NewPassword({ password, repeated, login, onChange }: NewPasswordProps) {
	const { t } = useTexts();
	const rules = passwordRules(password, repeated, login);
	return (
		<>
			<PasswordField
				className="sign-field"
				label={t("password.new")}
				autoComplete="new-password"
				required
				withAsterisk={false}
				value={password}
				onChange={(value) => onChange({ password: value })}
				data-testid="password"
				aria-describedby="password-rules"
			/>
			<PasswordField
				className="sign-field"
				label={t("password.again")}
				autoComplete="new-password"
				required
				withAsterisk={false}
				value={repeated}
				onChange={(value) => onChange({ repeated: value })}
				data-testid="repeated"
				aria-describedby="password-rules"
			/>
			<ul className="password-rules" id="password-rules" aria-label={t("password.rules")}>
				{(["long", "other", "same"] as const).map((rule) => (
					<li key={rule} data-met={rules[rule]}>
						<StateIcon state={rules[rule] ? "ok" : "off"} />
						{t(`password.${rule}`)}
						<span className="visually-hidden">{t(rules[rule] ? "password.met" : "password.notMet")}</span>
					</li>
				))}
			</ul>
		</>
	);
}
