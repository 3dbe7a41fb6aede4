// What the office pages know of the server: each answer once, shared, and asked for again when it is old.
import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { Problem } from "./rest";

export const sessionKey = ["session"] as const;

/** Whoever is not signed in any more is shown the page for signing in. */
function onError(error: Error): void {
	if (error instanceof Problem && error.code === "unauthorized") queries.setQueryData(sessionKey, null);
}

/** Trying again may help by itself. The network of an office may have no Internet: what the browser thinks of it says nothing. */
export const queries = new QueryClient({
	queryCache: new QueryCache({ onError }),
	mutationCache: new MutationCache({ onError }),
	defaultOptions: {
		queries: {
			networkMode: "always",
			staleTime: 10_000,
			retry: (_count, error) => error instanceof Problem && error.passing,
			retryDelay: (count, error) => Math.max(error instanceof Problem ? error.wait : 0, Math.min(1000 * 2 ** count, 15_000)),
		},
		mutations: { networkMode: "always" },
	},
});

/** Why something that a page shows cannot be had for the moment; nothing when all can. */
export function passingProblem(): Problem | undefined {
	for (const query of queries.getQueryCache().getAll()) {
		const why = query.state.fetchFailureReason;
		if (query.getObserversCount() > 0 && why instanceof Problem && why.passing) return why;
	}
	return undefined;
}
