import { ActionIcon, Button, NumberInput, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from "@tabler/icons-react";
import { useTexts } from "../../../i18n";
import type { AgendaItem } from "../../../office/meetings";

interface AgendaFieldsProps {
	value: AgendaItem[];
	/** Minutes that the meeting has. */
	length: number;
	onChange: (items: AgendaItem[]) => void;
}

const most = 50;

/** The items of a meeting, each with who speaks and for how long. */
export function AgendaFields({ value, length, onChange }: AgendaFieldsProps) {
	const { t } = useTexts();
	const change = (at: number, part: Partial<AgendaItem>) => onChange(value.map((item, i) => (i === at ? { ...item, ...part } : item)));
	const swap = (at: number, by: number) => {
		const next = [...value];
		[next[at], next[at + by]] = [next[at + by], next[at]];
		onChange(next);
	};
	const sum = value.reduce((all, item) => all + item.minutes, 0);
	return (
		<div className="c12 agenda-fields">
			{value.map((item, i) => (
				// biome-ignore lint/suspicious/noArrayIndexKey: an item is its place
				<fieldset key={i} className="agenda-item" aria-label={t("agenda.item", { number: i + 1 })}>
					<span aria-hidden="true">{i + 1}</span>
					<TextInput
						aria-label={t("agenda.title")}
						placeholder={t("agenda.title")}
						value={item.title}
						maxLength={256}
						onChange={(event) => change(i, { title: event.currentTarget.value })}
						data-testid={`agenda-${i}`}
					/>
					<TextInput
						aria-label={t("agenda.owner")}
						placeholder={t("agenda.owner")}
						value={item.owner ?? ""}
						maxLength={256}
						onChange={(event) => change(i, { owner: event.currentTarget.value || undefined })}
					/>
					<NumberInput
						aria-label={t("agenda.minutes")}
						suffix={t("agenda.minutesSuffix")}
						min={1}
						max={1440}
						allowDecimal={false}
						clampBehavior="strict"
						hideControls
						value={item.minutes}
						onChange={(n) => Number(n) >= 1 && change(i, { minutes: Number(n) })}
					/>
					<span className="agenda-tools">
						<ActionIcon variant="subtle" color="gray" size={32} disabled={i === 0} aria-label={t("agenda.up")} onClick={() => swap(i, -1)}>
							<IconArrowUp size={18} aria-hidden="true" />
						</ActionIcon>
						<ActionIcon
							variant="subtle"
							color="gray"
							size={32}
							disabled={i === value.length - 1}
							aria-label={t("agenda.down")}
							onClick={() => swap(i, 1)}
						>
							<IconArrowDown size={18} aria-hidden="true" />
						</ActionIcon>
						<ActionIcon
							variant="subtle"
							color="gray"
							size={32}
							aria-label={t("agenda.remove")}
							onClick={() => onChange(value.filter((_, j) => j !== i))}
						>
							<IconTrash size={18} aria-hidden="true" />
						</ActionIcon>
					</span>
				</fieldset>
			))}
			<div className="agenda-foot">
				<Button
					variant="default"
					size="sm"
					disabled={value.length >= most}
					leftSection={<IconPlus size={16} aria-hidden="true" />}
					onClick={() => onChange([...value, { title: "", minutes: 15 }])}
					data-testid="agenda-add"
				>
					{t("agenda.add")}
				</Button>
				{value.length > 0 && (
					<span className={sum > length ? "field-warning" : "caption"}>
						{t(sum > length ? "agenda.over" : "agenda.sum", { sum, length })}
					</span>
				)}
			</div>
		</div>
	);
}
