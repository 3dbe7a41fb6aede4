import { ActionIcon, Button } from "@mantine/core";
import { IconChevronLeft, IconChevronRight } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";
import { useTexts } from "../../../i18n";
import { addDays, addMonths, type Day, dayOf, monthName, weekName } from "./dates";

export type View = "week" | "month" | "halls";

interface CalendarBarProps {
	/** A day of what is shown. */
	at: Day;
	view: View;
	children?: ReactNode;
}

const names: Record<View, (day: Day) => string> = { week: weekName, month: monthName, halls: (day) => day };

/** Where a view shows a day. */
export function addressOf(view: View, day: Day): string {
	return `/calendar/${names[view](day)}`;
}

/** A day of what a view shows so many weeks, months or days later. */
export function turned(view: View, day: Day, count: number): Day {
	return view === "month" ? addMonths(day, count) : addDays(day, count * (view === "week" ? 7 : 1));
}

/** Back and forth, to today, to the other views. */
export function CalendarBar({ at, view, children }: CalendarBarProps) {
	const { t } = useTexts();
	const today = dayOf(Date.now());
	// From another week the other views show its first day, from this one today.
	const near = names.week(at) === names.week(today) ? today : at;
	return (
		<>
			<div className="calendar-turn">
				<ActionIcon
					component={Link}
					href={addressOf(view, turned(view, at, -1))}
					variant="default"
					size="input-md"
					aria-label={t(`turn.${view}Before`)}
					data-testid="before"
				>
					<IconChevronLeft size={20} aria-hidden="true" />
				</ActionIcon>
				<Button component={Link} href={addressOf(view, today)} variant="default" size="md" data-testid="today">
					{t(`turn.${view}Now`)}
				</Button>
				<ActionIcon
					component={Link}
					href={addressOf(view, turned(view, at, 1))}
					variant="default"
					size="input-md"
					aria-label={t(`turn.${view}After`)}
					data-testid="after"
				>
					<IconChevronRight size={20} aria-hidden="true" />
				</ActionIcon>
			</div>
			<nav className="calendar-views" aria-label={t("turn.views")}>
				{(["week", "month", "halls"] as const).map((other) => (
					<Link key={other} href={addressOf(other, near)} aria-current={other === view ? "page" : undefined} data-testid={`view-${other}`}>
						{t(`turn.${other}`)}
					</Link>
				))}
			</nav>
			{children}
		</>
	);
}
