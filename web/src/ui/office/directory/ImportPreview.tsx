import { SegmentedControl } from "@mantine/core";
import { useState } from "react";
import { useTexts } from "../../../i18n";
import type { TextKey } from "../../../i18n/vi";
import type { Change, ChangeAction, Fault, Import } from "../../../office/imports";
import { StateIcon } from "../../StateIcon";
import { Empty } from "../Empty";

type View = ChangeAction | "faults";

/** Rows that are shown at once: a file of thousands would be slow to draw, and nobody reads that far. */
const most = 300;

/** What a file would change, and the rows that must be put right first. */
export function ImportPreview({ seen }: { seen: Import }) {
	const { t } = useTexts();
	const { counts } = seen;
	const [view, setView] = useState<View>(counts.faults > 0 ? "faults" : counts.create > 0 || counts.change === 0 ? "create" : "change");
	const views: View[] = ["faults", "create", "change", "same"];
	return (
		<div data-testid="preview">
			{counts.faults > 0 ? (
				<p className="message message-bad import-problem" role="status">
					<StateIcon state="bad" />
					<span>{t("import.hasFaults", { n: counts.faults })}</span>
				</p>
			) : (
				<p className="message import-problem" role="status">
					<StateIcon state="ok" />
					<span>{t("import.ready", { create: counts.create, change: counts.change })}</span>
				</p>
			)}
			<SegmentedControl
				className="import-views"
				size="sm"
				aria-label={t("import.views")}
				value={view}
				onChange={(chosen) => setView(chosen as View)}
				data={views.map((v) => ({ value: v, label: `${t(`rows.${v}`)} (${counts[v]})` }))}
			/>
			{view === "faults" ? (
				<Faults faults={seen.faults} total={counts.faults} />
			) : (
				<Changes changes={seen.changes.filter((c) => c.action === view)} total={counts[view]} />
			)}
		</div>
	);
}

function Faults({ faults, total }: { faults: Fault[]; total: number }) {
	const { t, language } = useTexts();
	const [code, setCode] = useState("");
	if (faults.length === 0) return <Empty what={t("import.noFaults")} why={t("import.noFaultsWhy")} />;
	const kinds = new Map(faults.map((f) => [f.code, language === "vi" ? f.detail : f.detail_en]));
	const shown = faults.filter((f) => !code || f.code === code);
	return (
		<>
			{kinds.size > 1 && (
				<fieldset className="fault-kinds" aria-label={t("import.faultKinds")}>
					<button type="button" aria-pressed={code === ""} onClick={() => setCode("")}>
						{t("import.allFaults")} <span className="count">{faults.length}</span>
					</button>
					{[...kinds].map(([one, text]) => (
						<button key={one} type="button" aria-pressed={code === one} onClick={() => setCode(one)}>
							{text} <span className="count">{faults.filter((f) => f.code === one).length}</span>
						</button>
					))}
				</fieldset>
			)}
			<table className="rows rows-dense" data-testid="faults">
				<thead>
					<tr>
						<th scope="col">{t("import.sheet")}</th>
						<th scope="col" className="number">
							{t("import.row")}
						</th>
						<th scope="col">{t("import.column")}</th>
						<th scope="col">{t("import.fault")}</th>
					</tr>
				</thead>
				<tbody>
					{shown.slice(0, most).map((f) => (
						<tr key={`${f.sheet} ${f.row} ${f.column} ${f.code}`}>
							<td>{f.sheet}</td>
							<td className="number">{f.row || ""}</td>
							<td>{f.column}</td>
							<td>
								<StateIcon state="bad" /> {language === "vi" ? f.detail : f.detail_en}
							</td>
						</tr>
					))}
				</tbody>
			</table>
			<More shown={Math.min(shown.length, most)} total={code ? shown.length : total} />
		</>
	);
}

function Changes({ changes, total }: { changes: Change[]; total: number }) {
	const { t } = useTexts();
	if (changes.length === 0) return <Empty what={t("import.noRows")} why={t("import.noRowsWhy")} />;
	return (
		<>
			<table className="rows rows-dense" data-testid="changes">
				<thead>
					<tr>
						<th scope="col">{t("import.sheet")}</th>
						<th scope="col" className="number">
							{t("import.row")}
						</th>
						<th scope="col">{t("field.id")}</th>
						<th scope="col">{t("field.name")}</th>
						<th scope="col">{t("import.changes")}</th>
					</tr>
				</thead>
				<tbody>
					{changes.slice(0, most).map((c) => (
						<tr key={`${c.sheet} ${c.row}`}>
							<td>{c.sheet}</td>
							<td className="number">{c.row}</td>
							<td>{c.id}</td>
							<td>{c.name}</td>
							<td className="row-change">
								{c.action === "change" &&
									(c.fields ?? []).map((f) => (
										<div key={f.field}>
											{fieldTexts[f.field] ? t(fieldTexts[f.field] as TextKey) : f.field}: <del>{f.before || t("import.empty")}</del>
											{" → "}
											<ins>{f.after || t("import.empty")}</ins>
										</div>
									))}
							</td>
						</tr>
					))}
				</tbody>
			</table>
			<More shown={Math.min(changes.length, most)} total={total} />
		</>
	);
}

function More({ shown, total }: { shown: number; total: number }) {
	const { t } = useTexts();
	return shown < total ? <p className="list-foot">{t("office.shown", { shown, total })}</p> : null;
}

/** What fields are called in the forms. */
const fieldTexts: Record<string, TextKey> = {
	name: "field.name",
	name_en: "field.nameEn",
	short_name: "field.shortName",
	title: "field.title",
	level: "field.level",
	parent: "field.parent",
	unit: "field.unit",
	units: "field.units",
	hall: "field.hall",
	mailbox: "field.mailbox",
	protocol_order: "field.protocolOrder",
	order: "field.order",
	valid_from: "field.validFrom",
	valid_to: "field.validTo",
	predecessors: "field.predecessors",
	leader: "field.leader",
	seats: "field.seats",
	equipment: "field.equipment",
};
