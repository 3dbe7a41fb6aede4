import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { Link } from "wouter";
import { matches } from "../../../call/search";
import { useTexts } from "../../../i18n";
import type { Directory, Unit } from "../../../office/directory";
import { type Branch, flat, tree } from "../../../office/tree";
import { Empty } from "../Empty";
import { type Names, namesOf, validity } from "./kinds";

interface UnitTreeProps {
	directory: Directory;
	/** What is looked for; empty shows the tree. */
	text: string;
	selected?: string;
	/** Where a unit is shown. */
	to: (id: string) => string;
}

/** The units below each other. A search gives those that match, wherever they stand. */
export function UnitTree({ directory, text, selected, to }: UnitTreeProps) {
	const { t } = useTexts();
	const all = useMemo(() => flat(tree(directory.units)), [directory]);
	const names = useMemo(() => namesOf(directory), [directory]);
	const [people, halls] = useMemo(() => [countBy(directory.people), countBy(directory.halls)], [directory]);
	const [toggled, setToggled] = useState<ReadonlyMap<string, boolean>>(new Map());
	const parents = useMemo(() => new Map(directory.units.map((u) => [u.id, u.parent])), [directory]);
	const above = useMemo(() => {
		const ids = new Set<string>();
		for (let at = selected && parents.get(selected); at && !ids.has(at); at = parents.get(at)) ids.add(at);
		return ids;
	}, [parents, selected]);
	// The first level stands open, and what leads to the unit that is shown.
	const open = (b: Branch) => toggled.get(b.unit.id) ?? (b.depth === 0 || above.has(b.unit.id));
	const shown: Branch[] = [];
	if (text) shown.push(...all.filter(({ unit }) => matches(`${unit.name} ${unit.short_name ?? ""} ${unit.id}`, text)));
	else {
		const add = (b: Branch) => {
			shown.push(b);
			if (open(b)) b.children.forEach(add);
		};
		for (const b of all) if (b.depth === 0) add(b);
	}
	if (shown.length === 0) return <Empty what={t("directory.noMatch", { text })} why={t("directory.noMatchWhy")} />;
	return (
		<table className="rows tree" data-testid="units">
			<thead>
				<tr>
					<th scope="col">{t("directory.unit")}</th>
					<th scope="col">{t("field.level")}</th>
					<th scope="col">{t("field.shortName")}</th>
					<th scope="col" className="number">
						{t("directory.people")}
					</th>
					<th scope="col" className="number">
						{t("directory.halls")}
					</th>
					<th scope="col" className="number">
						{t("field.protocolOrder")}
					</th>
				</tr>
			</thead>
			<tbody>
				{shown.map((b) => (
					<Row
						key={b.unit.id}
						branch={b}
						names={names}
						people={people.get(b.unit.id)}
						halls={halls.get(b.unit.id)}
						flat={text !== ""}
						open={open(b)}
						selected={b.unit.id === selected}
						to={to}
						onToggle={() => setToggled(new Map(toggled).set(b.unit.id, !open(b)))}
					/>
				))}
			</tbody>
		</table>
	);
}

interface RowProps {
	branch: Branch;
	names: Names;
	people?: number;
	halls?: number;
	flat: boolean;
	open: boolean;
	selected: boolean;
	to: (id: string) => string;
	onToggle: () => void;
}

function Row({ branch: { unit, depth, children }, names, people, halls, flat, open, selected, to, onToggle }: RowProps) {
	const { t } = useTexts();
	return (
		<tr aria-selected={selected}>
			<th scope="row">
				<div className="tree-name" style={{ paddingInlineStart: flat ? 0 : `${depth * 1.5}rem` }}>
					{!flat && children.length > 0 ? (
						<button
							type="button"
							className="tree-toggle"
							aria-expanded={open}
							aria-label={t(open ? "directory.fold" : "directory.unfold", { name: unit.name })}
							onClick={onToggle}
						>
							{open ? <IconChevronDown size={18} aria-hidden="true" /> : <IconChevronRight size={18} aria-hidden="true" />}
						</button>
					) : (
						<span className="tree-toggle" />
					)}
					<span>
						<Link href={to(unit.id)} className="row-link" aria-current={selected ? "true" : undefined}>
							<bdi>{unit.name}</bdi>
						</Link>
						{!open && children.length > 0 && !flat && <span className="count"> {total(children)}</span>}
						<small>{[flat && unit.parent && names.unit(unit.parent), validity(unit)].filter(Boolean).join(" · ")}</small>
					</span>
				</div>
			</th>
			<td>{names.level(unit.level)}</td>
			<td>{shortOf(unit)}</td>
			<td className="number">{people}</td>
			<td className="number">{halls}</td>
			<td className="number">{unit.protocol_order}</td>
		</tr>
	);
}

/** How many belong to each unit. */
function countBy(records: { unit: string }[]): Map<string, number> {
	const counts = new Map<string, number>();
	for (const { unit } of records) counts.set(unit, (counts.get(unit) ?? 0) + 1);
	return counts;
}

const shortOf = (unit: Unit) => (unit.short_name === unit.name ? "" : (unit.short_name ?? ""));
const total = (children: Branch[]): number => children.reduce((n, b) => n + 1 + total(b.children), 0);
