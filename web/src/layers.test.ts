// The arrows of the design: pages → ui → call → media, signaling, and ui → office → signaling; never back. And no raw colour outside the tokens.
import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path";
import { expect, it } from "vitest";

const root = import.meta.dirname;
const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((f) => /\.(tsx?|css)$/.test(f) && !/\.test\./.test(f));

const allowed: Record<string, string[]> = {
	signaling: ["signaling"],
	media: ["media", "signaling"],
	call: ["call", "media", "signaling"],
	i18n: ["i18n"],
	office: ["office", "signaling"],
	ui: ["ui", "call", "office", "media", "signaling", "i18n"],
	pages: ["pages", "ui", "call", "office", "media", "signaling", "i18n", "theme"],
};

it.each(files.filter((f) => /^(signaling|media|call|office|i18n|ui|pages)\//.test(f)))("%s imports along the arrows", (file) => {
	const [layer] = file.split("/");
	for (const [, path] of readFileSync(join(root, file), "utf8").matchAll(/from "(\.[^"]+)"/g)) {
		const target = relative(root, normalize(join(root, file, "..", path))).split("/")[0];
		expect(allowed[layer], `${file} imports ${path}`).toContain(target);
	}
});

it("the call knows no DOM elements", () => {
	for (const file of files.filter((f) => f.startsWith("call/"))) {
		expect(readFileSync(join(root, file), "utf8"), file).not.toMatch(/\bdocument\.|HTML\w*Element|from "react"/);
	}
});

it.each(files.filter((f) => f !== "tokens.css" && f !== "theme.ts"))("%s holds no raw colour", (file) => {
	expect(readFileSync(join(root, file), "utf8")).not.toMatch(/#[0-9a-f]{3,8}\b(?![^"]*")|\brgba?\(|\bhsla?\(/i);
});
