import { Link } from "wouter";
import { matches } from "../../../call/search";
import { useTexts } from "../../../i18n";
import { shortMoment } from "../../../i18n/dates";
import type { Directory, Kind, Records, Terminal } from "../../../office/directory";
import { StateIcon } from "../../StateIcon";
import { Empty } from "../Empty";
import { columns, labelOf, namesOf } from "./kinds";

interface RecordTableProps {
	kind: Exclude<Kind, "units">;
	directory: Directory;
	text: string;
	selected?: string;
	to: (id: string) => string;
}

/** All records of a kind, or those that match. */
export function RecordTable({ kind, directory, text, selected, to }: RecordTableProps) {
	const { t } = useTexts();
	const names = namesOf(directory);
	const all: Records[Kind][] = directory[kind];
	const cells = (record: Records[Kind]) => columns[kind].map((c) => c.text(record as never, names));
	const shown = text ? all.filter((r) => matches([labelOf(r), r.id, ...cells(r)].join(" "), text)) : all;
	if (shown.length === 0) return <Empty what={t("directory.noMatch", { text })} why={t("directory.noMatchWhy")} />;
	return (
		<table className="rows" data-testid={kind}>
			<thead>
				<tr>
					<th scope="col">{t(kind === "people" ? "field.title" : "field.name")}</th>
					{columns[kind].map((c) => (
						<th key={c.label} scope="col" className={c.number ? "number" : undefined}>
							{t(c.label)}
						</th>
					))}
					{kind === "terminals" && <th scope="col">{t("pairing.title")}</th>}
				</tr>
			</thead>
			<tbody>
				{shown.map((record) => (
					<tr key={record.id} aria-selected={record.id === selected}>
						<th scope="row">
							<Link href={to(record.id)} className="row-link" aria-current={record.id === selected ? "true" : undefined}>
								<bdi>{labelOf(record)}</bdi>
							</Link>
							{"leader" in record && record.leader && <span className="tag">{t("directory.leader")}</span>}
						</th>
						{cells(record).map((cell, i) => (
							<td key={columns[kind][i]?.label} className={columns[kind][i]?.number ? "number" : undefined}>
								{cell}
							</td>
						))}
						{kind === "terminals" && (
							<td>
								<Paired terminal={record as Terminal} />
							</td>
						)}
					</tr>
				))}
			</tbody>
		</table>
	);
}

function Paired({ terminal }: { terminal: Terminal }) {
	const { t } = useTexts();
	return (
		<>
			<StateIcon state={terminal.paired ? "ok" : "off"} /> {t(terminal.paired ? "pairing.yes" : "pairing.no")}
			{terminal.seen_at && <small>{t("pairing.seen", { time: shortMoment(terminal.seen_at) })}</small>}
		</>
	);
}
