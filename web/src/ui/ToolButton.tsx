import type { ReactNode } from "react";

/** A button of the toolbar: an icon, a word and the state, never an icon alone. */
export function ToolButton(props: {
	icon: ReactNode;
	label: string;
	state?: string;
	/** How many new things there are; told at every width. */
	badge?: number;
	onClick: () => void;
	testid: string;
	pressed?: boolean;
	disabled?: boolean;
	/** Left out of the toolbar of a phone. */
	wide?: boolean;
	/** Left out where the screen is not wide. */
	optional?: boolean;
	/** On phones only. */
	narrow?: boolean;
}) {
	return (
		<button
			type="button"
			className={`tool ${props.wide ? "tool-wide" : ""} ${props.optional ? "tool-optional" : ""} ${props.narrow ? "tool-narrow" : ""}`}
			onClick={props.onClick}
			data-testid={props.testid}
			aria-pressed={props.pressed}
			disabled={props.disabled}
		>
			{props.icon}
			<span>
				<strong>{props.label}</strong>
				{props.state && <small>{props.state}</small>}
			</span>
			{props.badge ? (
				<b className="badge" aria-hidden="true">
					{props.badge}
				</b>
			) : null}
		</button>
	);
}
