// Meetings as the REST interface gives them. Times are RFC 3339 in UTC.
import { queries } from "./query";
import { address, newKey, request, type Uploading, upload } from "./rest";

export type State = "draft" | "submitted" | "returned" | "approved" | "issued" | "held" | "concluded" | "postponed" | "cancelled";
export type Format = "in_person" | "online" | "hybrid";
export type Secrecy = "none" | "mat" | "toi_mat" | "tuyet_mat";

/** Somebody by position; person is the id in the directory. */
export interface Person {
	person?: string;
	name: string;
	unit?: string;
}

export interface Resource {
	kind: "hall" | "terminal" | "site" | "leader";
	id: string;
}

export interface Site {
	unit_id?: string;
	name: string;
	unit?: string;
	short_name?: string;
	protocol_order: number;
	hall?: string;
	terminal?: string;
}

export interface MeetingDelegate {
	person?: string;
	unit_id?: string;
	name: string;
	unit?: string;
}

export interface AgendaItem {
	title: string;
	owner?: string;
	minutes: number;
}

export interface Recurrence {
	rrule: string;
	exdates?: string[];
}

export interface Plan {
	subject: string;
	type?: string;
	format?: Format;
	start: string;
	end: string;
	chair: Person;
	co_chairs?: Person[];
	secretary?: Person;
	preparing_unit?: string;
	halls?: { id: string; name: string }[];
	sites?: Site[];
	delegates?: MeetingDelegate[];
	agenda?: AgendaItem[];
	resources?: Resource[];
	/** null: none any more; without it a change leaves it as it is. */
	recurrence?: Recurrence | null;
	speaking: "open" | "floor";
	secrecy?: Secrecy;
}

/** A resource that a meeting of higher priority took from this one. */
export interface Displaced {
	resource: Resource;
	by: string;
	subject?: string;
	at: string;
}

export interface Meeting extends Plan {
	id: string;
	version: number;
	state: State;
	revision?: number;
	series?: string;
	occurrence?: string;
	reason?: string;
	displaced?: Displaced[];
	always_on?: boolean;
	/** What whoever asks may do to it; change stands for PUT, join for a seat in it. */
	actions: string[];
	created_by?: string;
	created: string;
	changed: string;
}

export interface Span {
	start: string;
	end: string;
}

export interface Clash extends Span {
	resource: Resource;
	meeting: string;
	subject: string;
	priority?: number;
	pre_emptible?: boolean;
}

export interface Finding {
	field?: string;
	code: string;
	detail: string;
	detail_en: string;
}

/** The answer of a dry run. */
export interface Check {
	faults?: Finding[];
	clashes?: Clash[];
	free?: Span[];
	warnings?: Finding[];
	/** Meetings of the series that the plan calls off. */
	called_off?: number;
}

export interface MeetingType {
	id: string;
	name: string;
	name_en?: string;
	priority: number;
	quorum?: string;
}

export type Scope = "one" | "following" | "all";
/** What can be done to a meeting beside changing its plan, and taking back what it has lost. */
export type Act = "submit" | "approve" | "return" | "issue" | "postpone" | "reschedule" | "cancel" | "conclude";

export function startOf(meeting: Span): number {
	return Date.parse(meeting.start);
}

export function endOf(meeting: Span): number {
	return Date.parse(meeting.end);
}

export interface HistoryEntry {
	at: string;
	actor: string;
	actor_name?: string;
	action: string;
	revision?: number;
	reason?: string;
	/** Of a list: what was taken out and put in. */
	changes?: { field: string; before?: string; after?: string }[];
	/** That it displaced, or that displaced it. */
	meetings?: { id: string; subject: string }[];
	invited?: string;
}

export interface BusyTime extends Span {
	resource: Resource;
	/** Empty where whoever asks may not know of the meeting. */
	meeting: string;
	subject: string;
	state: State;
}

export interface CalendarSettings {
	types: MeetingType[];
	displace?: "meeting" | "resources";
	notice_days?: number;
	/** Days on which nobody works, and days at the end of a week on which people do. */
	holidays?: string[];
	workdays?: string[];
	join_before_minutes: number;
}

/** Who may read a paper: all who see the meeting, who takes part in it, leaders. */
export const readers = ["all", "invited", "leaders"] as const;
export type Readers = (typeof readers)[number];

/** One content of a paper. */
export interface PaperVersion {
	name: string;
	type: string;
	/** Bytes. */
	size: number;
	version: number;
	uploaded_by?: string;
	uploaded: string;
}

/** A paper as its newest version is, and all that there are, the oldest first. */
export interface Paper extends PaperVersion {
	id: string;
	revision: number;
	readers: Readers;
	versions: PaperVersion[];
}

export interface MeetingPapers {
	papers: Paper[];
	/** Whether one may upload and change them. */
	manages: boolean;
}

export interface MeetingQuery {
	from?: string;
	to?: string;
	state?: string;
	q?: string;
	mine?: boolean;
	displaced?: boolean;
}

/** What goes with an act. */
export interface ActBody {
	reason?: string;
	start?: string;
	end?: string;
	/** What is taken back, to reclaim. */
	resources?: Resource[];
	pre_empt?: boolean;
}

export const meetingsKey = ["meetings"] as const;

const path = (id: string) => `/meetings/${encodeURIComponent(id)}`;

/** Meetings that the server gives at once. */
const mostMeetings = 500;

export const meetingsQuery = (query: MeetingQuery) => ({
	queryKey: [...meetingsKey, "list", query],
	queryFn: ({ signal }: { signal: AbortSignal }) => readMeetings(query, signal),
});

