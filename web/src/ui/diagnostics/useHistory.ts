import { useEffect, useState } from "react";
import type { Call } from "../../call/call";
import { between, type Figures, type Moment, readMoment } from "../../media/moments";
import type { Diagnostics } from "../../signaling/protocol.gen";

/** What both ends knew in one second. */
export interface Second {
	/** RFC 3339 in UTC */
	at: string;
	figures: Figures;
	/** Absent where the server did not answer. */
	server?: Diagnostics;
}

/** Seconds that are kept. */
export const kept = 120;

/** The newest seconds, the newest last, collected while this is mounted. */
export function useHistory(call: Call): Second[] {
	const [history, setHistory] = useState<Second[]>([]);
	useEffect(() => {
		let before: { moment: Moment; pc: RTCPeerConnection } | undefined;
		let busy = false;
		const look = async () => {
			if (busy) return; // an answer that takes long is not asked for twice
			busy = true;
			try {
				const { connection } = call.local.getState();
				const [moment, server] = await Promise.all([readMoment(connection), call.diagnostics()]);
				if (before?.pc === connection.pc) {
					const second: Second = { at: new Date().toISOString(), figures: between(before.moment, moment), ...(server ? { server } : {}) };
					setHistory((all) => [...all, second].slice(-kept));
				}
				before = { moment, pc: connection.pc };
			} finally {
				busy = false;
			}
		};
		void look();
		const timer = setInterval(() => void look(), 1000);
		return () => clearInterval(timer);
	}, [call]);
	return history;
}
