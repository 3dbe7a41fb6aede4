import { Button } from "@mantine/core";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import type { Meeting, Resource } from "../../../office/meetings";
import { StateIcon } from "../../StateIcon";
import { toast } from "../../toasts";
import { ProblemNote } from "../Problem";
import { clashSentences, namesOf } from "./clashes";
import { partsOf } from "./resources";
import { clashesOf, useAct } from "./useAct";

/** What meetings of higher priority have taken, by these, each with the way to take it back. */
export function DisplacedNote({ meeting, directory }: { meeting: Meeting; directory?: Directory }) {
	const { t } = useTexts();
	const doing = useAct();
	if (!meeting.displaced?.length) return null;
	const clashes = clashesOf(doing.error);
	const parts = partsOf(meeting, directory);
	const named = (all: string[]) => all.filter((r) => !all.includes(parts.get(r) ?? "")); // a site stands for its hall
	const reclaim = (resources: Resource[]) =>
		doing.mutate(
			{ meeting, act: "reclaim", body: { resources } },
			{ onSuccess: () => toast({ state: "ok", text: "done.reclaim", values: { subject: meeting.subject } }) },
		);
	return (
		<div className="message message-bad" data-testid="displaced-note">
			<StateIcon state="bad" />
			<div className="message-text">
				<strong>{t(meeting.actions.includes("reclaim") ? "meeting.displacedPartly" : "meeting.displacedTitle")}</strong>
				{byTaker(meeting).map(({ by, subject, resources }) => (
					<div key={by} className="displaced-taker">
						<p>{t("meeting.displacedBy", { names: namesOf(named(resources.map(nameOf)), directory), subject: subject || by })}</p>
						{meeting.actions.includes("reclaim") && (
							<Button variant="default" size="sm" loading={doing.isPending} onClick={() => reclaim(resources)} data-testid="reclaim">
								{t("act.reclaim")}
							</Button>
						)}
					</div>
				))}
				<div role="alert">
					{clashes
						? clashSentences(clashes, directory, t).map((s) => <p key={s}>{s}</p>)
						: doing.error && <ProblemNote error={doing.error} />}
				</div>
			</div>
		</div>
	);
}

const nameOf = (r: Resource) => `${r.kind}:${r.id}`;

/** What was taken, by the meeting that took it. */
function byTaker(meeting: Meeting): { by: string; subject?: string; resources: Resource[] }[] {
	const all = new Map<string, { by: string; subject?: string; resources: Resource[] }>();
	for (const { by, subject, resource } of meeting.displaced ?? []) {
		const known = all.get(by);
		if (known) known.resources.push(resource);
		else all.set(by, { by, subject, resources: [resource] });
	}
	return [...all.values()];
}
