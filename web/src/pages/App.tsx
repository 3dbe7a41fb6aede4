import { MantineProvider } from "@mantine/core";
import { lazy, Suspense, useEffect, useState } from "react";
import { Call } from "../call/call";
import { manages } from "../call/state";
import { startOfficeTexts } from "../i18n";
import { cameraCodecOf } from "../media/codecs";
import { cssVariablesResolver, theme } from "../theme";
import { Crash } from "../ui/Crash";
import { choices, useChoices } from "../ui/choices";
import { type InvitationState, useInvitation } from "../ui/useInvitation";
import { expose } from "./expose";
import { JoinPage } from "./JoinPage";
import { MeetingPage } from "./MeetingPage";
import { OverPage } from "./OverPage";
import { RefusedPage } from "./RefusedPage";
import { WaitingPage } from "./WaitingPage";

// What most participants never open is loaded by those who do.
const DeskPage = lazy(() => import("./DeskPage"));
const HallPage = lazy(() => import("./HallPage"));
const TerminalPage = lazy(() => import("./TerminalPage"));
const OfficeApp = lazy(async () => (await Promise.all([import("./office/OfficeApp"), startOfficeTexts()]))[0]);

/** Slots of a page: a phone shows 4 tiles, others 14 until they show the sites in a grid. */
function slotCounts(): { video: number; audio: number } {
	return { video: window.innerWidth < 700 ? 4 : 14, audio: 4 };
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
	const { dark } = useChoices();
	const terminal = location.pathname === "/terminal";
	const invited = location.pathname === "/join" && invitation !== "";
	return (
		// Rooms are always dark, office pages light unless asked for otherwise.
		<MantineProvider
			theme={theme}
			cssVariablesResolver={cssVariablesResolver}
			forceColorScheme={room || terminal || dark ? "dark" : "light"}
		>
			<Crash unattended={terminal}>
				<Suspense fallback={null}>
					{terminal ? (
						<TerminalPage invitation={invitation} />
					) : invited ? (
						<Invited key={invitation} invitation={invitation} onRoom={setRoom} />
					) : (
						<OfficeApp />
					)}
				</Suspense>
			</Crash>
		</MantineProvider>
	);
}

/** What the holder of an invitation sees. */
function Invited({ invitation, onRoom }: { invitation: string; onRoom: (room: boolean) => void }) {
	const state = useInvitation(invitation);
	const display = state.invited?.role === "display";
	useEffect(() => {
		if (display) onRoom(true);
	}, [display, onRoom]);
	if (state.problem && !state.invited) return <RefusedPage problem={state.problem} onRetry={state.retry} />;
	if (display) {
		return (
			<Crash unattended>
				<Suspense fallback={null}>
					<HallPage invitation={invitation} state={state} />
				</Suspense>
			</Crash>
		);
	}
	return <Participation invitation={invitation} state={state} onRoom={onRoom} />;
}

/** The join page, the meeting, and what is left of it. */
function Participation(props: { invitation: string; state: InvitationState; onRoom: (room: boolean) => void }) {
	const { invitation, state, onRoom } = props;
	const [round, setRound] = useState(0);
	const [call, setCall] = useState<Call>();
	const [phase, setPhase] = useState<"before" | "joining" | "waiting" | "in" | "over">("before");

	// biome-ignore lint/correctness/useExhaustiveDependencies: each round has a call of its own
	useEffect(() => {
		const made = new Call(invitation, slotCounts(), cameraCodecOf(location.search));
		setCall(made);
		setPhase("before");
		expose(made);
		const unsubscribe = made.state.subscribe((state) => {
			if (state.phase === "over") setPhase("over");
			else if (state.participant) setPhase("in");
			else if (state.phase === "waiting") setPhase("waiting");
		});
		return () => {
			unsubscribe();
			// Another link was opened in this tab: this one is left.
			if (made.state.getState().phase !== "over") made.leave();
		};
	}, [invitation, round]);

	useEffect(() => onRoom(phase === "in"), [onRoom, phase]);

	if (!call) return null;
	if (phase === "over") return <OverPage call={call} onAgain={() => setRound(round + 1)} />;
	// Whoever comes back has chosen their devices before: one click is enough.
	const again = round > 0;
	if (phase === "waiting") return <WaitingPage call={call} />;
	if (phase === "in") return <Room call={call} />;
	return (
		<JoinPage
			invitation={invitation}
			state={state}
			call={call}
			joining={phase === "joining"}
			again={again}
			onJoin={() => {
				setPhase("joining");
				call.join();
			}}
		/>
	);
}

/** The meeting, or the desk of those who run it. */
function Room({ call }: { call: Call }) {
	const { desk } = useChoices();
	const self = call.state.getState().participants[call.state.getState().participant];
	const technician = self?.role === "operator";
	const runs = manages(self) || technician;
	// Secretary and technician work at the desk, the chair looks at the meeting; all may go over.
	const atDesk = runs && window.innerWidth >= 1000 && (desk ?? (self?.role === "secretary" || technician));
	return atDesk ? (
		<DeskPage call={call} onMeeting={() => choices.setState({ desk: false })} />
	) : (
		<MeetingPage call={call} onDesk={runs ? () => choices.setState({ desk: true }) : undefined} />
	);
}
