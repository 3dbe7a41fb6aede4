import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

export default defineConfig({
	plugins: [react()],
	build: {
		target: "es2022",
		// The policy of the server permits no data: scripts, and a page of this size needs no preloading.
		modulePreload: { polyfill: false },
	},
	test: { include: ["src/**/*.test.ts"] },
});
