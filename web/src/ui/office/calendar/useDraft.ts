import { useCallback, useEffect, useRef, useState } from "react";
import { changeMeeting, checkPlan, createMeeting, type Meeting, meetingQuery, type Plan, type Scope } from "../../../office/meetings";
import { queries } from "../../../office/query";
import { newKey, Problem } from "../../../office/rest";
import { dropDraft, keepDraft } from "./localDraft";
import { type Contest, differences, type Field, isComplete, type Merged, merge, withFields } from "./plan";
import { shifted } from "./recurrence";
import { planOf } from "./useMove";

/** ms of quiet after which what was typed is saved. */
const quiet = 1200;
/** ms after which a save that failed for a passing reason is tried again. */
const again = 5000;

export interface DraftState {
	plan: Plan;
	/** What the server has. */
	meeting?: Meeting;
	/** Which meetings of a series the changes are for. */
	scope: Scope;
	saving: boolean;
	savedAt?: number;
	error?: unknown;
	contest?: Contest;
	/** What is asked before a rule is saved that calls meetings off: how many, and whether the plan takes others' places. */
	callsOff?: { count: number; preEmpt: boolean };
	/** Fields taken over from somebody else's change. */
	merged: Field[];
}

interface DraftOptions {
	account: string;
	meeting?: Meeting;
	/** What it begins with: what was left unsaved may have met another's change meanwhile. */
	start: Merged;
	/** Saves by itself; not what is announced, where each change is a revision. */
	auto: boolean;
	/** Which meetings of a series the changes are for, until another is chosen. */
	scope: Scope;
	onCreated: (id: string) => void;
}

