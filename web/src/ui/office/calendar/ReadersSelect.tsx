import { Select, type SelectProps } from "@mantine/core";
import { useTexts } from "../../../i18n";
import { type Readers, readers } from "../../../office/meetings";

interface ReadersSelectProps extends Pick<SelectProps, "size" | "label" | "aria-label" | "disabled"> {
	value: Readers;
	onChange: (readers: Readers) => void;
}

/** Chooses who may read a paper. */
export function ReadersSelect({ onChange, ...props }: ReadersSelectProps) {
	const { t } = useTexts();
	return (
		<Select
			{...props}
			data={readers.map((value) => ({ value, label: t(`readers.${value}`) }))}
			onChange={(value) => value && onChange(value)}
			allowDeselect={false}
			data-testid="paper-readers"
		/>
	);
}
