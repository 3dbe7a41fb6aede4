/** Digits that do not jump: the face has no tabular figures, so that each stands in a cell of its own. label is what is spoken. */
export function Digits({ text, label, role = "img" }: { text: string; label: string; role?: "img" | "timer" }) {
	return (
		// biome-ignore lint/a11y/useAriaPropsSupportedByRole: both roles have a name
		<span className="digits" role={role} aria-label={label}>
			{[...text].map((sign, i) =>
				/\d/.test(sign) ? (
					// biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
					<b key={i}>{sign}</b>
				) : (
					// biome-ignore lint/suspicious/noArrayIndexKey: a cell is its place
					<i key={i}>{sign}</i>
				),
			)}
		</span>
	);
}
