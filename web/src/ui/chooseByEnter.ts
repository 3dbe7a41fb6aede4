import type { KeyboardEvent } from "react";

/** What makes a few letters and Enter choose from a searchable list, and nothing else: Enter does not send the form as long as something is written there. */
export const chooses = { selectFirstOptionOnChange: true, onKeyDownCapture: chooseByEnter };

/**
 * Enter chooses the marked option of an open list, else the first one. Mantine (9.7 and 9.8) forgets in a timer which option it has marked when letters
 * come as the list opens, at once or pasted; Enter then sent the form with what was chosen before.
 */
function chooseByEnter(event: KeyboardEvent<HTMLInputElement>): void {
	const field = event.currentTarget;
	const open = field.getAttribute("aria-expanded") === "true";
	if (event.key !== "Enter" || event.nativeEvent.isComposing || !open || field.value === "") return;
	event.preventDefault();
	event.stopPropagation();
	const list = document.getElementById(field.getAttribute("aria-controls") ?? "");
	const option = ["selected", "active", "option"].map((mark) => list?.querySelector<HTMLElement>(`[data-combobox-${mark}]`)).find(Boolean);
	option?.click();
}
