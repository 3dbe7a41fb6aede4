import { Button, Checkbox, Menu } from "@mantine/core";
import { IconDownload, IconPlus, IconUpload } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { useTexts } from "../../../i18n";
import { today } from "../../../i18n/dates";
import { type Directory, exportDirectory, type Kind, kinds, type Records } from "../../../office/directory";
import { Problem } from "../../../office/rest";
import { DayField } from "../../../ui/office/DayField";
import { blanks, labelOf } from "../../../ui/office/directory/kinds";
import { Pairing } from "../../../ui/office/directory/Pairing";
import { RecordPanel } from "../../../ui/office/directory/RecordPanel";
import { RecordTable } from "../../../ui/office/directory/RecordTable";
import { UnitTree } from "../../../ui/office/directory/UnitTree";
import { Empty } from "../../../ui/office/Empty";
import { Loaded } from "../../../ui/office/Loaded";
import { OfficePage } from "../../../ui/office/OfficePage";
import { SearchField } from "../../../ui/office/SearchField";
import { useSession } from "../../../ui/office/session";
import { useDirectory } from "../../../ui/office/useDirectory";
import { toast } from "../../../ui/toasts";
import { ImportPage } from "./ImportPage";
import "../../../ui/office/lists.css";
import "../../../ui/office/directory/directory.css";

/** What no id can be: the record that is being made. */
const fresh = "+";

/** /directory/units/so-y-te shows a unit, /directory/units/+?unit=tinh makes one below another, /directory/import takes a file. */
export default function DirectoryPages({ section, id }: { section?: string; id?: string }) {
	const { may } = useSession();
	if (section === "import" && may("manage_directory")) return <ImportPage />;
	const kind = kinds.find((k) => k === section) ?? "units";
	return <DirectoryPage kind={kind} id={id} />;
}

function DirectoryPage({ kind, id }: { kind: Kind; id?: string }) {
	const { t } = useTexts();
	const { may } = useSession();
	const [, navigate] = useLocation();
	const search = new URLSearchParams(useSearch());
	const [text, at] = [search.get("q") ?? "", search.get("at") ?? ""];
	const query = useDirectory(at || undefined);
	const manages = may(kind === "terminals" ? "manage_terminals" : "manage_directory");
	/** Another address of these pages, for the same day and search. */
	const to = (path: string, some: Record<string, string> = {}) => {
		const all = new URLSearchParams(Object.entries({ q: text, at, ...some }).filter(([, value]) => value));
		return `/directory/${path}${all.size > 0 ? `?${all}` : ""}`;
	};
	const show = (path: string, some?: Record<string, string>) => navigate(to(path, some), { replace: some !== undefined });
	const here = id ? `${kind}/${id}` : kind;
	return (
		<OfficePage
			fill
			title={t("directory.title")}
			note={<Day at={at} onChange={(day) => show(here, { at: day })} />}
			actions={
				<>
					{may("manage_directory") && <Export />}
					{may("manage_directory") && (
						<Button
							component={Link}
							href={to("import")}
							variant="default"
							leftSection={<IconUpload size={18} aria-hidden="true" />}
							data-testid="import"
						>
							{t("directory.import")}
						</Button>
					)}
					{manages && (
						<Button
							leftSection={<IconPlus size={18} aria-hidden="true" />}
							onClick={() => show(`${kind}/${fresh}`)}
							disabled={id === fresh}
							data-testid="new-record"
						>
							{t(`add.${kind}`)}
						</Button>
					)}
				</>
			}
		>
			<div className="split">
				<section className="split-list" aria-label={t(`directory.${kind}`)}>
					<nav className="sections" aria-label={t("directory.sections")}>
						{kinds.map((k) => (
							<Link key={k} href={to(k, { q: "" })} aria-current={k === kind ? "page" : undefined} data-testid={`section-${k}`}>
								{t(`directory.${k}`)} <span className="count">{query.data?.[k].length}</span>
							</Link>
						))}
					</nav>
					<div className="list-tools">
						<SearchField label={t(`find.${kind}`)} value={text} onChange={(q) => show(here, { q })} />
					</div>
					<Loaded query={query} rows={12}>
						{(directory) => <List kind={kind} directory={directory} text={text} selected={id} to={(r) => to(`${kind}/${r}`)} />}
					</Loaded>
				</section>
				{id && query.data && (
					<One
						key={`${kind} ${id} ${at}`}
						kind={kind}
						id={id}
						directory={query.data}
						unit={search.get("unit") ?? ""}
						may={manages}
						to={to}
						show={show}
					/>
				)}
			</div>
		</OfficePage>
	);
}

interface ListProps {
	kind: Kind;
	directory: Directory;
	text: string;
	selected?: string;
	to: (id: string) => string;
}

function List({ kind, ...rest }: ListProps) {
	const { t } = useTexts();
	const { may } = useSession();
	if (rest.directory[kind].length === 0) {
		const manages = may("manage_directory");
		return (
			<Empty what={t(`none.${kind}`)} why={t(manages ? "directory.noneWhy" : "directory.noneWait")}>
				{manages && (
					<Button component={Link} href="/directory/import" variant="default">
						{t("directory.import")}
					</Button>
				)}
			</Empty>
		);
	}
	return kind === "units" ? <UnitTree {...rest} /> : <RecordTable kind={kind} {...rest} />;
}

interface OneProps {
	kind: Kind;
	id: string;
	directory: Directory;
	/** Where a new record belongs. */
	unit: string;
	may: boolean;
	to: (path: string, some?: Record<string, string>) => string;
	show: (path: string) => void;
}

