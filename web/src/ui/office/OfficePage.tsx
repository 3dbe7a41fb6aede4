import { type ReactNode, useEffect, useRef } from "react";
import { useTexts } from "../../i18n";

/** The first page of the site has been shown: browsers themselves read that one. */
let opened = false;

interface OfficePageProps {
	title: string;
	/** Beside the title, in smaller letters. */
	note?: ReactNode;
	/** At the right of the title; one primary button at most. */
	actions?: ReactNode;
	/** The content has the height of the window and scrolls by itself. */
	fill?: boolean;
	children: ReactNode;
}

/** What an office page stands in: its title and buttons, then its content. */
export function OfficePage({ title, note, actions, fill, children }: OfficePageProps) {
	const { t } = useTexts();
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => {
		document.title = `${title} – ${t("app.name")}`;
	}, [title, t]);
	useEffect(() => {
		// Whoever goes on to another page is read its title; where the page has put the cursor somewhere itself, it stays there.
		if (opened && !heading.current?.closest("main")?.contains(document.activeElement)) heading.current?.focus({ preventScroll: true });
		opened = true;
	}, []);
	return (
		<main id="main" tabIndex={-1} className={fill ? "office-main office-fill" : "office-main"}>
			<div className="office-bar">
				<div className="office-title">
					<h1 ref={heading} tabIndex={-1}>
						{title}
					</h1>
					{note && <div className="office-note">{note}</div>}
				</div>
				{actions && <div className="office-actions">{actions}</div>}
			</div>
			<div className="office-content">{children}</div>
		</main>
	);
}
