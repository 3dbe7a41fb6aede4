// What stands in the way of a meeting, in the words of the office: one sentence for each hall and leader, one for all sites together.
import type { Texts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import type { Clash } from "../../../office/meetings";
import { hour, minutesOf } from "./dates";
import type { Booked } from "./drag";

/** A booking that is in the way, and whether this meeting may take its place. */
export interface InTheWay extends Booked {
	preEmptible?: boolean;
}

export function inTheWay(clash: Clash): InTheWay {
	const { resource, meeting, subject, start, end } = clash;
	return {
		resource: `${resource.kind}:${resource.id}`,
		meeting,
		subject,
		start: Date.parse(start),
		end: Date.parse(end),
		preEmptible: clash.pre_emptible,
	};
}

/** The name of a resource: a hall's short name, a leader's title, a unit's name. */
export function resourceName(resource: string, directory: Directory | undefined): string {
	const [kind, id] = [resource.slice(0, resource.indexOf(":")), resource.slice(resource.indexOf(":") + 1)];
	switch (kind) {
		case "hall": {
			const hall = directory?.halls.find((h) => h.id === id);
			return hall?.short_name || hall?.name || id;
		}
		case "leader":
			return directory?.people.find((p) => p.id === id)?.title ?? id;
		case "terminal":
			return directory?.terminals.find((t) => t.id === id)?.name ?? id;
		default:
			return directory?.units.find((u) => u.id === id)?.name ?? id;
	}
}

const listed = 4;

/** The names of some resources, the rest counted. */
export function namesOf(resources: string[], directory: Directory | undefined): string {
	const all = [...new Set(resources.map((r) => resourceName(r, directory)))];
	return all.length > listed ? `${all.slice(0, listed).join(", ")} +${all.length - listed}` : all.join(", ");
}

/** Sites that are named in a sentence before the rest is counted. */
const named = 3;

/** One sentence for each hall and leader that another meeting has, and one for each meeting that has sites. */
export function clashSentences(all: Booked[], directory: Directory | undefined, t: Texts): string[] {
	const sentences: string[] = [];
	const sites = new Map<string, Booked[]>();
	for (const b of all) {
		const name = resourceName(b.resource, directory);
		const values = { name, from: hour(minutesOf(b.start)), to: hour(minutesOf(b.end)), subject: b.subject || t("clash.unknown") };
		if (b.resource.startsWith("hall:")) sentences.push(t("clash.hall", values));
		else if (b.resource.startsWith("leader:")) sentences.push(t("clash.leader", values));
		else sites.set(b.meeting, [...(sites.get(b.meeting) ?? []), b]);
	}
	for (const busy of sites.values()) {
		const names = [...new Set(busy.map((b) => resourceName(b.resource, directory)))];
		const values = { names: names.slice(0, named).join(", "), subject: busy[0].subject || t("clash.unknown"), count: names.length - named };
		sentences.push(t(names.length > named ? "clash.manySites" : "clash.sites", values));
	}
	return sentences;
}
