import { Modal } from "@mantine/core";
import type { ReactNode } from "react";
import { useTexts } from "../../i18n";

interface DialogProps {
	/** A question, or what the dialog is for. */
	title: string;
	onClose: () => void;
	/** Width as in CSS. */
	size?: string;
	children: ReactNode;
}

/** A dialog of the office pages. Its head is no header element: axe takes that for a second banner of the page. */
export function Dialog({ title, onClose, size = "32rem", children }: DialogProps) {
	const { t } = useTexts();
	return (
		<Modal.Root opened onClose={onClose} centered size={size} radius="lg">
			<Modal.Overlay />
			<Modal.Content>
				<Modal.Header {...{ component: "div" }}>
					<Modal.Title>{title}</Modal.Title>
					<Modal.CloseButton aria-label={t("close")} />
				</Modal.Header>
				<Modal.Body>{children}</Modal.Body>
			</Modal.Content>
		</Modal.Root>
	);
}
