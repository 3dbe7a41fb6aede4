import { useEffect, useState } from "react";

/** ms that are left until a moment of performance.now(), and 0 after it. */
export function useCountdown(until: number): number {
	const [now, setNow] = useState(performance.now());
	const over = now >= until;
	useEffect(() => {
		setNow(performance.now());
		if (until <= performance.now()) return;
		const timer = setInterval(() => setNow(performance.now()), 250);
		return () => clearInterval(timer);
	}, [until]);
	return over ? 0 : until - now;
}
