import { useId } from "react";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import { StateIcon } from "../../StateIcon";
import { resourceName } from "./clashes";
import { dayOf } from "./dates";
import type { Time } from "./drag";
import { dayText, timeText } from "./format";
import type { Proposal } from "./resources";
import "./dialogs.css";

interface FreeTimesProps {
	proposals: Proposal[];
	/** How many halls, leaders and sites are asked. */
	total: number;
	hall?: string;
	chosen?: Time;
	directory?: Directory;
	onChoose: (time: Time) => void;
}

interface ConflictBoxProps extends FreeTimesProps {
	id?: string;
	sentences: string[];
	/** What else can be done: take the place of the others. */
	children?: React.ReactNode;
}

/** Why a time cannot be had, in the office's words, and the nearest times that can. */
export function ConflictBox({ id, sentences, proposals, total, hall, chosen, directory, onChoose, children }: ConflictBoxProps) {
	const { t } = useTexts();
	return (
		<div className="conflict" id={id} role="alert" data-testid="conflict">
			<div className="conflict-why">
				<StateIcon state="bad" />
				<div>
					<strong>{t("clash.title")}</strong>
					<ul>
						{sentences.map((s) => (
							<li key={s}>{s}</li>
						))}
					</ul>
				</div>
			</div>
			<FreeTimes proposals={proposals} total={total} hall={hall} chosen={chosen} directory={directory} onChoose={onChoose} />
			{children}
		</div>
	);
}

/** The nearest times at which a meeting could be, each with who could come. */
export function FreeTimes({ proposals, total, hall, chosen, directory, onChoose }: FreeTimesProps) {
	const { t, language } = useTexts();
	const name = useId();
	if (proposals.length === 0) return null;
	return (
		<fieldset className="conflict-times">
			<legend>{t("clash.nearest")}</legend>
			{proposals.map((p) => (
				<label key={p.start} className="conflict-time">
					<input
						type="radio"
						name={name}
						checked={chosen?.start === p.start && chosen.end === p.end}
						onChange={() => onChoose({ start: p.start, end: p.end })}
						data-testid="proposal"
					/>
					<span>
						<b>{dayText(dayOf(p.start), language)}</b>
						<span className="conflict-hours">
							{timeText(p)}
							{hall && ` · ${hall}`}
						</span>
						<Coming proposal={p} total={total} directory={directory} />
					</span>
				</label>
			))}
		</fieldset>
	);
}

/** How many of those who are asked could come, and who could not. */
export function Coming({ proposal, total, directory }: { proposal: Proposal; total: number; directory?: Directory }) {
	const { t } = useTexts();
	const [first, ...others] = proposal.busy;
	return (
		<span className="coming">
			<StateIcon state={first ? "warn" : "ok"} />
			{first
				? t(others.length > 0 ? "clash.comingMany" : "clash.coming", {
						count: total - proposal.busy.length,
						total,
						name: resourceName(first, directory),
						others: others.length,
					})
				: t("clash.allComing", { total })}
		</span>
	);
}
