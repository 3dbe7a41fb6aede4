import { Button, Checkbox } from "@mantine/core";
import { IconInfoCircle, IconMicrophone, IconVolume } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, longTime, spokenDuration, useTexts } from "../i18n";
import { chime, choosesLoudspeaker, echo, isHall, setHall } from "../media/devices";
import type { Invitation } from "../signaling/rest";
import { DeviceSelect, LoudspeakerSelect } from "../ui/DevicePanel";
import { Digits } from "../ui/Digits";
import { Header } from "../ui/Header";
import { LevelMeter } from "../ui/LevelMeter";
import { LinkTestCheck } from "../ui/LinkTestCheck";
import { StateIcon } from "../ui/StateIcon";
import { type Device, useDevice } from "../ui/useDevice";
import { type InvitationState, useOpening } from "../ui/useInvitation";
import { Video } from "../ui/Video";
import "../ui/join.css";

interface JoinPageProps {
	invitation: string;
	state: InvitationState;
	call: Call;
	joining: boolean;
	/** Joins as soon as the devices are there. */
	again: boolean;
	onJoin: () => void;
}

export function JoinPage({ state, ...rest }: JoinPageProps) {
	const { invited } = state;
	return (
		<div className="page join-page">
			<Header name={invited?.name} unit={invited?.unit} />
			{invited ? <JoinForm invited={invited} at={state.at} retry={state.retry} {...rest} /> : <JoinSkeleton />}
		</div>
	);
}

/** The final shape in grey, after a moment: most answers come sooner. */
function JoinSkeleton() {
	const { t } = useTexts();
	const [late, setLate] = useState(false);
	useEffect(() => {
		const timer = setTimeout(() => setLate(true), 300);
		return () => clearTimeout(timer);
	}, []);
	return (
		<main className="join" aria-busy="true" data-testid="join-loading">
			<h1 className="visually-hidden">{t("join.loading")}</h1>
			{late && (
				<>
					<div className="bar-grey bar-picture" />
					<div className="join-checks">
						<div className="bar-grey" />
						<div className="bar-grey bar-title" />
						<div className="bar-grey" />
						<div className="bar-grey bar-button" />
					</div>
				</>
			)}
		</main>
	);
}

interface JoinFormProps extends Omit<JoinPageProps, "state"> {
	invited: Invitation;
	at: number;
	retry: () => void;
}

function JoinForm({ invitation, invited, at, retry, call, joining, again, onJoin }: JoinFormProps) {
	const { t, language } = useTexts();
	const sends = invited.role !== "display" && invited.role !== "operator";
	const camera = useDevice("camera", sends);
	const microphone = useDevice("microphone", sends);
	const { waiting, left } = useOpening(invited, at);
	const trouble = useStore(call.local, (s) => s.trouble);
	const { meeting } = invited;

	useEffect(() => void call.send("camera", camera.track ?? null), [call, camera.track]);
	useEffect(() => void call.send("microphone", microphone.track ?? null), [call, microphone.track]);
	useEffect(() => {
		if (waiting) return;
		call.prepare();
		// A ticket that was fetched ahead grows old while somebody looks at themself.
		const timer = setInterval(() => call.prepare(), 20_000);
		return () => clearInterval(timer);
	}, [call, waiting]);

	// A meeting may be brought forward, and a laptop may have slept: the server is asked again.
	useEffect(() => {
		if (!waiting) return;
		const timer = setInterval(retry, 30_000);
		document.addEventListener("visibilitychange", retry);
		return () => {
			clearInterval(timer);
			document.removeEventListener("visibilitychange", retry);
		};
	}, [waiting, retry]);

	const ready = !waiting && !camera.pending && !microphone.pending;
	const sent = useStore(call.local, (s) => s.sent);
	// The tracks are given to the call by effects of their own: it joins when it has them.
	const given = (camera.track ?? null) === sent.camera && (microphone.track ?? null) === sent.microphone;
	// biome-ignore lint/correctness/useExhaustiveDependencies: once, when all is there
	useEffect(() => {
		if (again && ready && given && !joining) onJoin();
	}, [again, ready, given]);

	return (
		<main className="join">
			<section className="join-picture" aria-label={t("join.camera")}>
				<div className="tile" data-testid="preview">
					<div className="picture">
						{camera.track ? <Video stream={camera.stream} mirrored muted /> : <p className="poster">{t("join.noCamera")}</p>}
					</div>
					<div className="plate">
						<div className="plate-name">
							<strong>
								<bdi>{invited.name}</bdi>
							</strong>
							<small>
								<bdi>{invited.unit}</bdi>
							</small>
						</div>
						<small className="join-seen">{t("join.selfView")}</small>
					</div>
				</div>
				{sends && (
					<div className="join-devices">
						<DeviceSelect kind="camera" bare value={camera.chosen} onChoose={camera.choose} />
						<DeviceSelect kind="microphone" bare value={microphone.chosen} onChoose={microphone.choose} />
						{choosesLoudspeaker() && <LoudspeakerSelect bare />}
					</div>
				)}
				{sends && (
					<Checkbox
						label={t("join.hall")}
						description={t("join.hallWhy")}
						defaultChecked={isHall()}
						data-testid="hall"
						onChange={(event) => {
							setHall(event.currentTarget.checked);
							microphone.retry();
						}}
					/>
				)}
			</section>
			<section className="join-checks">
				<p>{t("join.invited")}</p>
				<h1>
					<bdi>{meeting.subject}</bdi>
				</h1>
				<p className="join-facts">
					{/* A meeting without an end is always on: when it began says nothing. */}
					{meeting.end && <strong>{longTime(meeting.start, language)}</strong>}
					<span>
						{t("room.chair")} <bdi>{meeting.chair}</bdi>
					</span>
				</p>
				<ul className="checks" aria-label={t("join.checks")}>
					{sends && <DeviceCheck device={camera} />}
					{sends && <DeviceCheck device={microphone} />}
					<LoudspeakerCheck />
					{sends && microphone.stream && <EchoCheck stream={microphone.stream} />}
					<LinkTestCheck invitation={invitation} sends={sends} joining={joining} />
				</ul>
				{waiting ? (
					<div className="opening" data-testid="opening">
						<p role="status">{t("join.opensAt", { time: longTime(meeting.opens_at, language) })}</p>
						<span data-testid="countdown">
							<Digits role="timer" text={duration(left + 999)} label={t("join.opensIn", { time: spokenDuration(left, language) })} />
						</span>
					</div>
				) : null}
				<div className="join-go">
					<Button className="join-button" fullWidth onClick={onJoin} loading={joining && !trouble} disabled={!ready} data-testid="join">
						{t(joining ? "join.joining" : "join.join")}
					</Button>
				</div>
				{trouble === "socket" && (
					<div className="message message-bad" role="alert" data-testid="socket-blocked">
						<StateIcon state="bad" />
						<div>
							<strong>{t("trouble.socket")}</strong>
							<p>{t("trouble.socketAsk", { host: location.host })}</p>
						</div>
					</div>
				)}
				{trouble === "server" && (
					<p className="message message-bad" role="alert" data-testid="server-away">
						<StateIcon state="bad" />
						{t("problem.network")} {t("problem.again")}
					</p>
				)}
				<JoinRefusal call={call} />
				{sends && meeting.speaking === "floor" && (
					<p className="caption join-note">
						<IconInfoCircle size={18} aria-hidden="true" />
						{t("join.floorOnly")}
					</p>
				)}
				<p className="caption">{t("join.recorded")}</p>
			</section>
		</main>
	);
}

