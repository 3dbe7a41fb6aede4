import { Button, Checkbox, Select } from "@mantine/core";
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { duration, longTime, useTexts } from "../i18n";
import { chime, isHall, setHall } from "../media/devices";
import { type Invitation, Problem, readInvitation } from "../signaling/rest";
import { Header } from "../ui/Header";
import { LevelMeter } from "../ui/LevelMeter";
import { StateIcon } from "../ui/StateIcon";
import { useDevice } from "../ui/useDevice";
import { Video } from "../ui/Video";

interface JoinPageProps {
	invitation: string;
	call: Call;
	joining: boolean;
	onJoin: () => void;
}

export function JoinPage({ invitation, call, joining, onJoin }: JoinPageProps) {
	const { t, language } = useTexts();
	const [invited, problem, retry] = useInvitation(invitation);
	if (problem) {
		return (
			<div className="page">
				<Header />
				<main className="note" data-testid="refused">
					<div role="alert">
						<h1>{problem.code === "network" ? t("problem.network") : language === "vi" ? problem.vi : problem.en}</h1>
						{problem.requestId && <p className="caption">{t("problem.request", { id: problem.requestId })}</p>}
					</div>
					<Button onClick={retry}>{t("join.retry")}</Button>
				</main>
			</div>
		);
	}
	return (
		<div className="page">
			<Header name={invited?.name} unit={invited?.unit} />
			{invited && <JoinForm invited={invited} call={call} joining={joining} onJoin={onJoin} />}
		</div>
	);
}

function JoinForm({ invited, call, joining, onJoin }: { invited: Invitation } & Omit<JoinPageProps, "invitation">) {
	const { t, language } = useTexts();
	const sends = invited.role !== "display" && invited.role !== "operator";
	const camera = useDevice("camera", sends);
	const microphone = useDevice("microphone", sends);
	const [waiting, left] = useOpening(invited);
	const [tried, setTried] = useState(false);

	useEffect(() => void call.send("camera", camera.track ?? null), [call, camera.track]);
	useEffect(() => void call.send("microphone", microphone.track ?? null), [call, microphone.track]);
	useEffect(() => {
		if (waiting) return;
		call.prepare();
		// A ticket that was fetched ahead grows old while somebody looks at themself.
		const timer = setInterval(() => call.prepare(), 20_000);
		return () => clearInterval(timer);
	}, [call, waiting]);

	return (
		<main className="join">
			<section className="join-picture" aria-label={t("join.camera")}>
				<div className="tile" data-testid="preview">
					{camera.track ? <Video stream={camera.stream} mirrored muted /> : <p className="poster">{t("join.noCamera")}</p>}
					<div className="plate">
						<div>
							<strong>{invited.name}</strong>
							<small>{invited.unit}</small>
						</div>
						<small>{t("join.selfView")}</small>
					</div>
				</div>
				{sends && (
					<div className="join-devices">
						{[camera, microphone].map((device) => (
							<Select
								key={device.kind}
								aria-label={t(device.kind === "camera" ? "join.camera" : "join.microphone")}
								data={device.choices.map((c, i) => ({ value: c.id, label: c.label || `${t("join.device")} ${i + 1}` }))}
								value={device.chosen ?? null}
								onChange={(id) => id && device.choose(id)}
								disabled={device.choices.length === 0}
								allowDeselect={false}
							/>
						))}
					</div>
				)}
			</section>
			<section className="join-checks">
				<p>{t("join.invited")}</p>
				<h1>{invited.meeting.subject}</h1>
				{/* A meeting without an end is always on: when it began says nothing. */}
				{invited.meeting.end && (
					<p>
						<strong>{longTime(invited.meeting.start, language)}</strong>
					</p>
				)}
				{sends &&
					[camera, microphone].map((device) => (
						<div className="check" key={device.kind} data-testid={`check-${device.kind}`} data-fault={device.fault}>
							<StateIcon state={device.fault ? "bad" : device.track ? "ok" : "off"} />
							<div>
								<strong>{t(device.kind === "camera" ? "join.camera" : "join.microphone")}</strong>
								<p>
									{device.fault
										? t(`fault.${device.fault}`)
										: device.track
											? t(device.kind === "camera" ? "join.cameraReady" : "join.microphoneReady")
											: t("join.asking")}
									{device.kind === "microphone" && device.stream && <LevelMeter stream={device.stream} />}
								</p>
							</div>
							{device.fault && (
								<Button variant="default" size="sm" onClick={device.retry}>
									{t("join.retry")}
								</Button>
							)}
						</div>
					))}
				<div className="check">
					<StateIcon state={tried ? "ok" : "off"} />
					<div>
						<strong>{t("join.loudspeaker")}</strong>
						<p>{t(tried ? "join.loudspeakerTried" : "join.loudspeakerUntried")}</p>
					</div>
					<Button
						variant="default"
						size="sm"
						data-testid="chime"
						onClick={() => {
							setTried(true);
							void chime();
						}}
					>
						{t("join.listen")}
					</Button>
				</div>
				{sends && (
					<Checkbox
						label={t("join.hall")}
						defaultChecked={isHall()}
						data-testid="hall"
						onChange={(event) => {
							setHall(event.currentTarget.checked);
							microphone.retry();
						}}
					/>
				)}
				<Button
					className="join-button"
					size="xl"
					fullWidth
					onClick={onJoin}
					loading={joining}
					disabled={waiting !== undefined || camera.pending || microphone.pending}
					data-testid="join"
				>
					{t(joining ? "join.joining" : "join.join")}
				</Button>
				{waiting && (
					<>
						<p role="status">{t("join.opensAt", { time: longTime(waiting, language) })}</p>
						<p role="timer" data-testid="countdown">
							{t("join.opensIn", { time: duration(left) })}
						</p>
					</>
				)}
				{sends && invited.meeting.speaking === "floor" && <p className="caption">{t("join.floorOnly")}</p>}
				<p className="caption">{t("join.recorded")}</p>
				<JoinRefusal call={call} />
			</section>
		</main>
	);
}

function JoinRefusal({ call }: { call: Call }) {
	const { language } = useTexts();
	const refusal = useStore(call.local, (s) => s.refusal);
	return refusal ? <p role="alert">{language === "vi" ? refusal.vi : refusal.en}</p> : null;
}

function useInvitation(token: string): [Invitation | undefined, Problem | undefined, () => void] {
	const [invited, setInvited] = useState<Invitation>();
	const [problem, setProblem] = useState<Problem>();
	const [attempt, setAttempt] = useState(0);
	// biome-ignore lint/correctness/useExhaustiveDependencies: another attempt asks again
	useEffect(() => {
		let current = true;
		setProblem(undefined);
		readInvitation(token).then(
			(answer) => current && setInvited(answer),
			(error) => current && setProblem(error instanceof Problem ? error : new Problem("internal", 0, "", "", "")),
		);
		return () => {
			current = false;
		};
	}, [token, attempt]);
	return [invited, problem, () => setAttempt(attempt + 1)];
}

/** When the meeting opens, and in how many ms, as long as it has not: by the server's clock. */
function useOpening(invited: Invitation): [opensAt: string | undefined, left: number] {
	const opens = Date.parse(invited.meeting.opens_at);
	const [left, setLeft] = useState(() => opens - Date.parse(invited.server_time));
	useEffect(() => {
		const until = performance.now() + opens - Date.parse(invited.server_time);
		const timer = setInterval(() => setLeft(until - performance.now()), 1000);
		return () => clearInterval(timer);
	}, [opens, invited.server_time]);
	return [!invited.meeting.admits && left > 0 ? invited.meeting.opens_at : undefined, left];
}
