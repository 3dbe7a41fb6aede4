// What the actions of the audit log are called. One that has no name here is shown as it is written.
import type { Texts } from "../../../i18n";
import type { TextKey } from "../../../i18n/vi";

const named: Record<string, TextKey> = {
	"account.first_created": "action.accountFirst",
	"account.link_made": "action.linkMade",
	"account.password_changed": "action.passwordChanged",
	"account.password_reset": "action.passwordReset",
	"session.begun": "action.sessionBegun",
	"session.ended": "action.sessionEnded",
	"session.all_ended": "action.sessionsEnded",
	"terminal.code_made": "action.codeMade",
	"terminal.paired": "action.paired",
	"terminal.revoked": "action.revoked",
	"paper.uploaded": "action.paperUploaded",
	"paper.read": "action.paperRead",
	"paper.readers_changed": "action.paperReaders",
	"paper.removed": "action.paperRemoved",
	"meeting.submitted": "entry.submitted",
	"meeting.approved": "entry.approved",
	"meeting.returned": "entry.returned",
	"meeting.issued": "entry.issued",
	"meeting.postponed": "entry.postponed",
	"meeting.rescheduled": "entry.rescheduled",
	"meeting.cancelled": "entry.cancelled",
	"meeting.opened": "entry.opened",
	"meeting.concluded": "entry.concluded",
	"meeting.displaced": "entry.displaced",
	"meeting.reclaimed": "entry.reclaimed",
	"meeting.invited": "entry.invited",
	"meeting.entered": "entry.entered",
	"directory.imported": "action.imported",
	"directory.exported": "action.exported",
	"audit.exported": "action.auditExported",
};

const things = ["meeting", "account", "unit", "person", "hall", "group", "level", "terminal"] as const;
const verbs = ["created", "changed", "deleted"] as const;

export function actionText(action: string, t: Texts): string {
	if (named[action]) return t(named[action]);
	const [thing, verb] = action.split(".");
	const known = things.find((one) => one === thing);
	const done = verbs.find((one) => one === verb);
	return known && done ? t(`done.${done}`, { what: t(`thing.${known}`) }) : action;
}

const fields = [
	"subject",
	"type",
	"format",
	"start",
	"end",
	"halls",
	"chair",
	"co_chairs",
	"secretary",
	"preparing_unit",
	"sites",
	"delegates",
	"agenda",
	"recurrence",
	"speaking",
	"resources",
	"reason",
	"meetings",
	"invitation",
	"token",
	"account",
	"terminal",
	"role",
] as const;
const values = [
	"format.in_person",
	"format.online",
	"format.hybrid",
	"speaking.floor",
	"speaking.open",
	"role.chair",
	"role.co_chair",
	"role.acting_chair",
	"role.secretary",
	"role.delegate",
	"role.site",
	"role.operator",
	"role.display",
] as const;

/** What a field was, or is, as people read it. */
export function changeText(field: string, value: string, t: Texts): string {
	const name = fields.find((one) => one === field);
	const known = values.find((one) => one === `${field}.${value}`);
	return `${name ? t(`changed.${name}`) : field}: ${known ? t(known) : value}`;
}

/** What a filter offers: all of a thing, and the actions that are not like those of other things. */
export function actionOptions(t: Texts): { group: string; items: { value: string; label: string }[] }[] {
	const groups = ["session", ...things, "paper"] as const;
	return [
		{ group: t("action.group"), items: groups.map((g) => ({ value: `${g}.`, label: t("action.all", { what: t(`thing.${g}`) }) })) },
		{ group: t("action.one"), items: Object.entries(named).map(([value, text]) => ({ value, label: t(text) })) },
	];
}
