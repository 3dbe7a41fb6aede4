import { useEffect, useState } from "react";
import type { Call } from "../call/call";

/** The server's time in ms, each second: countdowns follow it, since the clocks of halls are wrong. */
export function useServerClock(call: Call): number {
	const read = () => Date.now() + call.state.getState().clockOffset;
	const [now, setNow] = useState(read);
	useEffect(() => {
		const timer = setInterval(() => setNow(Date.now() + call.state.getState().clockOffset), 1000);
		return () => clearInterval(timer);
	}, [call]);
	return now;
}
