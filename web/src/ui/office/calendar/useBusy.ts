import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { Directory } from "../../../office/directory";
import { type BusyTime, freeBusyQuery, type Plan, settingsQuery } from "../../../office/meetings";
import { addDays, dayOf, momentOf } from "./dates";
import type { Booked, Time } from "./drag";
import { essentialOf, lookAhead, lookBack, type Proposal, partsOf, proposals, resourcesOf, toldOnce, workingDays } from "./resources";

export interface Busy {
	resources: string[];
	/** How many these are, a site with its hall and terminal as one. */
	total: number;
	booked: Booked[];
	/** The nearest times at which it could be. */
	proposals: Proposal[];
}

function bookedOf({ resource, meeting, subject, start, end }: BusyTime): Booked {
	return { resource: `${resource.kind}:${resource.id}`, meeting, subject, start: Date.parse(start), end: Date.parse(end) };
}

const none: Busy = { resources: [], total: 0, booked: [], proposals: [] };

/** What a meeting's halls, leaders and sites are booked for about its time by others, and when else it could be. */
export function useBusy(
	plan: Plan | undefined,
	meeting: string | undefined,
	time: Time | undefined,
	now: number,
	directory: Directory | undefined,
): Busy {
	const about = time && dayOf(time.start);
	const held = useMemo(
		() =>
			plan && {
				resources: resourcesOf(plan, directory),
				essential: essentialOf(plan),
				parts: partsOf(plan, directory),
			},
		[plan, directory],
	);
	const resources = held?.resources ?? none.resources;
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
		if (!query.data || !held || start === undefined || end === undefined) return none;
		const booked = toldOnce(query.data.filter((b) => b.meeting !== meeting).map(bookedOf), held.parts);
		const days = workingDays(dayOf(start), today, settings);
		const total = held.resources.filter((r) => !held.parts.has(r)).length;
		return { resources: held.resources, total, booked, proposals: proposals({ start, end }, held, booked, days, now) };
	}, [query.data, meeting, start, end, held, settings, today, now]);
}
