import { Button } from "@mantine/core";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { useSession } from "../session";
import { type InTheWay, namesOf } from "./clashes";
import { timeText } from "./format";

interface Displacing {
	meeting: string;
	subject: string;
	start: number;
	end: number;
	resources: string[];
}

/** The meetings that would lose their place, each with what it would lose. */
export function displaced(clashes: InTheWay[]): Displacing[] {
	const all = new Map<string, Displacing>();
	for (const { meeting, subject, start, end, resource } of clashes) {
		const known = all.get(meeting);
		if (known) known.resources.push(resource);
		else all.set(meeting, { meeting, subject, start, end, resources: [resource] });
	}
	return [...all.values()].sort((a, b) => a.start - b.start);
}

interface PreEmptNoteProps {
	clashes: InTheWay[];
	directory?: Directory;
	/** Opens the question before it is done. */
	onAsk: () => void;
}

/** That the meeting may take the place of others, for those who may decide that. */
export function PreEmptNote({ clashes, onAsk }: PreEmptNoteProps) {
	const { t } = useTexts();
	const { may } = useSession();
	if (!may("pre_empt") || !mayDisplace(clashes)) return null;
	return (
		<div className="conflict-preempt">
			<p>{t("preempt.may", { count: displaced(clashes).length })}</p>
			<Button variant="outline" color="bad" size="sm" onClick={onAsk} data-testid="pre-empt">
				{t("preempt.ask")}
			</Button>
		</div>
	);
}

/** Whether everything in the way is of lower priority. */
export function mayDisplace(clashes: InTheWay[]): boolean {
	return clashes.length > 0 && clashes.every((c) => c.preEmptible);
}

/** What is displaced, in numbers and names. */
export function DisplacedList({ clashes, directory }: { clashes: InTheWay[]; directory?: Directory }) {
	const { t } = useTexts();
	return (
		<ul className="displaced-list" data-testid="displaced">
			{displaced(clashes).map((d) => (
				<li key={d.meeting}>
					<strong>{d.subject}</strong>
					<span>
						{timeText(d)} · {t("preempt.loses", { names: namesOf(d.resources, directory) })}
					</span>
				</li>
			))}
		</ul>
	);
}
