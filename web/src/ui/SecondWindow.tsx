import { useEffect } from "react";
import { createPortal } from "react-dom";

/** Opens a window for a second screen: it belongs to this page and shows this page's pictures, under the same identity. */
export function openSecondWindow(): Window | undefined {
	const opened = window.open("", "diemcau-second", "popup,width=1280,height=720") ?? undefined;
	if (!opened) return undefined;
	const { document: target } = opened;
	target.head.replaceChildren();
	target.body.replaceChildren();
	for (const style of document.querySelectorAll('style, link[rel="stylesheet"]')) target.head.append(target.importNode(style, true));
	for (const { name, value } of document.documentElement.attributes) target.documentElement.setAttribute(name, value);
	target.body.className = "second";
	return opened;
}

/** Draws its children in a window of their own. */
export function SecondWindow(props: { window: Window; title: string; onClose: () => void; children: React.ReactNode }) {
	const { window: second, title, onClose, children } = props;
	useEffect(() => {
		second.document.title = title;
	}, [second, title]);
	useEffect(() => {
		const close = () => second.close();
		// The window goes with the page that fills it.
		window.addEventListener("pagehide", close);
		second.addEventListener("pagehide", onClose);
		const timer = setInterval(() => second.closed && onClose(), 1000);
		return () => {
			window.removeEventListener("pagehide", close);
			second.removeEventListener("pagehide", onClose);
			clearInterval(timer);
		};
	}, [second, onClose]);
	return createPortal(children, second.document.body);
}
