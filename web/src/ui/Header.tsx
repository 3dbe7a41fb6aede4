import { switchLanguage, useTexts } from "../i18n";

/** The band over the office pages: the mark, the name, and the other language. */
export function Header({ name, unit }: { name?: string; unit?: string }) {
	const { t } = useTexts();
	return (
		<header className="band">
			<Mark />
			<strong>{t("app.name")}</strong>
			<span className="band-space" />
			{name && (
				<span className="band-who">
					{name}
					<br />
					{unit}
				</span>
			)}
			<button type="button" className="band-language" onClick={() => void switchLanguage()}>
				{t("language.other")}
			</button>
		</header>
	);
}

/** A bridge on three points. */
function Mark() {
	return (
		<svg
			width="28"
			height="28"
			viewBox="0 0 24 24"
			fill="none"
			stroke="currentColor"
			strokeWidth="2"
			strokeLinecap="round"
			aria-hidden="true"
		>
			<path d="M2 6h20M4 18v-4a4 4 0 0 1 8 0v4M12 18v-4a4 4 0 0 1 8 0v4" />
		</svg>
	);
}