function One({ kind, id, directory, unit, may, to, show }: OneProps) {
	const { t } = useTexts();
	const close = () => show(kind);
	const found: Records[Kind] | undefined = id === fresh ? newRecord(kind, unit, directory) : directory[kind].find((r) => r.id === id);
	if (!found) {
		return (
			<aside className="split-panel">
				<Empty what={t("directory.gone")} why={t("directory.goneWhy")}>
					<Button variant="default" onClick={close}>
						{t("close")}
					</Button>
				</Empty>
			</aside>
		);
	}
	return (
		<RecordPanel kind={kind} record={found} directory={directory} may={may} onClose={close} onMade={(made) => show(`${kind}/${made}`)}>
			{kind === "units" && id !== fresh && <UnitParts id={id} directory={directory} to={to} />}
			{kind === "halls" && id !== fresh && (
				<Part title={t("directory.terminals")} records={directory.terminals.filter((r) => r.hall === id)} to={(r) => to(`terminals/${r}`)}>
					<Add action="manage_terminals" href={to(`terminals/${fresh}`, { unit: id })} text={t("add.terminals")} />
				</Part>
			)}
			{kind === "terminals" && id !== fresh && may && "paired" in found && <Pairing terminal={found} />}
		</RecordPanel>
	);
}

/** A blank record that belongs where it was asked for. Its place in the order is after the others. */
function newRecord(kind: Kind, unit: string, directory: Directory): Records[Kind] {
	const after = (list: { protocol_order: number }[]) => Math.max(0, ...list.map((r) => r.protocol_order)) + 1;
	switch (kind) {
		case "units": {
			const siblings = directory.units.filter((u) => (u.parent ?? "") === unit);
			const level = siblings.at(-1)?.level ?? directory.levels[0]?.id ?? "";
			return { ...blanks.units, parent: unit, level, protocol_order: after(siblings) };
		}
		case "people":
			return { ...blanks.people, unit, protocol_order: after(directory.people.filter((p) => p.unit === unit)) };
		case "halls":
			return { ...blanks.halls, unit, protocol_order: after(directory.halls) };
		case "terminals":
			return { ...blanks.terminals, hall: unit };
		case "levels":
			return { ...blanks.levels, order: Math.max(0, ...directory.levels.map((l) => l.order)) + 1 };
		default:
			return blanks[kind];
	}
}

/** Who and what belongs to a unit. */
function UnitParts({ id, directory, to }: { id: string; directory: Directory; to: OneProps["to"] }) {
	const { t } = useTexts();
	const add = (kind: Kind) => <Add action="manage_directory" href={to(`${kind}/${fresh}`, { unit: id })} text={t(`add.${kind}`)} />;
	return (
		<>
			<Part title={t("directory.people")} records={directory.people.filter((r) => r.unit === id)} to={(r) => to(`people/${r}`)}>
				{add("people")}
			</Part>
			<Part title={t("directory.halls")} records={directory.halls.filter((r) => r.unit === id)} to={(r) => to(`halls/${r}`)}>
				{add("halls")}
			</Part>
			<Part title={t("directory.below")} records={directory.units.filter((r) => r.parent === id)} to={(r) => to(`units/${r}`)}>
				{add("units")}
			</Part>
		</>
	);
}

function Part({
	title,
	records,
	to,
	children,
}: {
	title: string;
	records: Records[Kind][];
	to: (id: string) => string;
	children: ReactNode;
}) {
	return (
		<section className="panel-part" aria-label={title}>
			<h3>
				{title} <span className="count">{records.length}</span>
			</h3>
			{records.length > 0 && (
				<ul className="part-list">
					{records.map((r) => (
						<li key={r.id}>
							<Link href={to(r.id)}>
								<bdi>{labelOf(r)}</bdi>
							</Link>
						</li>
					))}
				</ul>
			)}
			{children}
		</section>
	);
}

function Add({ action, href, text }: { action: "manage_directory" | "manage_terminals"; href: string; text: string }) {
	if (!useSession().may(action)) return null;
	return (
		<Button component={Link} href={href} variant="default" size="sm" leftSection={<IconPlus size={16} aria-hidden="true" />}>
			{text}
		</Button>
	);
}

/** The day for which the directory is shown: units come and go. */
function Day({ at, onChange }: { at: string; onChange: (at: string) => void }) {
	const { t } = useTexts();
	const all = at === "all";
	return (
		<div className="at-day" data-testid="at-day">
			<DayField label={t("directory.at")} value={all ? "" : at || today()} onChange={(day) => onChange(day === today() ? "" : day)} />
			<Checkbox size="sm" label={t("directory.always")} checked={all} onChange={() => onChange(all ? "" : "all")} data-testid="always" />
		</div>
	);
}

function Export() {
	const { t } = useTexts();
	const save = (query: Parameters<typeof exportDirectory>[0]) =>
		void exportDirectory(query).catch((problem) =>
			toast({ state: "bad", text: "directory.exportFailed", problem: problem instanceof Problem ? problem : undefined }),
		);
	return (
		<Menu position="bottom-end" withinPortal returnFocus>
			<Menu.Target>
				<Button variant="default" leftSection={<IconDownload size={18} aria-hidden="true" />} data-testid="export">
					{t("directory.export")}
				</Button>
			</Menu.Target>
			<Menu.Dropdown>
				<Menu.Item onClick={() => save({ format: "xlsx" })}>{t("directory.exportAll")}</Menu.Item>
				<Menu.Divider />
				{kinds.map((kind) => (
					<Menu.Item key={kind} onClick={() => save({ format: "csv", kind })}>
						{t("directory.exportCsv", { kind: t(`directory.${kind}`) })}
					</Menu.Item>
				))}
			</Menu.Dropdown>
		</Menu>
	);
}
