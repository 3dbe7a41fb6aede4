import { useTexts } from "../../../i18n";
import type { Meeting } from "../../../office/meetings";

/** Rows of a list that are shown before it is opened. */
const folded = 12;

/** Who is invited: in the hall, and as sites. */
export function Participants({ meeting }: { meeting: Meeting }) {
	const { t } = useTexts();
	const { delegates = [], sites = [] } = meeting;
	if (delegates.length + sites.length === 0) return <p className="side-text">{t("meeting.noParticipants")}</p>;
	return (
		<div className="participants">
			{delegates.length > 0 && (
				<List
					title={t("meeting.inHall", { count: delegates.length })}
					rows={delegates.map((d) => ({ key: d.person ?? d.unit_id ?? d.name, name: d.name, detail: d.unit }))}
				/>
			)}
			{sites.length > 0 && (
				<List
					title={t("meeting.online", { count: sites.length })}
					rows={sites.map((s) => ({ key: s.unit_id ?? s.name, name: s.name, detail: s.unit }))}
				/>
			)}
		</div>
	);
}

function List({ title, rows }: { title: string; rows: { key: string; name: string; detail?: string }[] }) {
	const { t } = useTexts();
	const row = (r: (typeof rows)[number]) => (
		<li key={r.key}>
			<bdi>{r.name}</bdi>
			{r.detail && (
				<small>
					{" "}
					<bdi>{r.detail}</bdi>
				</small>
			)}
		</li>
	);
	return (
		<section>
			<h3>{title}</h3>
			<ul>{rows.slice(0, folded).map(row)}</ul>
			{rows.length > folded && (
				<details>
					<summary>{t("meeting.showMore", { count: rows.length - folded })}</summary>
					<ul>{rows.slice(folded).map(row)}</ul>
				</details>
			)}
		</section>
	);
}
