import { useCallback, useEffect, useState } from "react";
import { type HallSchedule, joinAsTerminal, Problem, pairTerminal, readTerminal } from "../../signaling/rest";

/** How often the schedule is read, and tried again when that failed, in ms. */
const every = 10_000;
const tryAgain = 5000;

export interface Terminal {
	schedule?: HallSchedule;
	/** Why the schedule is not the newest. */
	problem?: Problem;
	/** This device is not paired, or no longer. */
	unpaired: boolean;
	/** The server's clock in ms; this machine's until the server has answered. */
	now: number;
	refresh: () => void;
	/** Pairs this device, or throws a Problem. */
	pair: (code: string) => Promise<void>;
}

function problemOf(error: unknown): Problem {
	return error instanceof Problem ? error : new Problem("internal", 0, "", "", "");
}

/** This device as the terminal of a hall, with the hall's schedule. */
export function useTerminal(): Terminal {
	const [read, setRead] = useState<{ schedule: HallSchedule; at: number }>();
	const [problem, setProblem] = useState<Problem>();
	const [unpaired, setUnpaired] = useState(false);
	const [round, setRound] = useState(0);
	const refresh = useCallback(() => setRound((n) => n + 1), []);
	const accept = useCallback((schedule: HallSchedule) => {
		setRead({ schedule, at: performance.now() });
		setProblem(undefined);
		setUnpaired(false);
	}, []);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another round asks again
	useEffect(() => {
		if (unpaired) return;
		let current = true;
		let timer: ReturnType<typeof setTimeout> | undefined;
		readTerminal().then(
			(schedule) => {
				if (!current) return;
				accept(schedule);
				timer = setTimeout(refresh, every);
			},
			(error) => {
				if (!current) return;
				const failed = problemOf(error);
				if (failed.status === 401) {
					setRead(undefined);
					setProblem(undefined);
					return setUnpaired(true);
				}
				setProblem(failed);
				timer = setTimeout(refresh, tryAgain);
			},
		);
		return () => {
			current = false;
			clearTimeout(timer);
		};
	}, [round, unpaired, refresh, accept]);
	const pair = useCallback(async (code: string) => accept(await pairTerminal(code)), [accept]);

	const [tick, setTick] = useState(() => performance.now());
	useEffect(() => {
		const timer = setInterval(() => setTick(performance.now()), 500);
		return () => clearInterval(timer);
	}, []);
	const now = read ? Date.parse(read.schedule.server_time) + Math.max(0, tick - read.at) : Date.now();
	return { schedule: read?.schedule, problem, unpaired, now, refresh, pair };
}

/** The invitation for this terminal's seat in a meeting; refresh is called where the meeting is not what the schedule says. */
export function useTerminalSeat(meeting: string | undefined, refresh: () => void): { invitation?: string; problem?: Problem } {
	const [seat, setSeat] = useState<{ meeting: string; invitation: string }>();
	const [problem, setProblem] = useState<Problem>();
	const [round, setRound] = useState(0);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another round asks again
	useEffect(() => {
		setProblem(undefined);
		if (!meeting || seat?.meeting === meeting) return;
		let current = true;
		let timer: ReturnType<typeof setTimeout> | undefined;
		joinAsTerminal(meeting).then(
			(invitation) => {
				if (current) setSeat({ meeting, invitation });
			},
			(error) => {
				if (!current) return;
				setProblem(problemOf(error));
				refresh();
				timer = setTimeout(() => setRound((n) => n + 1), tryAgain);
			},
		);
		return () => {
			current = false;
			clearTimeout(timer);
		};
	}, [meeting, seat?.meeting, round, refresh]);
	return { invitation: seat && seat.meeting === meeting ? seat.invitation : undefined, problem };
}
