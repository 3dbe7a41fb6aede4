import { defineConfig } from "@playwright/test";

/** Pages without a meeting in them. */
const pages = /\/(office|office-looks|pages|looks|pictures)\.spec\.ts$/;
/** What mostly waits, for a link to be cut long enough, and planning. */
const beside = /\/(recovery|planning)\.spec\.ts$/;

// Every test starts a server of its own, and those with several cameras browsers. Two of three rows run at a time: two cores carry one meeting with
// all its pictures, and pages beside it. Patience is for a busy machine: how long something takes decides no test. A test that fails once has failed.
export default defineConfig({
	testDir: ".",
	workers: 2,
	projects: [
		{ name: "meetings", testIgnore: [pages, beside], workers: 1 },
		{ name: "pages", testMatch: pages, workers: 1 },
		{ name: "beside", testMatch: beside, workers: 1 },
	],
	retries: 0,
	timeout: 240_000,
	expect: { timeout: 20_000 },
	reporter: [["list"]],
	// One browser on one system draws the pictures: their names need not say so.
	snapshotPathTemplate: "{testDir}/looks/{arg}{ext}",
});
