import { Button, CloseButton } from "@mantine/core";
import { useEffect } from "react";
import { useStore } from "zustand";
import type { Call } from "../call/call";
import { useTexts } from "../i18n";
import { StateIcon } from "./StateIcon";
import { closeToast, toasts } from "./toasts";

export function Toasts({ call }: { call: Call }) {
	const { t } = useTexts();
	const all = useStore(toasts, (s) => s.all);
	return (
		<div className="toasts">
			<Refusal call={call} />
			<div role="status" className="toasts-list">
				{all.map((m) => (
					<div key={m.id} className="toast" data-testid="toast">
						<StateIcon state={m.state} />
						<span>{t(m.text, m.values)}</span>
						{m.undo && (
							<Button
								variant="subtle"
								size="compact-sm"
								data-testid="undo"
								onClick={() => {
									m.undo?.();
									closeToast(m.id);
								}}
							>
								{t("undo")}
							</Button>
						)}
						<CloseButton size="sm" aria-label={t("close")} onClick={() => closeToast(m.id)} />
					</div>
				))}
			</div>
		</div>
	);
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
