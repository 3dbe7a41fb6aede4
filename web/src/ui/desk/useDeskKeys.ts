import type { Call } from "../../call/call";
import { useKeys, usePushToTalk } from "../useShortcuts";
import { endTurn, grantNext, muteAll } from "./acts";

/** The keys of the desk. */
export function useDeskKeys(call: Call, runs: boolean, help: () => void, diagnostics: () => void): void {
	usePushToTalk(call);
	useKeys({
		...(runs ? { n: () => grantNext(call), e: () => endTurn(call), m: () => void muteAll(call) } : {}),
		d: diagnostics,
		"?": help,
	});
}
