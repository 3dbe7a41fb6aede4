import { type ComboboxItem, type OptionsFilter, Select, type SelectProps } from "@mantine/core";
import { useMemo } from "react";
import { matches } from "../../call/search";
import { useTexts } from "../../i18n";
import { flat, tree } from "../../office/tree";
import { useDirectory } from "./useDirectory";

/** Options whose words begin as the query's do, without regard to diacritics. */
export const filterOptions: OptionsFilter = ({ options, search }) =>
	(options as ComboboxItem[]).filter((o) => matches(`${o.label} ${o.value}`, search));

interface UnitSelectProps extends Omit<SelectProps, "data" | "value" | "onChange"> {
	value: string;
	onChange: (unit: string) => void;
	/** What no unit means. */
	none?: string;
}

/** A unit of the tree, found by a few letters of its name. */
export function UnitSelect({ value, onChange, none, ...rest }: UnitSelectProps) {
	const { t } = useTexts();
	const { data } = useDirectory();
	const options = useMemo(() => {
		const units = flat(tree(data?.units ?? [])).map(({ unit, depth }) => ({
			value: unit.id,
			label: unit.name,
			depth,
		}));
		// A unit that is not valid today is shown all the same where it is chosen.
		const gone = value && !units.some((u) => u.value === value) ? [{ value, label: value, depth: 0 }] : [];
		return [...(none ? [{ value: "", label: none, depth: 0 }] : []), ...gone, ...units];
	}, [data, value, none]);
	return (
		<Select
			{...rest}
			data={options}
			value={none || value ? value : null}
			onChange={(chosen) => onChange(chosen ?? "")}
			searchable
			clearable={!none && !rest.required}
			clearButtonProps={{ "aria-label": t("office.clear") }}
			limit={200}
			maxDropdownHeight={320}
			filter={filterOptions}
			nothingFoundMessage={t("office.nothingFound")}
			renderOption={({ option }) => (
				<span style={{ paddingInlineStart: `${(option as ComboboxItem & { depth: number }).depth}rem` }}>{option.label}</span>
			)}
			comboboxProps={{ withinPortal: true }}
		/>
	);
}
