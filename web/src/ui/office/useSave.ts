import { useCallback, useRef, useState } from "react";
import { Problem } from "../../office/rest";

export interface Saving {
	busy: boolean;
	/** Why the last attempt failed. */
	problem: unknown;
	/** Does it unless something is being done already; whether it succeeded. */
	save: (act: () => Promise<unknown>) => Promise<boolean>;
}

/** Something that a button has done on the server: once at a time, and what went wrong is kept for the form. */
export function useSave(): Saving {
	const [state, setState] = useState<{ busy: boolean; problem?: unknown }>({ busy: false });
	const busy = useRef(false);
	const save = useCallback(async (act: () => Promise<unknown>) => {
		if (busy.current) return false;
		busy.current = true;
		setState({ busy: true });
		try {
			await act();
			setState({ busy: false });
			return true;
		} catch (problem) {
			setState({ busy: false, problem });
			return false;
		} finally {
			busy.current = false;
		}
	}, []);
	return { ...state, problem: state.problem, save };
}

/** The field that the server finds fault with, without what stands around it. */
export function faultyField(problem: unknown): string {
	return problem instanceof Problem ? (problem.field.split(/[.[]/)[0] ?? "") : "";
}
