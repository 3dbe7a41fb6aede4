import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import type { Tiles } from "./tiles";

/** Turns the pages of the sites. */
export function Pages({ call, tiles }: { call: Call; tiles: Tiles }) {
	const { t } = useTexts();
	const page = useStore(call.state, (s) => s.page);
	const pages = useStore(call.state, (s) => s.pages);
	if (pages < 2) return null;
	return (
		<nav className="pages" aria-label={t("page.pages")} data-testid="pages">
			<button type="button" onClick={() => tiles.turnTo(Math.max(0, page - 1))} disabled={page === 0}>
				{t("page.previous")}
			</button>
			<span role="status">{t("page.of", { page: page + 1, pages })}</span>
			<button type="button" onClick={() => tiles.turnTo(page + 1)} disabled={page >= pages - 1}>
				{t("page.next")}
			</button>
		</nav>
	);
}
