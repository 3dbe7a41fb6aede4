import type { ReactNode } from "react";

/** A button of the toolbar: an icon, a word and the state, never an icon alone. */
export function ToolButton(props: {
	icon: ReactNode;
	label: string;
	state?: string;
	onClick: () => void;
	testid: string;
	pressed?: boolean;
	disabled?: boolean;
}) {
	return (
		<button
			type="button"
			className="tool"
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
		</button>
	);
}
