import { defineConfig } from "@playwright/test";

// Every test starts a server and browsers of its own; two cores carry one test at a time. A test that fails once has failed.
export default defineConfig({
	testDir: ".",
	workers: 1,
	retries: 0,
	timeout: 120_000,
	reporter: [["list"]],
	// One browser on one system draws the pictures: their names need not say so.
	snapshotPathTemplate: "{testDir}/looks/{arg}{ext}",
});
