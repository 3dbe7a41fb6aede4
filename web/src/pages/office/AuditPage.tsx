import { Button, Select, TextInput } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { type Texts, useTexts } from "../../i18n";
import { dayStart, exactMoment } from "../../i18n/dates";
import { type AuditFilter, auditQuery, type Entry } from "../../office/audit";
import { download, Problem } from "../../office/rest";
import { actionOptions, actionText, changeText } from "../../ui/office/audit/actions";
import { DayField } from "../../ui/office/DayField";
import { Empty } from "../../ui/office/Empty";
import { Skeleton } from "../../ui/office/Loaded";
import { OfficePage } from "../../ui/office/OfficePage";
import { ProblemNote } from "../../ui/office/Problem";
import { SearchField } from "../../ui/office/SearchField";
import { useSession } from "../../ui/office/session";
import { filterOptions } from "../../ui/office/UnitSelect";
import { StateIcon } from "../../ui/StateIcon";
import { toast } from "../../ui/toasts";
import "../../ui/office/lists.css";

const names = ["from", "to", "actor", "action", "text"] as const;
type Shown = Record<(typeof names)[number], string>;

/** The filter as the address has it: a link shows the same. Days are YYYY-MM-DD, the last one included. */
function useFilter(): [Shown, (some: Partial<Shown>) => void] {
	const search = useSearch();
	const [, navigate] = useLocation();
	const shown = useMemo(() => {
		const all = new URLSearchParams(search);
		return Object.fromEntries(names.map((n) => [n, all.get(n) ?? ""])) as Shown;
	}, [search]);
	const change = (some: Partial<Shown>) => {
		const all = new URLSearchParams(Object.entries({ ...shown, ...some }).filter(([, value]) => value !== ""));
		navigate(all.size > 0 ? `/audit?${all}` : "/audit", { replace: true });
	};
	return [shown, change];
}

function asked({ from, to, ...rest }: Shown): AuditFilter {
	return { ...rest, from: from && dayStart(from), to: to && dayStart(to, 1) };
}

export default function AuditPage() {
	const { t } = useTexts();
	const { may } = useSession();
	const [filter, change] = useFilter();
	const [saving, setSaving] = useState(false);
	const save = async () => {
		setSaving(true);
		await download("/audit.csv", { ...asked(filter) }).catch((problem) =>
			toast({ state: "bad", text: "audit.exportFailed", problem: problem instanceof Problem ? problem : undefined }),
		);
		setSaving(false);
	};
	return (
		<OfficePage
			title={t("audit.title")}
			note={t("audit.what")}
			actions={
				may("export") && (
					<Button
						variant="default"
						loading={saving}
						leftSection={<IconDownload size={18} aria-hidden="true" />}
						onClick={() => void save()}
						data-testid="export"
					>
						{t("audit.export")}
					</Button>
				)
			}
		>
			<Filters filter={filter} change={change} />
			<Entries filter={filter} onAll={() => change({ from: "", to: "", actor: "", action: "", text: "" })} />
		</OfficePage>
	);
}

function Filters({ filter, change }: { filter: Shown; change: (some: Partial<Shown>) => void }) {
	const { t } = useTexts();
	return (
		<search className="filters">
			<SearchField
				heading={t("audit.text")}
				label={t("audit.search")}
				value={filter.text}
				rest={300}
				onChange={(text) => change({ text })}
			/>
			<Select
				label={t("audit.action")}
				placeholder={t("audit.anyAction")}
				data={actionOptions(t)}
				value={filter.action || null}
				onChange={(action) => change({ action: action ?? "" })}
				searchable
				clearable
				clearButtonProps={{ "aria-label": t("office.clear") }}
				filter={({ options: all, search }) =>
					all.map((g) => ("group" in g ? { ...g, items: filterOptions({ options: g.items, search, limit: 100 }) as typeof g.items } : g))
				}
				nothingFoundMessage={t("office.nothingFound")}
			/>
			<ActorField value={filter.actor} onChange={(actor) => change({ actor })} />
			<DayField label={t("audit.from")} value={filter.from} onChange={(from) => change({ from })} clearable />
			<DayField label={t("audit.to")} value={filter.to} onChange={(to) => change({ to })} clearable />
		</search>
	);
}

