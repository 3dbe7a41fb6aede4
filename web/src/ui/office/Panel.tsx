import { CloseButton } from "@mantine/core";
import { type ReactNode, useEffect, useRef } from "react";
import { useTexts } from "../../i18n";

/** What was chosen in the list at its left. Escape closes it. */
export function Panel({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
	const { t } = useTexts();
	const panel = useRef<HTMLElement>(null);
	const close = useRef(onClose);
	close.current = onClose;
	useEffect(() => {
		const element = panel.current;
		const down = (event: KeyboardEvent) => {
			if (event.key === "Escape" && !event.defaultPrevented) close.current();
		};
		element?.addEventListener("keydown", down);
		return () => element?.removeEventListener("keydown", down);
	}, []);
	return (
		<aside className="split-panel" ref={panel} aria-label={title} data-testid="panel">
			<div className="side-head">
				<h2>
					<bdi>{title}</bdi>
				</h2>
				<CloseButton aria-label={t("close")} onClick={onClose} />
			</div>
			{children}
		</aside>
	);
}
