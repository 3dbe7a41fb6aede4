import { switchLanguage, useTexts } from "../i18n";
import { choices, useChoices } from "./choices";

/** The band over the office pages: the mark, the name, the other colours and the other language. */
export function Header({ name, unit }: { name?: string; unit?: string }) {
	const { t, language } = useTexts();
	const { dark } = useChoices();
	return (
		<header className="band">
			<Mark />
			<strong>{t("app.name")}</strong>
			<span className="band-space" />
			{name && (
				<span className="band-who">
					<bdi>{name}</bdi>
					<br />
					<bdi>{unit}</bdi>
				</span>
			)}
			<button type="button" className="band-button" onClick={() => choices.setState({ dark: !dark })} data-testid="scheme">
				{t(dark ? "scheme.light" : "scheme.dark")}
			</button>
			<button
				type="button"
				className="band-button"
				lang={language === "vi" ? "en" : "vi"}
				onClick={() => void switchLanguage()}
				data-testid="language"
			>
				{t("language.other")}
			</button>
		</header>
	);
}

/** A bridge on three points. */
export function Mark() {
	return (
		<svg className="mark" viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
			<path d="M1.5 5.5h21M3 18.5V14a4.5 4.5 0 0 1 9 0v4.5M12 14a4.5 4.5 0 0 1 9 0v4.5" />
			<g fill="currentColor" stroke="none">
				<circle cx="3" cy="19" r="2" />
				<circle cx="12" cy="19" r="2.8" />
				<circle cx="21" cy="19" r="2" />
			</g>
		</svg>
	);
}