/** Taken when it is complete: a part of a login name names nobody. */
function ActorField({ value, onChange }: { value: string; onChange: (actor: string) => void }) {
	const { t } = useTexts();
	return (
		<TextInput
			key={value}
			label={t("audit.who")}
			placeholder={t("audit.actor")}
			defaultValue={value}
			autoComplete="off"
			spellCheck={false}
			onBlur={(event) => event.currentTarget.value !== value && onChange(event.currentTarget.value)}
			onKeyDown={(event) => event.key === "Enter" && onChange(event.currentTarget.value)}
		/>
	);
}

function Entries({ filter, onAll }: { filter: Shown; onAll: () => void }) {
	const { t } = useTexts();
	const query = useInfiniteQuery(auditQuery(asked(filter)));
	if (!query.data) return query.error ? <ProblemNote error={query.error} onRetry={() => void query.refetch()} /> : <Skeleton rows={12} />;
	const entries = query.data.pages.flatMap((p) => p.entries ?? []);
	return (
		<>
			{entries.length > 0 && <EntryTable entries={entries} />}
			{entries.length === 0 && !query.hasNextPage && (
				<Empty what={t("audit.none")} why={t("audit.noneWhy")}>
					<Button variant="default" onClick={onAll}>
						{t("audit.all")}
					</Button>
				</Empty>
			)}
			{query.hasNextPage && (
				<p className="list-foot">
					{t("audit.older")}
					<Button variant="default" size="sm" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
						{t("office.more")}
					</Button>
				</p>
			)}
		</>
	);
}

function actorText({ id, name, login }: Entry["actor"], t: Texts): string {
	if (id === "administrator") return t("audit.token");
	return id === "server" ? t("entry.server") : name || login || t("audit.nobody");
}

/** What was, struck out, and what is. */
function Changed({ entry: { from, to, changes = [] } }: { entry: Entry }) {
	const { t } = useTexts();
	const before = [from, ...changes.map((c) => c.from && changeText(c.field, c.from, t))].filter(Boolean).join("; ");
	const after = [to, ...changes.map((c) => c.to && changeText(c.field, c.to, t))].filter(Boolean).join("; ");
	return (
		<>
			{before && <del>{before}</del>}
			{after && <ins>{after}</ins>}
		</>
	);
}

function EntryTable({ entries }: { entries: Entry[] }) {
	const { t } = useTexts();
	return (
		<table className="rows rows-dense" data-testid="audit">
			<thead>
				<tr>
					<th scope="col">{t("audit.time")}</th>
					<th scope="col">{t("audit.who")}</th>
					<th scope="col">{t("audit.action")}</th>
					<th scope="col">{t("audit.object")}</th>
					<th scope="col">{t("audit.change")}</th>
				</tr>
			</thead>
			<tbody>
				{entries.map((e) => (
					<tr key={e.id}>
						<td className="row-time">{exactMoment(e.at)}</td>
						<td className="row-who">
							<bdi>{actorText(e.actor, t)}</bdi>
							<small>{[e.actor.login, e.actor.address].filter(Boolean).join(" · ")}</small>
						</td>
						<td>
							{e.result === "refused" && <StateIcon state="bad" />} {actionText(e.action, t)}
							{e.result === "refused" && <small>{t("audit.refused")}</small>}
						</td>
						<td>
							<bdi>{e.name || e.object}</bdi>
						</td>
						<td className="row-change">
							<Changed entry={e} />
						</td>
					</tr>
				))}
			</tbody>
		</table>
	);
}
