import { Checkbox, MultiSelect, NumberInput, Select, TagsInput, TextInput } from "@mantine/core";
import type { ReactNode } from "react";
import { useTexts } from "../../../i18n";
import type { Directory, Kind } from "../../../office/directory";
import { DayField } from "../DayField";
import { problemText } from "../Problem";
import { filterOptions, UnitSelect } from "../UnitSelect";
import { faultyField } from "../useSave";
import { type Field, fields } from "./kinds";

/** The fields of a record while they are written. */
export type Values = Record<string, unknown>;

interface RecordFormProps {
	kind: Kind;
	values: Values;
	onChange: (some: Values) => void;
	directory: Directory;
	problem: unknown;
	/** The cursor stands in the first field. */
	fresh: boolean;
}

/** The fields of a record, two in a line where they belong together. */
export function RecordForm(props: RecordFormProps) {
	const lines: Field[][] = [];
	for (const field of fields[props.kind]) {
		const last = lines.at(-1);
		if (field.half && last?.length === 1 && last[0]?.half) last.push(field);
		else lines.push([field]);
	}
	return lines.map((line) => (
		<div key={line[0]?.name} className={line.length > 1 ? "panel-pair" : undefined}>
			{line.map((field) => (
				<FieldInput key={field.name} field={field} first={field === lines[0]?.[0]} {...props} />
			))}
		</div>
	));
}

function FieldInput({ field, first, ...props }: RecordFormProps & { field: Field; first: boolean }): ReactNode {
	const { t, language } = useTexts();
	const { values, onChange, directory, problem, fresh } = props;
	const { name, kind, required } = field;
	const value = values[name];
	const set = (next: unknown) => onChange({ [name]: next });
	const common = {
		label: t(field.label),
		description: field.note && t(field.note),
		error: faultyField(problem) === name ? problemText(problem, t, language) : undefined,
		"data-testid": `field-${name}`,
	};
	const text = typeof value === "string" ? value : "";
	const list = Array.isArray(value) ? (value as string[]) : [];
	switch (kind) {
		case "text":
			return (
				<TextInput
					{...common}
					required={required}
					withAsterisk={false}
					autoFocus={fresh && first}
					autoComplete="off"
					value={text}
					onChange={(event) => set(event.currentTarget.value)}
				/>
			);
		case "number":
			return (
				<NumberInput
					{...common}
					min={0}
					allowDecimal={false}
					hideControls
					value={Number(value ?? 0)}
					onChange={(n) => set(Number(n) || 0)}
				/>
			);
		case "check":
			return <Checkbox {...common} checked={value === true} onChange={(event) => set(event.currentTarget.checked)} />;
		case "day":
			return <DayField {...common} value={text} onChange={set} clearable />;
		case "unit":
			return <UnitSelect {...common} required={required} withAsterisk={false} value={text} onChange={set} />;
		case "units":
			return (
				<MultiSelect
					{...common}
					data={directory.units.map((u) => ({ value: u.id, label: u.name }))}
					value={list.filter((id) => directory.units.some((u) => u.id === id))}
					onChange={(chosen) => set([...chosen, ...list.filter((id) => !directory.units.some((u) => u.id === id))])}
					searchable
					hidePickedOptions
					filter={filterOptions}
					maxDropdownHeight={320}
					nothingFoundMessage={t("office.nothingFound")}
				/>
			);
		case "words":
			return <TagsInput {...common} value={list} onChange={set} splitChars={[",", ";"]} />;
		case "level":
		case "hall": {
			const all = kind === "level" ? directory.levels : directory.halls;
			return (
				<Select
					{...common}
					required={required}
					withAsterisk={false}
					data={all.map((r) => ({ value: r.id, label: r.name }))}
					value={text || null}
					onChange={(chosen) => set(chosen ?? "")}
					searchable
					filter={filterOptions}
					nothingFoundMessage={t("office.nothingFound")}
				/>
			);
		}
	}
}
