import { Button } from "@mantine/core";
import { useEffect, useState } from "react";
import { duration, spokenDuration, useTexts } from "../../../i18n";
import { shortMoment } from "../../../i18n/dates";
import { directoryKey, makePairingCode, revokePairing, type Terminal } from "../../../office/directory";
import { queries } from "../../../office/query";
import { Digits } from "../../Digits";
import { StateIcon } from "../../StateIcon";
import { toast } from "../../toasts";
import { Dialog } from "../Dialog";
import { ProblemNote } from "../Problem";
import { useCountdown } from "../useCountdown";
import { useSave } from "../useSave";

/** How often it is looked whether the device has come while its code is shown, in ms. */
const lookEvery = 3000;

/** The device of a terminal: its code, and how to take it back. */
export function Pairing({ terminal }: { terminal: Terminal }) {
	const { t } = useTexts();
	const [shown, setShown] = useState<{ code: string; until: number; pairedAt?: string }>();
	const { busy, problem, save } = useSave();
	const make = () =>
		save(async () => {
			const { code, expires } = await makePairingCode(terminal.id);
			setShown({ code, until: performance.now() + Date.parse(expires) - Date.now(), pairedAt: terminal.paired_at });
		});
	const done = shown && terminal.paired && terminal.paired_at !== shown.pairedAt;
	return (
		<section className="panel-part" aria-label={t("pairing.title")}>
			<h3>{t("pairing.title")}</h3>
			<p role="status" data-testid="paired">
				<StateIcon state={terminal.paired ? "ok" : "off"} />{" "}
				{terminal.paired ? t("pairing.paired", { time: terminal.paired_at ? shortMoment(terminal.paired_at) : "" }) : t("pairing.unpaired")}
				{terminal.paired && terminal.seen_at && ` ${t("pairing.seen", { time: shortMoment(terminal.seen_at) })}`}
			</p>
			{shown && !done && <Code {...shown} />}
			<div className="panel-line">
				<Button variant="default" loading={busy} onClick={() => void make()} data-testid="make-code">
					{t(shown && !done ? "pairing.another" : "pairing.make")}
				</Button>
				{terminal.paired && <Revoke terminal={terminal} />}
			</div>
			{problem !== undefined && <ProblemNote error={problem} />}
		</section>
	);
}

function Code({ code, until }: { code: string; until: number }) {
	const { t, language } = useTexts();
	const left = useCountdown(until);
	useEffect(() => {
		const timer = setInterval(() => void queries.invalidateQueries({ queryKey: directoryKey }), lookEvery);
		return () => clearInterval(timer);
	}, []);
	if (left === 0) {
		return (
			<p className="message" role="status">
				<StateIcon state="off" /> {t("pairing.expired")}
			</p>
		);
	}
	return (
		<div className="pairing" data-testid="pairing-code">
			<p>{t("pairing.how", { address: `${location.host}/terminal` })}</p>
			<Digits text={`${code.slice(0, 3)} ${code.slice(3)}`} label={[...code].join(" ")} />
			<p>
				{t("pairing.left")} <Digits role="timer" text={duration(left + 999)} label={spokenDuration(left, language)} />
			</p>
		</div>
	);
}

/** Cannot be taken back: it is asked for. */
function Revoke({ terminal }: { terminal: Terminal }) {
	const { t } = useTexts();
	const [asked, setAsked] = useState(false);
	const { busy, problem, save } = useSave();
	const revoke = async () => {
		if (await save(() => revokePairing(terminal.id))) {
			setAsked(false);
			toast({ state: "ok", text: "pairing.revoked", values: { name: terminal.name } });
		}
	};
	return (
		<>
			<Button variant="outline" color="bad" onClick={() => setAsked(true)} data-testid="revoke">
				{t("pairing.revoke")}
			</Button>
			{asked && (
				<Dialog title={t("pairing.revokeQuestion", { name: terminal.name })} onClose={() => setAsked(false)}>
					<p>{t("pairing.revokeWhat")}</p>
					{problem !== undefined && <ProblemNote error={problem} />}
					<div className="choice">
						<Button variant="default" onClick={() => setAsked(false)} data-autofocus>
							{t("pairing.keep")}
						</Button>
						<Button color="bad" loading={busy} onClick={() => void revoke()} data-testid="revoke-confirm">
							{t("pairing.revoke")}
						</Button>
					</div>
				</Dialog>
			)}
		</>
	);
}
