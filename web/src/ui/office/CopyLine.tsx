import { Button } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTexts } from "../../i18n";

/** A line to hand over, with a button that copies it. */
export function CopyLine({ text, label }: { text: string; label: string }) {
	const { t } = useTexts();
	const [copied, setCopied] = useState(false);
	const copy = async (field: HTMLInputElement | null) => {
		field?.select();
		try {
			await navigator.clipboard.writeText(text);
		} catch {
			// Without HTTPS there is no clipboard: the text is selected, and the older way copies it.
			document.execCommand("copy");
		}
		setCopied(true);
		setTimeout(() => setCopied(false), 3000);
	};
	return (
		<div className="copy-line">
			<input readOnly value={text} aria-label={label} onFocus={(event) => event.currentTarget.select()} data-testid="copy-text" />
			<Button
				variant="default"
				leftSection={copied ? <IconCheck size={18} aria-hidden="true" /> : <IconCopy size={18} aria-hidden="true" />}
				onClick={(event) => void copy(event.currentTarget.parentElement?.querySelector("input") ?? null)}
				data-testid="copy"
			>
				{t(copied ? "office.copied" : "office.copy")}
			</Button>
			<span role="status" className="visually-hidden">
				{copied ? t("office.copied") : ""}
			</span>
		</div>
	);
}
