import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { checkPlan, type Meeting, meetingsKey, type Plan, type Scope } from "../../../office/meetings";
import { isComplete } from "./plan";
import { planOf } from "./useMove";

/**
 * A dry run of a plan, for those meetings of a series that the scope names: what is wrong with it, what is in its way. Nothing is asked until the
 * plan has a subject, a chair and a time.
 */
export function useCheck(plan: Plan | undefined, meeting: string | undefined, scope: Scope | undefined) {
	return useQuery({
		queryKey: [...meetingsKey, "check", meeting, scope, plan],
		queryFn: ({ signal }) => checkPlan(plan as Plan, meeting, scope, signal),
		enabled: plan !== undefined && isComplete(plan),
		// While somebody types, what was found stays until the next answer.
		placeholderData: (previous) => previous,
		staleTime: 5000,
		gcTime: 60_000,
	});
}

/** A dry run of a meeting as it stands. */
export function useMeetingCheck(meeting: Meeting | undefined) {
	// The others of its series have their places: only its own is looked at.
	const plan = useMemo(() => meeting && { ...planOf(meeting), recurrence: undefined }, [meeting]);
	return useCheck(plan, meeting?.id, "one");
}
