import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "@playwright/test";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Waits until nothing fades any more: a colour on its way is none. Runs in the browser. */
async function settle(): Promise<void> {
	const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Number.POSITIVE_INFINITY);
	await Promise.all(ending.map((a) => a.finished.catch(() => undefined)));
}

/** What axe finds on the page as it is (WCAG 2.2 AA and its own good practice). */
export async function findings(page: Page): Promise<string[]> {
	await page.evaluate(settle);
	await page.evaluate(axe);
	return page.evaluate(async () => {
		const runner = (
			window as unknown as { axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } }
		).axe;
		return (await runner.run()).violations.map((v) => `${v.impact} ${v.id}: ${v.nodes.map((n) => n.html).join(" ")}`);
	});
}
