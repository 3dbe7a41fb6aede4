// How the office pages look, with nothing in them and with an office in them, in both languages.
import { type Page, test } from "@playwright/test";
import { look, type Size } from "./lib/look";
import { administrator, Office } from "./lib/office";
import { at } from "./lib/stage";

const laptop: Size = [1366, 768];
/** Nothing that a language changes shows on larger screens first. */
const wide = (language: "vi" | "en"): Size[] => (language === "vi" ? [[1920, 1080]] : []);
const phone: Size = [390, 844];

let office: Office;

test.afterEach(async () => {
	await office.stop();
});

async function go(page: Page, path: string, shows: string): Promise<void> {
	await page.goto(office.server.url + path);
	await page.waitForSelector(at(shows));
}

for (const language of ["vi", "en"] as const) {
	test(`sign-in and administration in ${language}`, async () => {
		office = await Office.start();
		const setup = await office.open(office.setupLink, language);
		await setup.waitForSelector(at("set-up"));
		await look(setup, "setup", language, laptop, phone);
		await (await office.setUp()).context().close();
		const page = await office.open("/", language);
		await page.waitForSelector(at("sign-in"));
		await look(page, "sign-in", language, laptop, ...wide(language), phone);
		await page.fill(at("login"), administrator.login);
		await page.fill(at("password"), administrator.password);
		await page.click(at("sign-in"));
		await page.waitForSelector(at("account-menu"));
		await go(page, "/directory", "empty");
		await look(page, "directory-empty", language, laptop);
		await office.furnish();
		await go(page, "/directory/units/so-y-te", "panel");
		await look(page, "directory", language, laptop, ...wide(language));
		await go(page, "/directory/terminals/tb-P1", "paired");
		await page.click(at("make-code"));
		await page.waitForSelector(at("pairing-code"));
		await look(page, "terminal-pairing", language, laptop);
		await go(page, "/directory/import", "file-button");
		await look(page, "import", language, laptop);
		await go(page, "/accounts", "accounts");
		await look(page, "accounts", language, laptop, ...wide(language));
		await page.getByRole("link", { name: "soyte.kehoach" }).click();
		await page.waitForSelector(at("make-link"));
		await look(page, "account", language, laptop);
		await go(page, "/audit", "audit");
		await look(page, "audit", language, laptop);
		await page.keyboard.press("?");
		await page.waitForSelector(at("help"));
		await look(page, "office-keys", language, laptop);
	});
}
