/** A state as shape and colour: never colour alone. The word stands beside it. */
export function StateIcon({ state }: { state: "ok" | "warn" | "bad" | "off" }) {
	const shape = {
		ok: <path d="M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-1.4 14.2-4-4 1.5-1.5 2.5 2.5 5.3-5.3 1.5 1.5Z" />,
		warn: <path d="M12 2 1 21h22Zm-1 7h2v6h-2Zm0 8h2v2h-2Z" />,
		bad: <path d="M3 3h18v18H3Zm5.2 4-1.2 1.2L10.8 12 7 15.8 8.2 17l3.8-3.8 3.8 3.8 1.2-1.2-3.8-3.8L17 8.2 15.8 7 12 10.8Z" />,
		off: <circle cx="12" cy="12" r="9" fill="none" stroke="currentColor" strokeWidth="2" strokeDasharray="4 3" />,
	}[state];
	return (
		<svg
			className={`state state-${state}`}
			width="1.25em"
			height="1.25em"
			viewBox="0 0 24 24"
			fill="currentColor"
			fillRule="evenodd"
			aria-hidden="true"
		>
			{shape}
		</svg>
	);
}