/** Reads all that there are. What moves to another page meanwhile is there once. */
async function readMeetings(query: MeetingQuery, signal: AbortSignal): Promise<Meeting[]> {
	const found = new Map<string, Meeting>();
	for (let offset = 0, total = 1; offset < total; offset += mostMeetings) {
		const page = await request<{ meetings: Meeting[]; total: number }>("GET", "/meetings", {
			query: { ...query, offset, limit: mostMeetings },
			signal,
		});
		for (const m of page.meetings) found.set(m.id, m);
		total = page.total;
	}
	return [...found.values()];
}

/** What lost its place to others and waits for another; what goes on without what it lost needs none. */
export const displacedQuery = {
	...meetingsQuery({ displaced: true }),
	select: (meetings: Meeting[]) => meetings.filter((m) => m.displaced?.length && (m.state === "postponed" || m.state === "returned")),
};

export const meetingQuery = (id: string) => ({
	queryKey: [...meetingsKey, "one", id],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<Meeting>("GET", path(id), { signal }),
});

export const historyQuery = (id: string) => ({
	queryKey: [...meetingsKey, "history", id],
	queryFn: async ({ signal }: { signal: AbortSignal }) =>
		(await request<{ entries: HistoryEntry[] }>("GET", `${path(id)}/history`, { signal })).entries,
});

export const settingsQuery = {
	queryKey: ["calendar", "settings"],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<CalendarSettings>("GET", "/calendar/settings", { signal }),
	staleTime: 5 * 60_000,
};

export const papersQuery = (meeting: string) => ({
	queryKey: [...meetingsKey, "papers", meeting],
	queryFn: ({ signal }: { signal: AbortSignal }) => request<MeetingPapers>("GET", `${path(meeting)}/papers`, { signal }),
});

/** When resources are booked between two moments. */
export const freeBusyQuery = (resources: string[], from: string, to: string) => ({
	queryKey: [...meetingsKey, "freebusy", resources, from, to],
	queryFn: ({ signal }: { signal: AbortSignal }) => readBusy(resources, from, to, signal),
	enabled: resources.length > 0,
});

/** Resources that are asked about in one request: their names stand in the address. */
const askedAtOnce = 200;

async function readBusy(resources: string[], from: string, to: string, signal: AbortSignal): Promise<BusyTime[]> {
	const parts = Array.from({ length: Math.ceil(resources.length / askedAtOnce) }, (_, i) =>
		resources.slice(i * askedAtOnce, (i + 1) * askedAtOnce),
	);
	const span = `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;
	const answers = await Promise.all(
		parts.map((part) => {
			const asked = part.map((r) => `resource=${encodeURIComponent(r)}`).join("&");
			return request<{ busy: BusyTime[] }>("GET", `/freebusy?${asked}&${span}`, { signal });
		}),
	);
	return answers.flatMap((a) => a.busy);
}

/** A dry run of a plan: nothing is changed. */
export const checkPlan = (plan: Plan, meeting: string | undefined, scope: Scope | undefined, signal?: AbortSignal) =>
	request<Check>("POST", "/meetings/check", { body: { plan, meeting, scope }, signal });

export async function createMeeting(plan: Plan, state: "draft" | "issued", key: string, preEmpt = false): Promise<Meeting> {
	return known(await request<Meeting>("POST", "/meetings", { body: { ...plan, state }, query: { pre_empt: preEmpt || undefined }, key }));
}

export async function changeMeeting(id: string, plan: Plan, version: number, scope?: Scope, preEmpt = false): Promise<Meeting> {
	return known(await request<Meeting>("PUT", path(id), { body: plan, query: { scope, pre_empt: preEmpt || undefined }, version }), scope);
}

export async function actOn(meeting: Meeting, act: Act | "reclaim", body: ActBody, key: string, scope?: Scope): Promise<Meeting> {
	return known(
		await request<Meeting>("POST", `${path(meeting.id)}/${act}`, { body, query: { scope }, version: meeting.version, key }),
		scope,
	);
}

/** What the server answered is shown at once; lists are asked for again. */
async function known(meeting: Meeting, scope: Scope = "one"): Promise<Meeting> {
	queries.setQueryData(meetingQuery(meeting.id).queryKey, meeting);
	const others = scope !== "one";
	void queries.invalidateQueries({
		queryKey: meetingsKey,
		predicate: ({ queryKey }) => queryKey[1] !== "one" || (others && queryKey[2] !== meeting.id),
	});
	return meeting;
}

/** The token that the join page takes. */
export const joinMeeting = async (id: string) => (await request<{ invitation: string }>("POST", `${path(id)}/join`)).invitation;

/** How a file is sent, and which paper it is a new version of; without one it is a new paper. */
interface PaperUpload extends Pick<Uploading, "signal" | "onProgress"> {
	readers?: Readers;
	replaces?: Paper;
}

export const uploadPaper = (meeting: string, file: File, { readers, replaces, ...sending }: PaperUpload) =>
	// The server finds the type by the content.
	upload<Paper>(replaces ? paperPath(meeting, replaces) : `${path(meeting)}/papers`, new Blob([file]), {
		query: { name: file.name, readers },
		version: replaces?.revision,
		key: newKey(),
		...sending,
	});

export const changeReaders = (meeting: string, paper: Paper, readers: Readers) =>
	request<Paper>("PUT", `${paperPath(meeting, paper)}/readers`, { body: { readers }, version: paper.revision });

export const deletePaper = (meeting: string, paper: Paper) =>
	request<void>("DELETE", paperPath(meeting, paper), { version: paper.revision });

/** Where a version of a paper is read. */
export const paperAddress = (meeting: string, paper: Paper, { version }: PaperVersion) => address(paperPath(meeting, paper), { version });

const paperPath = (meeting: string, paper: Paper) => `${path(meeting)}/papers/${encodeURIComponent(paper.id)}`;
