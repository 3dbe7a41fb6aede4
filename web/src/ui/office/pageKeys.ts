// The keys of the page that is open, for the sheet that lists all keys.
import { useEffect } from "react";
import { createStore } from "zustand/vanilla";
import type { TextKey } from "../../i18n/vi";

export type PageKey = readonly [key: string, text: TextKey];

const none: readonly PageKey[] = [];

export const pageKeys = createStore<{ keys: readonly PageKey[] }>(() => ({ keys: none }));

/** Lists the keys of a page while it is open; the list is the same one each time. */
export function usePageKeys(keys: readonly PageKey[]): void {
	useEffect(() => {
		pageKeys.setState({ keys });
		return () => pageKeys.setState({ keys: none });
	}, [keys]);
}
