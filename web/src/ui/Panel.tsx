import { CloseButton } from "@mantine/core";
import { useEffect, useLayoutEffect, useRef } from "react";
import { useTexts } from "../i18n";

/** A panel at the side of the room. It takes the focus when it opens; Escape closes it. */
export function Panel(props: { title: string; testid: string; onClose: () => void; children: React.ReactNode }) {
	const { t } = useTexts();
	const root = useRef<HTMLElement>(null);
	useEffect(() => {
		const before = document.activeElement;
		root.current?.focus();
		return () => {
			if (before instanceof HTMLElement) before.focus();
		};
	}, []);
	const close = useRef(props.onClose);
	close.current = props.onClose;
	useLayoutEffect(() => {
		const onKey = (event: KeyboardEvent) => {
			// A dialog over the panel has its own.
			if (event.key === "Escape" && !event.isComposing && !document.querySelector("[role=dialog], [role=menu]")) close.current();
		};
		window.addEventListener("keydown", onKey);
		return () => window.removeEventListener("keydown", onKey);
	}, []);
	return (
		<section className="panel" aria-label={props.title} data-testid={props.testid} ref={root} tabIndex={-1}>
			<div className="panel-head">
				<h2>{props.title}</h2>
				<CloseButton aria-label={t("close")} onClick={props.onClose} />
			</div>
			<div className="panel-body">{props.children}</div>
		</section>
	);
}
