import { Checkbox, Chip, NumberInput, Radio, Select } from "@mantine/core";
import { DateInput } from "@mantine/dates";
import { useId } from "react";
import { type Texts, useTexts } from "../../../i18n";
import type { Recurrence } from "../../../office/meetings";
import { addDays, dayOf, readTypedDay, weekday } from "./dates";
import { dayLetters, dayName, dayText, fullDay } from "./format";
import { type Frequency, occurrences, type Rule, readRule, writeRule } from "./recurrence";

const monday = "2026-11-23";
/** Dates of a series that are listed, to take some of them out. */
const listed = 24;

interface RecurrenceFieldsProps {
	value: Recurrence | null | undefined;
	/** When the first meeting begins, in ms. */
	start: number;
	onChange: (value: Recurrence | null) => void;
}

/** Whether a meeting comes again, how often and until when; single ones can be left out. */
export function RecurrenceFields({ value, start, onChange }: RecurrenceFieldsProps) {
	const { t } = useTexts();
	const rule = value && readRule(value.rrule);
	const first = dayOf(start);
	const begin = (frequency: Frequency) => {
		const fresh: Rule = { frequency, interval: 1, weekdays: frequency === "weekly" ? [weekday(first)] : [], count: 4 };
		onChange({ rrule: writeRule({ ...fresh, ...(rule && { count: rule.count, until: rule.until }) }) });
	};
	return (
		<>
			<Select
				className="c4"
				label={t("field.recurrence")}
				data={[
					{ value: "none", label: t("freq.none") },
					{ value: "daily", label: t("freq.daily") },
					{ value: "weekly", label: t("freq.weekly") },
					{ value: "monthly", label: t("freq.monthly") },
				]}
				value={rule?.frequency ?? "none"}
				onChange={(next) => (next === "none" || !next ? onChange(null) : begin(next as Frequency))}
				data-testid="field-recurrence"
			/>
			{value && rule && <RuleFields rule={rule} value={value} start={start} onChange={onChange} />}
		</>
	);
}

interface RuleFieldsProps {
	rule: Rule;
	value: Recurrence;
	start: number;
	onChange: (value: Recurrence) => void;
}

function RuleFields({ rule, value, start, onChange }: RuleFieldsProps) {
	const { t, language } = useTexts();
	const change = (part: Partial<Rule>) => onChange({ ...value, rrule: writeRule({ ...rule, ...part }) });
	const first = dayOf(start);
	const name = useId();
	return (
		<>
			<NumberInput
				className="c2"
				label={t(`every.${rule.frequency}`)}
				min={1}
				max={99}
				clampBehavior="strict"
				allowDecimal={false}
				value={rule.interval}
				onChange={(n) => Number(n) >= 1 && change({ interval: Number(n) })}
			/>
			<Radio.Group
				className="c6"
				name={name}
				label={t("freq.ends")}
				value={rule.until ? "until" : "count"}
				onChange={(how) => change(how === "until" ? { until: addDays(first, 90), count: undefined } : { until: undefined, count: 4 })}
			>
				<div className="recurrence-end">
					<Radio value="count" label={t("freq.count")} />
					<NumberInput
						aria-label={t("freq.count")}
						min={1}
						max={200}
						clampBehavior="strict"
						allowDecimal={false}
						disabled={rule.until !== undefined}
						value={rule.count ?? ""}
						onChange={(n) => Number(n) >= 1 && change({ count: Number(n) })}
						data-testid="field-count"
					/>
					<Radio value="until" label={t("freq.until")} />
					<DateInput
						aria-label={t("freq.until")}
						disabled={rule.until === undefined}
						value={rule.until ?? null}
						minDate={first}
						valueFormat={(d) => fullDay(d)}
						dateParser={(text) => readTypedDay(text, first) ?? null}
						onChange={(until) => until && change({ until })}
						previousLabel={t("field.previousMonth")}
						nextLabel={t("field.nextMonth")}
					/>
				</div>
			</Radio.Group>
			{rule.frequency === "weekly" && (
				<fieldset className="c12 recurrence-days">
					<legend className="visually-hidden">{t("freq.weekdays")}</legend>
					{[1, 2, 3, 4, 5, 6, 7].map((d) => (
						<Chip
							key={d}
							checked={rule.weekdays.includes(d)}
							aria-label={dayName(addDays(monday, d - 1), language)}
							onChange={(on) => {
								const weekdays = on ? [...rule.weekdays, d] : rule.weekdays.filter((other) => other !== d);
								if (weekdays.length > 0) change({ weekdays });
							}}
						>
							{dayLetters(addDays(monday, d - 1), language)}
						</Chip>
					))}
				</fieldset>
			)}
			<Dates rule={rule} value={value} start={start} onChange={onChange} />
		</>
	);
}

/** The dates that come out; each but the first can be left out. */
function Dates({ rule, value, start, onChange }: RuleFieldsProps) {
	const { t, language } = useTexts();
	const all = occurrences(start, rule);
	const exdates = value.exdates ?? [];
	const left = new Set(exdates.map((d) => dayOf(Date.parse(d))));
	const toggle = (at: number) => {
		const day = dayOf(at);
		const next = left.has(day) ? exdates.filter((d) => dayOf(Date.parse(d)) !== day) : [...exdates, new Date(at).toISOString()];
		onChange({ ...value, exdates: next.sort() });
	};
	return (
		<fieldset className="c12 recurrence-dates">
			<legend>{t("freq.dates", { count: all.filter((at) => !left.has(dayOf(at))).length })}</legend>
			{all.slice(0, listed).map((at) => (
				<Checkbox
					key={at}
					size="sm"
					label={dayText(dayOf(at), language)}
					checked={!left.has(dayOf(at))}
					disabled={at === start}
					onChange={() => toggle(at)}
				/>
			))}
			{all.length > listed && <span className="caption">{t("freq.more", { count: all.length - listed })}</span>}
		</fieldset>
	);
}

/** A series in words. */
export function ruleText(rule: Rule, t: Texts): string {
	const often = rule.interval > 1 ? t(`each.${rule.frequency}`, { count: rule.interval }) : t(`freq.${rule.frequency}`);
	return rule.until ? t("freq.untilText", { often, day: fullDay(rule.until) }) : t("freq.countText", { often, count: rule.count ?? 1 });
}
