import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { switchLanguage, useTexts } from "../../i18n";
import { signInOptions } from "../../office/session";
import { choices, useChoices } from "../choices";
import { Mark } from "../Header";
import "./signin.css";

/** How far the sites of the picture stand from the centre, in its units. */
const distances = [56, 118, 188, 266, 352];

/** The form at the left, and at the right what the system is: one centre, all sites. */
export function SignInFrame({ title, children }: { title: string; children: ReactNode }) {
	const { t, language } = useTexts();
	const { dark } = useChoices();
	const { data } = useQuery(signInOptions);
	return (
		<div className="signin">
			<main className="signin-side">
				<title>{`${title} – ${t("app.name")}`}</title>
				<div className="signin-brand">
					<Mark />
					<p>
						<strong>{data?.organisation ?? t("app.name")}</strong>
						<span>{t(data?.organisation ? "signin.systemOf" : "signin.system")}</span>
					</p>
					<span className="signin-choices">
						<button type="button" className="text-button" onClick={() => choices.setState({ dark: !dark })} data-testid="scheme">
							{t(dark ? "scheme.light" : "scheme.dark")}
						</button>
						<button
							type="button"
							className="text-button"
							lang={language === "vi" ? "en" : "vi"}
							onClick={() => void switchLanguage()}
							data-testid="language"
						>
							{t("language.other")}
						</button>
					</span>
				</div>
				<div className="signin-form">
					<h1>{title}</h1>
					{children}
				</div>
				<div className="signin-foot">
					{data?.support && <p>{t("signin.support", { support: data.support })}</p>}
					<p>{t("signin.invited")}</p>
					<p>{t("signin.secret")}</p>
				</div>
			</main>
			<section className="signin-art" aria-label={t("signin.about")}>
				<Arcs />
				<p>
					{t("signin.motto")}
					<span>{t("signin.what")}</span>
				</p>
			</section>
		</div>
	);
}

function Arcs() {
	return (
		<svg viewBox="-430 -450 860 768" preserveAspectRatio="xMidYMid slice" aria-hidden="true" fill="none" stroke="currentColor">
			<path d="M-600 0H600" strokeWidth="1.25" opacity="0.35" />
			{distances.flatMap((x, i) =>
				[-1, 1].map((side) => (
					<path
						key={side * x}
						d={`M0 0A${x / 2} ${x * 0.53} 0 0 ${side < 0 ? 0 : 1} ${side * x} 0`}
						strokeWidth="1.25"
						opacity={0.95 - i * 0.1}
					/>
				)),
			)}
			{distances.flatMap((x) => [-x, x].map((at) => <circle key={at} cx={at} cy="0" r="5" className="signin-site" strokeWidth="1.5" />))}
			<circle cx="0" cy="0" r="10" className="signin-centre" />
		</svg>
	);
}
