import i18next from "i18next";
import { Component, type ReactNode } from "react";

/** How long a screen without a person shows that it failed, in ms. */
const restartAfter = 5000;

/** Stands in for a page that failed: says so, and leads back. A screen that nobody attends leads back by itself. */
export class Crash extends Component<{ unattended: boolean; children: ReactNode }, { failed: boolean }> {
	override state = { failed: false };

	static getDerivedStateFromError(): { failed: boolean } {
		return { failed: true };
	}

	override componentDidCatch(): void {
		if (this.props.unattended) setTimeout(() => location.reload(), restartAfter);
	}

	override render(): ReactNode {
		if (!this.state.failed) return this.props.children;
		return (
			<main className="note" role="alert" data-testid="crash">
				<h1>{i18next.t("crash.title")}</h1>
				<p>{i18next.t("crash.what")}</p>
				<button type="button" className="plain-button" onClick={() => location.reload()}>
					{i18next.t("crash.again")}
				</button>
			</main>
		);
	}
}
