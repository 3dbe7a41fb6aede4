import type { UseQueryResult } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useTexts } from "../../i18n";
import { ProblemNote } from "./Problem";

/** Grey bars in the shape of what is to come, after a moment: most answers come sooner. */
export function Skeleton({ rows = 8 }: { rows?: number }) {
	const { t } = useTexts();
	const [late, setLate] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setLate(true), 300);
		return () => clearTimeout(timer);
	}, []);
	return (
		<div className="skeleton" role="status" aria-label={t("office.loading")} data-testid="skeleton">
			{late && Array.from({ length: rows }, (_, i) => `${i}`).map((i) => <div key={i} className="bar-grey" />)}
		</div>
	);
}

interface LoadedProps<T> {
	query: UseQueryResult<T>;
	rows?: number;
	children: (data: T) => ReactNode;
}

/** What a query gave: grey bars before, and what is wrong where it cannot be had. */
export function Loaded<T>({ query, rows, children }: LoadedProps<T>) {
	if (query.data !== undefined) return children(query.data);
	if (query.error) return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />;
	return <Skeleton rows={rows} />;
}
