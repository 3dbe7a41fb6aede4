import { useTexts } from "../i18n";
import { Header } from "../ui/Header";

export function HomePage() {
	const { t } = useTexts();
	return (
		<div className="page">
			<Header />
			<main className="note">
				<h1>{t("app.what")}</h1>
				<p>{t("app.how")}</p>
			</main>
		</div>
	);
}
