// How the pages look, in both languages, beside the pictures of before; and that axe finds nothing on any of them.
import { expect, type Page, test } from "@playwright/test";
import { look, type Size } from "./lib/look";
import { at, people, type Seat, Stage } from "./lib/stage";

type Language = "vi" | "en";

const laptop: Size = [1366, 768];
const wide: Size = [1920, 1080];
/** Nothing that a language changes shows on larger screens first. */
const larger = (language: Language, ...sizes: Size[]): Size[] => (language === "vi" ? sizes : []);
const ultra: Size = [3840, 2160];
const phone: Size = [390, 844];

let stage: Stage;

test.afterEach(async () => {
	await stage.stop();
});

/** Opens a page in a language; nobody there has a camera, so that nothing moves. */
async function open(language: Language, url: string, size: Size = laptop): Promise<Page> {
	const page = await stage.cast.open("about:blank", undefined, { width: size[0], height: size[1] });
	await page.addInitScript((l) => localStorage.setItem("diemcau.language", l), language);
	await page.goto(url);
	return page;
}

async function enter(language: Language, seat: Seat): Promise<Page> {
	const page = await open(language, await stage.link(seat));
	await page.click(`${at("join")}:not([disabled])`);
	await page.waitForSelector(at("leave"));
	return page;
}

for (const language of ["vi", "en"] as const) {
	test(`office pages in ${language}`, async () => {
		stage = await Stage.start("floor");
		const refused = await open(language, `${stage.server.url}/join#nothing`);
		await refused.waitForSelector(at("refused"));
		await look(refused, "refused", language, laptop, phone);
		const joining = await open(language, await stage.link(people.delegate));
		await joining.waitForSelector(`${at("join")}:not([disabled])`);
		await look(joining, "join", language, laptop, ...larger(language, wide, ultra), phone);
		await joining.click(at("scheme"));
		await look(joining, "join-dark", language, laptop);
		await joining.click(at("scheme"));
		const loading = await open(language, "about:blank");
		await loading.route("**/api/v1/invitation", () => undefined); // no answer
		await loading.goto(await stage.link(people.delegate));
		await loading.waitForSelector(".bar-picture");
		await look(loading, "loading", language, laptop, phone);
		const later = await stage.server.plan("Ứng phó bão", "floor", Date.now() + 3600_000);
		const opening = await open(language, await stage.server.invite(later, people.delegate.name, people.delegate.unit, "delegate", 116));
		await opening.waitForSelector(at("opening"));
		await look(opening, "opening", language, laptop, phone);
		const terminal = await open(
			language,
			(await stage.server.invite(later, people.site.name, people.site.unit, "site", 206)).replace("/join#", "/terminal#"),
		);
		await terminal.waitForSelector(at("foyer"));
		await look(terminal, "terminal", language, wide, ...larger(language, ultra));
		await joining.click(`${at("join")}:not([disabled])`);
		await joining.click(at("leave"));
		await joining.waitForSelector(at("over"));
		await look(joining, "over", language, laptop, phone);
	});

	test(`the meeting in ${language}`, async () => {
		stage = await Stage.start("floor", [people.site, people.other, { name: "Huyện Vạn Sơn", unit: "Hội trường UBND huyện", order: 210 }]);
		const secretary = await enter(language, people.secretary);
		await look(secretary, "desk-empty", language, laptop, ...larger(language, wide));
		const chair = await enter(language, people.chair);
		const site = await enter(language, people.site);
		const leader = await enter(language, people.delegate);
		await look(leader, "meeting-gathering", language, laptop, phone);
		await secretary.click(at("session-open"));
		await secretary.selectOption(at("speaking-time"), "7");
		await site.click(at("floor"));
		await secretary.click(at("grant"));
		await leader.click(at("floor"));
		await expect(leader.locator(`${at("slot-video-0")}.tile-lit`)).toBeVisible();
		await look(leader, "meeting", language, laptop, ...larger(language, wide, ultra), phone);
		for (const panel of ["participants", "chat", "devices", "layout"]) {
			await leader.setViewportSize({ width: laptop[0], height: laptop[1] });
			await leader.click(at(panel));
			await look(leader, `panel-${panel}`, language, laptop);
			await leader.click(at(panel));
		}
		await leader.locator("body").press("?");
		await expect(leader.locator(at("help"))).toBeVisible();
		await look(leader, "help", language, laptop);
		await leader.keyboard.press("Escape");
		await look(chair, "chair", language, laptop, ...larger(language, wide), phone);
		await secretary.click(at("lock"));
		const late = await open(language, await stage.link({ ...people.delegate, name: "Phó Giám đốc Sở Y tế" }));
		await late.click(`${at("join")}:not([disabled])`);
		await late.waitForSelector(at("waiting-room"));
		await look(late, "waiting-room", language, laptop, phone);
		await expect(secretary.locator(at("waiting"))).toBeVisible();
		await look(secretary, "desk", language, laptop, ...larger(language, wide, ultra));
		await secretary.click(at("lock"));
		const hall = await open(language, await stage.link(people.display), wide);
		await hall.waitForSelector(at("hall-view"));
		await look(hall, "hall-speaker", language, wide, ...larger(language, ultra));
		await secretary.setViewportSize({ width: laptop[0], height: laptop[1] });
		await secretary.locator(at("stage-choice")).locator("label").nth(2).click();
		await expect(hall.locator(at("hall-view"))).toHaveAttribute("data-main", "mosaic");
		await look(hall, "hall-mosaic", language, wide, ...larger(language, ultra));
		await look(leader, "meeting-mosaic", language, laptop, phone);
		await secretary.click(at("session-recess"));
		await expect(leader.locator(at("session"))).toBeVisible();
		await look(leader, "meeting-recess", language, laptop);
	});
}
