import { Button, CloseButton } from "@mantine/core";
import { useStore } from "zustand";
import { useTexts } from "../i18n";
import { StateIcon } from "./StateIcon";
import { closeToast, toasts } from "./toasts";

/** What was done or went wrong a moment ago. */
export function ToastList() {
	const { t, language } = useTexts();
	const all = useStore(toasts, (s) => s.all);
	return (
		<div role="status" className="toasts-list">
			{all.map((m) => (
				<div key={m.id} className="toast" data-testid="toast">
					<StateIcon state={m.state} />
					<span>
						{t(m.text, m.values)}
						{m.problem && <small>{language === "vi" ? m.problem.vi : m.problem.en}</small>}
						{m.problem?.requestId && <small>{t("problem.request", { id: m.problem.requestId })}</small>}
					</span>
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
	);
}
