import { MantineProvider } from "@mantine/core";
import { useEffect, useState } from "react";
import { Call } from "../call/call";
import { cssVariablesResolver, theme } from "../theme";
import { HomePage } from "./HomePage";
import { JoinPage } from "./JoinPage";
import { MeetingPage } from "./MeetingPage";
import { OverPage } from "./OverPage";

/** Slots of a page: a phone shows 4 tiles, a hall 25 unless its link asks for another number (?slots=49). */
function slotCounts(): { video: number; audio: number } {
	const asked = Number(new URLSearchParams(location.search).get("slots"));
	if (Number.isInteger(asked) && asked >= 1 && asked <= 49) return { video: asked, audio: 4 };
	return { video: window.innerWidth < 700 ? 4 : 12, audio: 4 };
}

/** The invitation stands behind the # of the link: browsers do not send that part. */
function invitationOf(hash: string): string {
	return hash.replace(/^#/, "");
}

export function App() {
	const [room, setRoom] = useState(false);
	const [invitation, setInvitation] = useState(() => invitationOf(location.hash));
	useEffect(() => {
		const follow = () => setInvitation(invitationOf(location.hash));
		window.addEventListener("hashchange", follow);
		return () => window.removeEventListener("hashchange", follow);
	}, []);
	const invited = location.pathname === "/join" && invitation !== "";
	return (
		// Rooms are always dark, office pages light.
		<MantineProvider theme={theme} cssVariablesResolver={cssVariablesResolver} forceColorScheme={room ? "dark" : "light"}>
			{invited ? <Invited key={invitation} invitation={invitation} onRoom={setRoom} /> : <HomePage />}
		</MantineProvider>
	);
}

/** What the holder of an invitation sees: the join page, the meeting, and what is left of it. */
function Invited({ invitation, onRoom }: { invitation: string; onRoom: (room: boolean) => void }) {
	const [round, setRound] = useState(0);
	const [call, setCall] = useState<Call>();
	const [phase, setPhase] = useState<"before" | "joining" | "in" | "over">("before");

	// biome-ignore lint/correctness/useExhaustiveDependencies: each round has a call of its own
	useEffect(() => {
		const made = new Call(invitation, slotCounts());
		setCall(made);
		setPhase("before");
		// For diagnostics, and for tests: what the call knows, and its connection. Nothing can be changed through it.
		window.diemcau = { call: () => made.state.getState(), pc: () => made.local.getState().connection.pc };
		return made.state.subscribe((state) => {
			if (state.phase === "over") setPhase("over");
			else if (state.participant) setPhase("in");
		});
	}, [invitation, round]);

	useEffect(() => onRoom(phase === "in"), [onRoom, phase]);

	if (!call) return null;
	if (phase === "over") return <OverPage call={call} onAgain={() => setRound(round + 1)} />;
	if (phase === "in") return <MeetingPage call={call} />;
	return (
		<JoinPage
			invitation={invitation}
			call={call}
			joining={phase === "joining"}
			onJoin={() => {
				setPhase("joining");
				call.join();
			}}
		/>
	);
}
