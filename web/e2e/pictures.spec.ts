// Draws the pictures of the README: a meeting of the demo province with painted cameras. Run by `npm run pictures`.
import { join } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import { at, people, type Seat, Stage } from "./lib/stage";

const folder = process.env.PICTURES;
test.skip(!folder, "pictures are drawn on request");
test.setTimeout(600_000);

const walls = ["#5d6b78", "#6f8577", "#7d7468", "#43607a", "#64503f", "#56707a", "#70606a", "#6d767a"];
const sites = [
	"Công an tỉnh",
	"Bộ CHQS tỉnh",
	"TP. Minh Giang",
	"TP. An Hải",
	"TX. Tân Hải",
	"TX. Đông Lĩnh",
	"H. An Lạc",
	"H. Hòa Khê",
	"H. Phú Lâm",
	"H. Thanh Khê",
	"H. Vạn Sơn",
].map((name, i) => ({ name, unit: "Hội trường", role: "site", order: 200 + i, scene: { wall: walls[i % 8], people: 3 + (i % 2) } }));
const absent = ["TX. Đông Lĩnh", "H. Phú Lâm"];

test("pictures", async () => {
	const speaker: Seat = { ...people.site, order: 208, scene: { wall: "#6d767a", people: 1, tone: 880 } };
	const stage = await Stage.start("floor", [...sites, speaker]);
	const save = (page: Page, name: string) => page.screenshot({ path: join(import.meta.dirname, folder ?? "", `${name}.png`) });
	const secretary = await stage.join(people.secretary);
	const small = { width: 640, height: 400 };
	const chair = await stage.join(people.chair, small);
	const speaking = await stage.join(speaker, { width: 1366, height: 768 });
	for (const site of sites) if (!absent.includes(site.name)) await stage.join(site, small);
	const leader = await stage.join({ ...people.delegate, name: "Giám đốc Sở", unit: "Sở Nông nghiệp và PTNT" });
	await secretary.click(at("session-open"));
	await secretary.selectOption(at("speaking-time"), "7");
	await speaking.click(at("floor"));
	await secretary.click(at("grant"));
	await leader.click(at("floor"));
	await speaking.click(at("screen"));
	await expect(leader.locator(`${at("slot-video-1")}[data-state=live]`)).toBeVisible();
	await leader.waitForTimeout(15_000); // until the cameras have found their quality
	await save(leader, "meeting");
	await save(secretary, "desk");
	await speaking.click(at("screen"));
	const hall = await stage.cast.open(await stage.link(people.display), undefined, { width: 1366, height: 768 });
	await secretary.locator(at("stage-choice")).locator("label").nth(2).click();
	await expect(hall.locator(at("hall-view"))).toHaveAttribute("data-main", "mosaic", { timeout: 30_000 });
	await hall.waitForTimeout(12_000);
	await save(hall, "hall");
	await chair.close();
	await stage.stop();
});
