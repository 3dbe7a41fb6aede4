import { defineConfig } from "@playwright/test";

/** Pages without a meeting in them, whose tests leave a core free. */
const pages = /\/(office|office-looks|planning|pages|looks|pictures)\.spec\.ts$/;
/** What mostly waits: for a link to be cut long enough, for a meeting to begin. */
const patience = /\/(recovery|terminal)\.spec\.ts$/;

// Every test starts a server and browsers of its own; two cores carry one meeting at a time, and pages and what waits beside it. A test that fails
// once has failed.
export default defineConfig({
	testDir: ".",
	workers: 3,
	projects: [
		{ name: "meetings", testIgnore: [pages, patience], workers: 1 },
		{ name: "pages", testMatch: pages, workers: 1 },
		{ name: "patience", testMatch: patience, workers: 1 },
	],
	retries: 0,
	timeout: 120_000,
	reporter: [["list"]],
	// One browser on one system draws the pictures: their names need not say so.
	snapshotPathTemplate: "{testDir}/looks/{arg}{ext}",
});
