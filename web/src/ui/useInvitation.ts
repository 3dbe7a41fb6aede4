import { useCallback, useEffect, useState } from "react";
import { type Invitation, Problem, readInvitation } from "../signaling/rest";

export interface InvitationState {
	invited?: Invitation;
	problem?: Problem;
	retry: () => void;
	/** When the answer came, on this page's steady clock in ms. */
	at: number;
}

/** Reads an invitation. What fails is tried again by itself: soon where it may pass, and now and then in any case, for screens without a person. */
export function useInvitation(token: string): InvitationState {
	const [invited, setInvited] = useState<Invitation>();
	const [problem, setProblem] = useState<Problem>();
	const [at, setAt] = useState(0);
	const [attempt, setAttempt] = useState(0);
	const retry = useCallback(() => setAttempt((n) => n + 1), []);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
	useEffect(() => {
		let current = true;
		let timer: ReturnType<typeof setTimeout> | undefined;
		readInvitation(token).then(
			(answer) => {
				if (!current) return;
				setProblem(undefined);
				setInvited(answer);
				setAt(performance.now());
			},
			(error) => {
				if (!current) return;
				const known = error instanceof Problem ? error : new Problem("internal", 0, "", "", "");
				setProblem(known);
				timer = setTimeout(retry, known.passing ? 5000 : 60_000);
			},
		);
		return () => {
			current = false;
			clearTimeout(timer);
		};
	}, [token, attempt, retry]);
	return { invited, problem, retry, at };
}

/** When the meeting opens, and in how many ms, as long as it has not: by the server's clock. */
export function useOpening(invited: Invitation | undefined, at: number): { waiting: boolean; left: number; now: number } {
	const [tick, setTick] = useState(() => performance.now());
	useEffect(() => {
		const timer = setInterval(() => setTick(performance.now()), 500);
		return () => clearInterval(timer);
	}, []);
	if (!invited) return { waiting: false, left: 0, now: Date.now() };
	const now = Date.parse(invited.server_time) + Math.max(0, tick - at);
	const left = Date.parse(invited.meeting.opens_at) - now;
	return { waiting: !invited.meeting.admits && left > 0, left, now };
}
