import { TextInput } from "@mantine/core";
import { DateInput } from "@mantine/dates";
import { IconCalendar } from "@tabler/icons-react";
import { type KeyboardEvent, useLayoutEffect, useRef, useState } from "react";
import { useTexts } from "../../../i18n";
import { dayOf, hour, minutesOf, momentOf, readHour, readTypedDay } from "./dates";
import { step, type Time } from "./drag";
import { dayName, fullDay } from "./format";

interface TimeFieldsProps {
	value: Time;
	onChange: (time: Time) => void;
	/** Id of what says why the time cannot be had. */
	describedBy?: string;
	/** What the server finds wrong with a field. */
	error?: string;
	size?: "sm" | "md";
	now: number;
}

/** Day, from and to. Moving the beginning keeps the length. */
export function TimeFields({ value, onChange, describedBy, error, size, now }: TimeFieldsProps) {
	const { t, language } = useTexts();
	const day = dayOf(value.start);
	const minutes = minutesOf(value.start);
	const length = value.end - value.start;
	const move = (start: number) => onChange({ start, end: start + length });
	const until = (end: number) => {
		const at = momentOf(day, end);
		// An end before the beginning is one of the next day only where that is near: a duty over night.
		onChange({ start: value.start, end: at > value.start ? at : at + 24 * 3600_000 });
	};
	const shared = { size, "aria-describedby": describedBy, error: describedBy ? true : undefined };
	return (
		<>
			<DateInput
				className="time-day"
				label={t("field.day")}
				value={day}
				onChange={(next) => next && move(momentOf(next, minutes))}
				dateParser={(text) => readTypedDay(text, dayOf(now)) ?? null}
				valueFormat={(d) => `${dayName(d, language)}, ${fullDay(d)}`}
				rightSection={<IconCalendar size={18} aria-hidden="true" />}
				rightSectionPointerEvents="none"
				previousLabel={t("field.previousMonth")}
				nextLabel={t("field.nextMonth")}
				data-testid="field-day"
				{...shared}
				error={error ?? shared.error}
			/>
			<HourField
				label={t("field.from")}
				value={minutes}
				onChange={(from) => move(momentOf(day, from))}
				data-testid="field-from"
				{...shared}
			/>
			<HourField label={t("field.to")} value={minutesOf(value.end)} onChange={until} data-testid="field-to" {...shared} />
		</>
	);
}

interface HourFieldProps {
	label: string;
	/** Minutes since midnight. */
	value: number;
	onChange: (minutes: number) => void;
	size?: "sm" | "md";
	error?: boolean;
	"aria-describedby"?: string;
	"data-testid"?: string;
}

/** An hour that is typed in whatever way (8, 830, 8h30); the arrows go by quarters. */
function HourField({ value, onChange, ...rest }: HourFieldProps) {
	// What is typed stays while another field moves the value: nobody's next keys are lost.
	const [typed, setTyped] = useState<string>();
	const field = useRef<HTMLInputElement>(null);
	// Whoever comes from the other hour has it all selected, though that has just moved this one.
	// biome-ignore lint/correctness/useExhaustiveDependencies: when the value moves
	useLayoutEffect(() => {
		if (field.current === document.activeElement && typed === undefined) field.current?.select();
	}, [value]);
	const take = () => {
		const read = readHour(typed ?? "");
		setTyped(undefined);
		if (read !== undefined && read !== value) onChange(read);
	};
	const arrows = (event: KeyboardEvent) => {
		if (event.key === "Enter") return take();
		if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
		event.preventDefault();
		setTyped(undefined);
		const next = value + (event.key === "ArrowUp" ? step : -step);
		if (next >= 0 && next < 24 * 60) onChange(next);
	};
	return (
		<TextInput
			ref={field}
			inputMode="numeric"
			maxLength={12}
			autoComplete="off"
			value={typed ?? hour(value)}
			onChange={(event) => setTyped(event.currentTarget.value)}
			onFocus={(event) => event.currentTarget.select()}
			onBlur={take}
			onKeyDown={arrows}
			{...rest}
		/>
	);
}
