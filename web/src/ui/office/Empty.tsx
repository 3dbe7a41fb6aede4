import type { ReactNode } from "react";

/** Nothing to show: what is not there, why, and the one thing to do about it. */
export function Empty({ what, why, children }: { what: string; why?: string; children?: ReactNode }) {
	return (
		<div className="empty" data-testid="empty">
			<h2>{what}</h2>
			{why && <p>{why}</p>}
			{children}
		</div>
	);
}
