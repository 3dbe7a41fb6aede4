import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type BusyTime, freeBusyQuery, type Plan, settingsQuery } from "../../../office/meetings";
import { addDays, dayOf, momentOf } from "./dates";
import type { Booked, Time } from "./drag";
import { lookAhead, lookBack, type Proposal, proposals, resourcesOf, workingDays } from "./resources";

export interface Busy {
	resources: string[];
	booked: Booked[];
	/** The nearest times at which it could be. */
	proposals: Proposal[];
}

function bookedOf({ resource, meeting, subject, start, end }: BusyTime): Booked {
	return { resource: `${resource.kind}:${resource.id}`, meeting, subject, start: Date.parse(start), end: Date.parse(end) };
}

const none: Busy = { resources: [], booked: [], proposals: [] };

/** What a meeting's halls, leaders and sites are booked for about its time by others, and when else it could be. */
export function useBusy(plan: Plan | undefined, meeting: string | undefined, time: Time | undefined, now: number): Busy {
	const resources = useMemo(() => (plan ? resourcesOf(plan) : []), [plan]);
	const about = time && dayOf(time.start);
	const query = useQuery({
		...freeBusyQuery(
			resources,
			about ? new Date(momentOf(addDays(about, -lookBack))).toISOString() : "",
			about ? new Date(momentOf(addDays(about, lookAhead + 1))).toISOString() : "",
		),
		enabled: about !== undefined && resources.length > 0,
		// While somebody drags, what was known of the days about the last one stays.
		placeholderData: (previous) => previous,
	});
	const settings = useQuery(settingsQuery).data;
	const today = dayOf(now);
	const [start, end] = [time?.start, time?.end];
	return useMemo(() => {
		if (!query.data || start === undefined || end === undefined) return none;
		const booked = query.data.busy.filter((b) => b.meeting !== meeting).map(bookedOf);
		const days = workingDays(dayOf(start), today, settings);
		return { resources, booked, proposals: proposals({ start, end }, resources, booked, days, now) };
	}, [query.data, meeting, start, end, resources, settings, today, now]);
}
