import { MultiSelect, Select, TextInput } from "@mantine/core";
import { matches } from "../../../call/search";
import { useTexts } from "../../../i18n";
import type { Directory } from "../../../office/directory";
import type { Person } from "../../../office/meetings";

interface Option {
	value: string;
	label: string;
}

/** Finds options without regard to diacritics. */
export function findOptions({ options, search }: { options: unknown[]; search: string }) {
	return (options as Option[]).filter((o) => matches(o.label, search)) as never[];
}

function optionsOf(directory: Directory): Option[] {
	const units = new Map(directory.units.map((u) => [u.id, u.name]));
	const leaders = directory.people.filter((p) => p.leader);
	const others = directory.people.filter((p) => !p.leader);
	return [
		...leaders.map((p) => ({ value: p.id, label: p.title })),
		...others.map((p) => ({ value: p.id, label: `${p.title}, ${units.get(p.unit) ?? p.unit}` })),
	];
}

function personBy(directory: Directory, id: string): Person | undefined {
	const person = directory.people.find((p) => p.id === id);
	return person && { person: id, name: person.title, unit: directory.units.find((u) => u.id === person.unit)?.name };
}

interface PersonSelectProps {
	className?: string;
	label: string;
	directory: Directory;
	value: Person | undefined;
	required?: boolean;
	error?: string;
	onChange: (person: Person | undefined) => void;
	"data-testid"?: string;
}

/** Somebody of the directory, leaders first; a name is typed where the directory has nobody. */
export function PersonSelect({ directory, value, required, onChange, ...rest }: PersonSelectProps) {
	const { t } = useTexts();
	const options = optionsOf(directory);
	if (options.length === 0) {
		return (
			<TextInput
				{...rest}
				required={required}
				withAsterisk={false}
				maxLength={256}
				value={value?.name ?? ""}
				onChange={(event) => onChange(event.currentTarget.value ? { name: event.currentTarget.value } : undefined)}
			/>
		);
	}
	// Whoever stands in the plan stays there, known to the directory or not.
	const own = value?.name ? (value.person ?? "*") : null;
	const data = own && !options.some((o) => o.value === own) ? [{ value: own, label: value?.name ?? "" }, ...options] : options;
	return (
		<Select
			{...rest}
			data={data}
			value={own}
			searchable
			clearable={!required}
			filter={findOptions}
			limit={100}
			nothingFoundMessage={t("who.nothing")}
			onChange={(id) => id !== "*" && onChange(id ? personBy(directory, id) : undefined)}
		/>
	);
}

interface PeopleSelectProps {
	className?: string;
	label: string;
	directory: Directory;
	value: Person[];
	onChange: (people: Person[]) => void;
}

/** Several of the directory. */
export function PeopleSelect({ directory, value, onChange, ...rest }: PeopleSelectProps) {
	const { t } = useTexts();
	const options = optionsOf(directory);
	const known = value.flatMap((p) => (p.person ? [p.person] : []));
	const strangers = value.flatMap((p) => (p.person && !personBy(directory, p.person) ? [{ value: p.person, label: p.name }] : []));
	const personOf = (id: string) => personBy(directory, id) ?? value.find((p) => p.person === id) ?? [];
	return (
		<MultiSelect
			{...rest}
			data={[...strangers, ...options]}
			value={known}
			searchable
			clearable
			filter={findOptions}
			limit={100}
			maxValues={10}
			nothingFoundMessage={t("who.nothing")}
			onChange={(ids) => onChange([...value.filter((p) => !p.person), ...ids.flatMap(personOf)])}
		/>
	);
}
