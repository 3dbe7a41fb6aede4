interface GraphProps {
	label: string;
	/** The newest last; undefined where nothing is known. */
	values: (number | undefined)[];
	/** How many values the width holds. */
	span: number;
	unit: string;
	format: (value: number) => string;
	/** What is said without a value. */
	unknown: string;
}

const [width, height] = [120, 32];

/** One figure over time: the newest value in words, the line below, the highest value at its top. */
export function Graph({ label, values, span, unit, format, unknown }: GraphProps) {
	const known = values.filter((v) => v !== undefined);
	const newest = values.at(-1);
	const top = Math.max(1, ...known);
	const word = newest === undefined ? unknown : `${format(newest)} ${unit}`;
	const x = (i: number) => width - ((values.length - 1 - i) * width) / Math.max(1, span - 1);
	const points = values.flatMap((v, i) =>
		v === undefined ? [] : [`${x(i).toFixed(1)},${(height - 1 - (v / top) * (height - 2)).toFixed(1)}`],
	);
	return (
		<figure className="graph">
			<figcaption>
				<span>{label}</span> <strong>{word}</strong>
			</figcaption>
			<svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" aria-hidden="true">
				<path className="graph-base" d={`M0 ${height - 0.5}H${width}`} />
				<polyline className="graph-line" points={points.join(" ")} />
			</svg>
			<small aria-hidden="true">≤ {format(top)}</small>
		</figure>
	);
}
