import { TextInput } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

interface SearchFieldProps {
	/** What is looked for. */
	label: string;
	/** Above the field, where others beside it have one. */
	heading?: string;
	value: string;
	onChange: (value: string) => void;
	/** How long typing must rest, in ms: 0 where nobody is asked. */
	rest?: number;
}

/** Where one looks for something; the key / leads here. */
export function SearchField({ label, heading, value, onChange, rest = 0 }: SearchFieldProps) {
	const [text, setText] = useState(value);
	const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
	useEffect(() => setText(value), [value]);
	useEffect(() => () => clearTimeout(timer.current), []);
	const change = (next: string) => {
		setText(next);
		clearTimeout(timer.current);
		if (rest === 0) onChange(next);
		else timer.current = setTimeout(() => onChange(next), rest);
	};
	return (
		<TextInput
			className="search-field"
			type="search"
			label={heading}
			aria-label={heading ? `${heading}: ${label}` : label}
			placeholder={label}
			leftSection={<IconSearch size={18} aria-hidden="true" />}
			value={text}
			onChange={(event) => change(event.currentTarget.value)}
			onKeyDown={(event) => event.key === "Escape" && text && change("")}
			data-testid="search"
		/>
	);
}