function DeviceCheck({ device }: { device: Device }) {
	const { t } = useTexts();
	const { kind, fault, track, stream } = device;
	return (
		<li className="check" data-testid={`check-${kind}`} data-fault={fault}>
			<StateIcon state={fault ? "bad" : track ? "ok" : "off"} />
			<div>
				<strong>{t(`join.${kind}`)}</strong>
				<p>
					{fault ? t(`fault.${fault}`) : track ? t(`join.${kind}Ready`) : t("join.asking")}
					{kind === "microphone" && stream && <LevelMeter stream={stream} />}
				</p>
			</div>
			{fault && (
				<Button variant="default" size="sm" onClick={device.retry} aria-label={`${t("join.retry")}: ${t(`join.${kind}`)}`}>
					{t("join.retry")}
				</Button>
			)}
		</li>
	);
}

function LoudspeakerCheck() {
	const { t } = useTexts();
	const [tried, setTried] = useState(false);
	return (
		<li className="check">
			<StateIcon state={tried ? "ok" : "off"} />
			<div>
				<strong>{t("join.loudspeaker")}</strong>
				<p>{t(tried ? "join.loudspeakerTried" : "join.loudspeakerUntried")}</p>
			</div>
			<Button
				variant="default"
				size="sm"
				data-testid="chime"
				leftSection={<IconVolume size={18} aria-hidden="true" />}
				onClick={() => {
					setTried(true);
					void chime();
				}}
			>
				{t("join.listen")}
			</Button>
		</li>
	);
}

/** Says a few words and hears them again: what the others will hear. */
function EchoCheck({ stream }: { stream: MediaStream }) {
	const { t } = useTexts();
	const [state, setState] = useState<"untried" | "recording" | "playing" | "done" | "failed">("untried");
	const current = useRef(stream);
	current.current = stream;
	const busy = state === "recording" || state === "playing";
	return (
		<li className="check" data-testid="check-echo" data-state={state}>
			<StateIcon state={state === "done" ? "ok" : state === "failed" ? "bad" : "off"} />
			<div>
				<strong>{t("echo.title")}</strong>
				<p role="status">{t(`echo.${state}`)}</p>
			</div>
			<Button
				variant="default"
				size="sm"
				disabled={busy}
				data-testid="echo"
				leftSection={<IconMicrophone size={18} aria-hidden="true" />}
				onClick={() => {
					setState("recording");
					echo(current.current, () => setState("playing")).then(
						() => setState("done"),
						() => setState("failed"),
					);
				}}
			>
				{t("echo.record")}
			</Button>
		</li>
	);
}

function JoinRefusal({ call }: { call: Call }) {
	const { language } = useTexts();
	const refusal = useStore(call.local, (s) => s.refusal);
	return refusal ? (
		<p className="message message-bad" role="alert">
			<StateIcon state="bad" />
			{language === "vi" ? refusal.vi : refusal.en}
		</p>
	) : null;
}