/** A plan that is being written. It is saved by itself as long as it is a draft; another's changes are taken over, or asked about. */
export function useDraft({ account, meeting, start, auto, scope, onCreated }: DraftOptions) {
	const { plan } = start;
	const [state, setState] = useState<DraftState>({ ...start, meeting, scope, saving: false });
	const newest = useRef(state);
	newest.current = state;
	const put = useCallback((part: Partial<DraftState>) => {
		newest.current = { ...newest.current, ...part };
		setState(newest.current);
	}, []);
	const running = useRef<Promise<Meeting | undefined>>(undefined);
	/** A creation whose answer was lost: it is repeated as it was. */
	const lost = useRef<{ what: string; key: string }>(undefined);

	const isDirty = useCallback(() => {
		const { meeting: known, plan: current } = newest.current;
		return known ? differences(planOf(known), current).length > 0 : differences(plan, current).length > 0;
	}, [plan]);

	const saved = useCallback(
		(known: Meeting, sent: Plan) => {
			if (!newest.current.meeting) onCreated(known.id);
			dropDraft(account, newest.current.meeting?.id);
			// What was typed meanwhile stays; names that the server corrected are taken over.
			const { plan: current } = newest.current;
			const typed = differences(sent, current);
			put({ meeting: known, plan: withFields(planOf(known), current, typed), saving: false, savedAt: Date.now(), error: undefined });
			return known;
		},
		[account, onCreated, put],
	);

	/** Somebody else was first: their changes and these come together. */
	const meet = useCallback(
		async (known: Meeting) => {
			const latest = await queries.fetchQuery({ ...meetingQuery(known.id), staleTime: 0 });
			put({ ...merge(planOf(known), newest.current.plan, planOf(latest)), meeting: latest, saving: false });
		},
		[put],
	);

	const send = useCallback(
		async (state: "draft" | "issued" = "draft", preEmpt = false, confirmed = false): Promise<Meeting | undefined> => {
			const { meeting: known, plan: current, scope: chosen } = newest.current;
			put({ saving: true });
			try {
				if (known) {
					// A single meeting that shall recur from now on becomes a series.
					const meant = known.series ? chosen : current.recurrence ? "all" : undefined;
					if (known.series && !confirmed && differences(planOf(known), current).includes("recurrence")) {
						const { called_off: count = 0 } = await checkPlan(current, known.id, meant);
						// What was typed meanwhile is looked at by itself.
						if (count > 0) {
							put({ callsOff: newest.current.plan === current ? { count, preEmpt } : undefined, saving: false });
							return undefined;
						}
					}
					return saved(await changeMeeting(known.id, current, known.version, meant, preEmpt), current);
				}
				const what = JSON.stringify([current, state, preEmpt]);
				if (lost.current?.what !== what) lost.current = { what, key: newKey() };
				return saved(await createMeeting(current, state, lost.current.key, preEmpt), current);
			} catch (error) {
				if (known && error instanceof Problem && error.code === "stale_version") {
					await meet(known).catch((e) => put({ error: e, saving: false }));
				} else put({ error, saving: false });
				return undefined;
			}
		},
		[meet, put, saved],
	);

	/** Saves what is there now; after one that runs already. */
	const save = useCallback(
		async (state?: "draft" | "issued", preEmpt?: boolean, confirmed?: boolean): Promise<Meeting | undefined> => {
			await running.current;
			if (newest.current.meeting && !isDirty() && !preEmpt) return newest.current.meeting;
			running.current = send(state, preEmpt, confirmed);
			const done = await running.current;
			running.current = undefined;
			return done;
		},
		[isDirty, send],
	);

	const change = useCallback(
		(next: Plan, chosen = newest.current.scope) => {
			put({ plan: next, scope: chosen, error: undefined, callsOff: undefined });
			const { meeting: known, contest } = newest.current;
			// What is not decided yet is asked about again after the page was closed.
			const base = contest?.base ?? (known && planOf(known));
			keepDraft(account, known?.id, { plan: next, base, scope: chosen, at: Date.now() });
		},
		[account, put],
	);

	useEffect(() => {
		if (!auto || state.saving || state.contest || state.callsOff || !isComplete(state.plan) || !isDirty()) return;
		// What was refused is sent again when it is another; what failed in passing, as it is.
		const passing = state.error instanceof Problem && state.error.passing;
		if (state.error && !passing) return;
		const timer = setTimeout(() => void save(), passing ? again : quiet);
		return () => clearTimeout(timer);
	}, [auto, state, isDirty, save]);

	/** Chooses for which meetings the changes are. One has no rule of its own; what several leave out moves with them. */
	const choose = (next: Scope) => {
		const { meeting: known, plan: current, scope: was } = newest.current;
		let { recurrence } = current;
		if (known && next === "one") recurrence = known.recurrence;
		else if (known && was === "one") {
			recurrence = shifted(known.recurrence, Date.parse(current.start) - Date.parse(known.occurrence ?? known.start));
		}
		const chosen = { ...current, recurrence };
		if (isDirty() || differences(current, chosen).length > 0) change(chosen, next);
		else put({ scope: next });
	};

	/** Decides about what both have changed. */
	const settle = (which: "mine" | "theirs") => {
		const { contest, plan: current } = newest.current;
		if (!contest) return;
		put({ contest: undefined });
		change(which === "theirs" ? withFields(current, contest.theirs, contest.fields) : current);
	};

	/** Decides whether the series loses the meetings that the rule has no place for; else it keeps its rule. */
	const callOff = (yes: boolean) => {
		const { callsOff, meeting: known, plan: current } = newest.current;
		put({ callsOff: undefined });
		if (yes) return save("draft", callsOff?.preEmpt, true);
		if (known) change({ ...current, recurrence: shifted(known.recurrence, Date.parse(current.start) - Date.parse(known.start)) });
	};

	/** Back to what the server has. */
	const discard = () => {
		const { meeting: known, plan: current } = newest.current;
		dropDraft(account, known?.id);
		put({ plan: known ? planOf(known) : plan, error: undefined, contest: undefined, callsOff: undefined });
		return () => change(current);
	};

	return { ...state, dirty: isDirty(), change, choose, save, settle, callOff, discard, seen: () => put({ merged: [] }) };
}
