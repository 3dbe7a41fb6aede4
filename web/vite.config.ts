import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** Puts a compressed copy beside each text: the server has no compressor as good as this one, and it need not compress at each start. */
function brotli(): Plugin {
	return {
		name: "brotli",
		apply: "build",
		closeBundle() {
			const root = join(import.meta.dirname, "dist");
			for (const name of readdirSync(root, { recursive: true, encoding: "utf8" })) {
				if (!/\.(js|css|html|svg)$/.test(name)) continue;
				const text = readFileSync(join(root, name));
				const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
				writeFileSync(join(root, `${name}.br`), brotliCompressSync(text, { params }));
			}
		},
	};
}

export default defineConfig({
	plugins: [react(), brotli()],
	build: {
		target: "es2022",
		// The policy of the server permits no data: scripts, and a page of this size needs no preloading.
		modulePreload: { polyfill: false },
		// What the first page needs is one file: cut up by what other pages share it compresses worse.
		rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } } },
	},
	test: { include: ["src/**/*.test.ts"] },
});
