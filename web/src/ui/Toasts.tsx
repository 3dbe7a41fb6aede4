import { CloseButton } from "@mantine/core";
import { useEffect } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { number, useTexts } from "../i18n";
import { StateIcon } from "./StateIcon";
import { ToastList } from "./ToastList";
import { closeToast, toast } from "./toasts";

export function Toasts({ call }: { call: Call }) {
	useLinkToasts(call);
	return (
		<div className="toasts">
			<Refusal call={call} />
			<ToastList />
		</div>
	);
}

const linkStates = { degraded: "warn", lost: "bad", recovered: "ok" } as const;

/** Says when a link became poor, was lost or is well again, to those who are told; what was said of it before goes. */
function useLinkToasts(call: Call): void {
	const { language } = useTexts();
	useEffect(() => {
		const said = new Map<string, number>();
		return call.state.subscribe(({ linkChange, participants, participant }, before) => {
			if (!linkChange || linkChange === before.linkChange || linkChange.participant === participant) return;
			const { participant: whose, change, link } = linkChange;
			const name = participants[whose]?.short_name || participants[whose]?.name;
			if (!name) return;
			closeToast(said.get(whose) ?? 0);
			const values = { name, rtt: number(link?.rtt_ms ?? 0, language), loss: number(link?.loss_percent ?? 0, language) };
			said.set(whose, toast({ state: linkStates[change], text: `link.${change}`, values }));
		});
	}, [call, language]);
}

/** What the server refused, in its own words. */
function Refusal({ call }: { call: Call }) {
	const { t, language } = useTexts();
	const refusal = useStore(call.local, (s) => s.refusal);
	const close = () => call.local.setState({ refusal: undefined });
	useEffect(() => {
		if (!refusal) return;
		const timer = setTimeout(() => call.local.setState({ refusal: undefined }), 6000);
		return () => clearTimeout(timer);
	}, [call, refusal]);
	if (!refusal) return null;
	return (
		<div className="toast" role="alert" data-testid="refusal">
			<StateIcon state="bad" />
			<span>
				{language === "vi" ? refusal.vi : refusal.en}
				<small>{t("problem.request", { id: refusal.requestId })}</small>
			</span>
			<CloseButton size="sm" aria-label={t("close")} onClick={close} />
		</div>
	);
}
