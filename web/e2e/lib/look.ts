// How a page looks, beside the pictures of before.
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { findings } from "./axe";

export type Size = readonly [width: number, height: number];

const stylePath = join(import.meta.dirname, "../looks.css");

/** ms: without a GPU, beside other tests, two pictures of a large screen take their time. */
const drawing = 20_000;

/** Compares the page with its pictures in some sizes, and has axe look at the first. */
export async function look(page: Page, name: string, language: string, ...sizes: Size[]): Promise<void> {
	for (const [i, [width, height]] of sizes.entries()) {
		await page.setViewportSize({ width, height });
		await page.evaluate(() => document.fonts.ready);
		await page.waitForTimeout(300);
		if (i === 0) expect(await findings(page), `${name} ${language}`).toEqual([]);
		await expect(page).toHaveScreenshot(`${name}-${language}-${width}.png`, { stylePath, maxDiffPixelRatio: 0.01, timeout: drawing });
	}
}
