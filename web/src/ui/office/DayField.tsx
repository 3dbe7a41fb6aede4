import { DateInput } from "@mantine/dates";
import dayjs from "dayjs";
import customParseFormat from "dayjs/plugin/customParseFormat";
import { useTexts } from "../../i18n";
import type { Day } from "../../office/directory";

dayjs.extend(customParseFormat);

/** Days as they are typed: 9/6/2025, 09-06-2025, 09062025. */
const typed = ["DD/MM/YYYY", "D/M/YYYY", "D-M-YYYY", "D.M.YYYY", "DDMMYYYY", "YYYY-MM-DD"];

interface DayFieldProps {
	label: string;
	description?: string;
	/** Empty for no day. */
	value: Day | "";
	onChange: (day: Day | "") => void;
	clearable?: boolean;
	error?: string;
	className?: string;
	"data-testid"?: string;
}

/** A day, typed or chosen, written as dd/MM/yyyy whatever the browser's language is. */
export function DayField({ value, onChange, clearable, label, ...rest }: DayFieldProps) {
	const { t } = useTexts();
	return (
		<DateInput
			{...rest}
			label={label}
			value={value || null}
			onChange={(day) => onChange(day ?? "")}
			valueFormat="DD/MM/YYYY"
			placeholder="dd/mm/yyyy"
			dateParser={(text) => {
				const day = dayjs(text, typed, true);
				return day.isValid() ? day.format("YYYY-MM-DD") : null;
			}}
			clearable={clearable}
			clearButtonProps={{ "aria-label": t("office.clear") }}
			popoverProps={{ withinPortal: false }}
			ariaLabels={{
				nextMonth: t("day.nextMonth"),
				previousMonth: t("day.previousMonth"),
				nextYear: t("day.nextYear"),
				previousYear: t("day.previousYear"),
				nextDecade: t("day.nextYears"),
				previousDecade: t("day.previousYears"),
			}}
		/>
	);
}
