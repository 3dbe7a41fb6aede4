// Planning on a real server: drafts and their approval, conflicts, the calendar by hand, meetings that take others' places.
import { expect, type Page, test } from "@playwright/test";
import type { Meeting } from "../src/office/meetings";
import { dayOf, weekName } from "../src/ui/office/calendar/dates";
import { findings } from "./lib/axe";
import {
	choose,
	dayNextWeek,
	district,
	nextMonday,
	Planning,
	password,
	people,
	reorganisation,
	setTime,
	span,
	typedDay,
} from "./lib/planning";
import { at } from "./lib/stage";

let planning: Planning;

test.beforeEach(async () => {
	planning = await Planning.start();
});

test.afterEach(async () => {
	await planning.stop();
});

const week = () => `/calendar/${weekName(new Date(nextMonday() + 12 * 3600_000).toISOString().slice(0, 10))}`;

/** Opens a page as one of the people. */
function as(who: keyof typeof people, path: string, language: "vi" | "en" = "vi", width = 1366, height = 768): Promise<Page> {
	return planning.office.returning(people[who].login, password, path, language, width, height);
}

/** Has axe look at a page in the light scheme, or in those that are named. */
async function clean(page: Page, name: string, ...schemes: ("light" | "dark")[]): Promise<void> {
	for (const scheme of schemes.length > 0 ? schemes : ["light"]) {
		await page.evaluate((s) => document.documentElement.setAttribute("data-mantine-color-scheme", s), scheme);
		expect(await findings(page), `${name} ${scheme}`).toEqual([]);
	}
	await page.evaluate(() => document.documentElement.setAttribute("data-mantine-color-scheme", "light"));
}

test("a planner drafts M4, which is saved by itself; the approver returns it once, then approves", async () => {
	const planner = await as("planner", "/calendar");
	await planner.waitForSelector(at("new"));
	await planner.keyboard.press("n");
	await expect(planner).toHaveURL(/\/meetings\/new$/);
	await expect(planner.locator(at("submit"))).toBeDisabled();
	await planner.fill(at("field-subject"), "Tiến độ giải phóng mặt bằng");
	await setTime(planner, dayNextWeek(1), "14", "16h30");
	await expect(planner.locator(at("field-to"))).toHaveValue("16:30");
	await choose(planner, "field-halls", "P2 · 40 chỗ");
	await planner.keyboard.press("Escape");
	await choose(planner, "field-chair", "Phó Chủ tịch (kinh tế)");
	await planner.click(at("groups"));
	await planner.click(at("group-muoi-huyen"));
	await planner.fill(at("who-search"), "so tai chinh");
	await planner.check(at("who-unit:s4"));
	await expect(planner.locator(at("who-sum"))).toContainText("10 điểm cầu");
	await expect(planner.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	await expect(planner).toHaveURL(/\/meetings\/[^/]+\/edit$/);
	// What is typed goes on in the same form.
	await planner.click(at("agenda-add"));
	await planner.fill(at("agenda-0"), "Báo cáo tiến độ");
	const pdf = Buffer.from("%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n");
	await planner.setInputFiles("input[type=file]", { name: "Báo cáo.pdf", mimeType: "application/pdf", buffer: pdf });
	const paper = planner.locator(at("paper"));
	await expect(paper).toContainText("Báo cáo.pdf");
	const readers = paper.locator(at("paper-readers"));
	await expect(readers).toHaveValue("Thành phần dự họp");
	await readers.click();
	await planner.getByRole("option", { name: "Lãnh đạo" }).click();
	await expect(readers).toHaveValue("Lãnh đạo");
	await expect(readers).toBeEnabled();
	const chooser = planner.waitForEvent("filechooser");
	await planner.click(at("paper-replace"));
	await (await chooser).setFiles({ name: "Báo cáo sửa.pdf", mimeType: "application/pdf", buffer: pdf });
	await expect(paper).toContainText("Bản 2");
	await paper.locator("summary").click();
	await expect(planner.locator(at("paper-version"))).toHaveText([/Báo cáo sửa\.pdf/, /Báo cáo\.pdf.*Bản 1/]);
	// An upload that is slow shows how far it is, and can be stopped.
	await planner.route("**/papers?name=*", () => undefined);
	await planner.setInputFiles("input[type=file]", { name: "Phụ lục.pdf", mimeType: "application/pdf", buffer: pdf });
	await expect(planner.getByRole("status").filter({ hasText: "Đang tải lên: Phụ lục.pdf" })).toBeVisible();
	await planner.click(at("upload-stop"));
	await expect(planner.locator(at("upload"))).toBeEnabled();
	await planner.unroute("**/papers?name=*");
	await planner.setInputFiles("input[type=file]", {
		name: "Báo cáo.exe",
		mimeType: "application/pdf",
		buffer: Buffer.from("MZ not a paper"),
	});
	await expect(planner.locator(".papers [role=alert]")).toContainText("Báo cáo.exe");
	// A paper is removed with all its versions, once that is confirmed.
	await planner.click(at("paper-remove"));
	await expect(planner.getByRole("dialog")).toContainText("số bản: 2");
	await planner.click(at("paper-remove-confirm"));
	await expect(paper).toHaveCount(0);
	await clean(planner, "editor", "light", "dark");
	await planner.click(at("submit"));
	await expect(planner.locator(at("state"))).toHaveAttribute("data-state", "submitted");
	const id = new URL(planner.url()).pathname.split("/")[2];
	const made = await planning.read(id);
	expect(made.agenda?.[0].title).toBe("Báo cáo tiến độ");
	expect(made.start).toBe(span(1, 14, 16.5).start.replace(".000", ""));
	expect([made.sites?.length, made.delegates?.length, made.halls?.[0].id, made.chair.person]).toEqual([10, 1, "P2", "pct-kt"]);

	const approver = await as("approver", "/inbox");
	await expect(approver.locator(at("inbox-row"))).toHaveCount(1);
	await expect(approver.locator(".inbox-fine")).toBeVisible();
	await clean(approver, "inbox", "light", "dark");
	await approver.keyboard.press("r");
	await approver.fill(at("reason"), "Bổ sung Sở Xây dựng");
	await approver.click(at("act-confirm"));
	await expect(approver.locator(at("empty"))).toBeVisible();

	await planner.goto(`${planning.office.server.url}/inbox`);
	await expect(planner.locator(at("inbox-row"))).toContainText("Tiến độ giải phóng mặt bằng");
	await expect(planner.locator(".inbox-body")).toContainText("Bổ sung Sở Xây dựng");
	await planner.goto(`${planning.office.server.url}/meetings/${id}/edit`);
	await planner.check(at("who-unit:s5"));
	await planner.click(at("submit"));
	await expect(planner.locator(at("state"))).toHaveAttribute("data-state", "submitted");

	await approver.reload();
	await approver.waitForSelector(at("inbox-row"));
	await approver.keyboard.press("a");
	await expect(approver.locator(at("empty"))).toBeVisible();
	await approver.goto(`${planning.office.server.url}/meetings/${id}`);
	await expect(approver.locator(at("state"))).toHaveAttribute("data-state", "approved");
	await expect(approver.locator(at("history"))).toContainText("Bổ sung Sở Xây dựng");
	await clean(approver, "meeting", "light", "dark");
	await approver.click(at("act-issue"));
	await clean(approver, "issue");
	await approver.click(at("act-confirm"));
	await expect(approver.locator(at("state"))).toHaveAttribute("data-state", "issued");
});

test("a conflict is shown while it is typed, with the nearest free times; Mật is refused", async () => {
	await planning.week();
	const page = await as("planner", "/meetings/new");
	await page.fill(at("field-subject"), "Công tác phòng dịch");
	await choose(page, "field-chair", "Phó Chủ tịch (văn xã)");
	await choose(page, "field-halls", "P1 · 120 chỗ");
	await page.keyboard.press("Escape");
	await setTime(page, dayNextWeek(3), "15:00", "17:00");
	await expect(page.locator(at("conflict"))).toContainText("Phòng họp P1 đã có lịch từ 14:00 đến 16:00: Công tác y tế.");
	await expect(page.locator(at("conflict"))).toContainText("Đồng chí Phó Chủ tịch (văn xã) đã có lịch họp khác");
	await expect(page.locator(at("proposal"))).toHaveCount(3);
	await expect(page.locator(at("pre-empt"))).toHaveCount(0);
	await expect(page.locator(at("submit"))).toBeDisabled();
	await clean(page, "conflict", "light", "dark");
	await page.locator(at("proposal")).first().click();
	await expect(page.locator(at("conflict"))).toHaveCount(0);
	await expect(page.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	// The tree is that of the day of the meeting: units come and go.
	await page.click(at("groups"));
	await page.click(at("group-muoi-huyen"));
	await expect(page.locator(at("who-sum"))).toContainText("10 điểm cầu");
	await setTime(page, typedDay(reorganisation()), "8:00", "9:00");
	await expect(page.locator(at("who-fault"))).toContainText("Huyện Vạn Sơn: Đơn vị");
	await page.fill(at("who-search"), "an lac");
	await expect(page.locator(at("who-unit:xa-moi"))).toBeVisible();
	await page.fill(at("who-search"), "");
	await clean(page, "editor with a unit that ends");
	await page.click(at(`who-unit:${district(9)}`));
	await expect(page.locator(at("who-fault"))).toHaveCount(0);
	await expect(page.locator(at(`who-unit:${district(9)}`))).toHaveCount(0);
	await expect(page.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	await choose(page, "field-secrecy", "Mật");
	await expect(page.locator(at("save-state"))).toContainText("Hệ thống không phục vụ cuộc họp có nội dung bí mật nhà nước.");
	await expect(page.locator(at("submit"))).toBeDisabled();
});

test("two planners write the same meeting: what they change apart comes together, what both change is asked about", async () => {
	const meeting = await planning.plan("Công tác y tế", { ...span(2, 14, 16), halls: [{ id: "P3", name: "P3" }] }, "draft");
	const path = `/meetings/${meeting.id}/edit`;
	const one = await as("planner", path);
	const two = await as("secretary", path);
	await two.waitForSelector(at("field-subject"));
	await one.fill(at("field-subject"), "Công tác y tế 6 tháng");
	await expect(one.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	await choose(two, "field-type", "Tập huấn");
	await expect(two.locator(at("merged"))).toContainText("Nội dung cuộc họp");
	await expect(two.locator(at("field-subject"))).toHaveValue("Công tác y tế 6 tháng");
	await expect(two.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	await one.fill(at("field-subject"), "Y tế dự phòng");
	await choose(one, "field-type", "Giao ban");
	await expect(one.locator(at("contest"))).toContainText("Loại cuộc họp");
	await clean(one, "contest");
	await one.click(at("keep-mine"));
	await expect.poll(async () => (await planning.read(meeting.id)).type).toBe("giao_ban");
	expect((await planning.read(meeting.id)).subject).toBe("Y tế dự phòng");
	// What the server has not got yet is there again after the page was closed.
	await one.route("**/api/v1/meetings/**", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
	await one.fill(at("field-subject"), "Y tế dự phòng năm 2027");
	await expect(one.locator(at("save-state"))).toContainText("Chưa lưu được", { timeout: 15_000 });
	await one.unroute("**/api/v1/meetings/**");
	await one.reload();
	await expect(one.locator(at("field-subject"))).toHaveValue("Y tế dự phòng năm 2027");
	await expect.poll(async () => (await planning.read(meeting.id)).subject).toBe("Y tế dự phòng năm 2027");
	// Another's change of the same is asked about then too, not overwritten.
	await one.route("**/api/v1/meetings/**", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
	await one.fill(at("field-subject"), "Y tế dự phòng, tiêm chủng");
	await expect(one.locator(at("save-state"))).toContainText("Chưa lưu được", { timeout: 15_000 });
	const { type, format, start, end, chair, halls, speaking } = await planning.read(meeting.id);
	const changed = { subject: "Y tế cơ sở", type, format, start, end, chair, halls, speaking };
	await planning.office.server.ask("PUT", `/api/v1/meetings/${meeting.id}`, changed);
	await one.unroute("**/api/v1/meetings/**");
	await one.reload();
	await expect(one.locator(at("contest"))).toContainText("Nội dung cuộc họp");
	await one.fill(at("field-subject"), "Y tế dự phòng, tiêm chủng năm 2027");
	await one.reload();
	await expect(one.locator(at("contest"))).toContainText("Nội dung cuộc họp");
	await expect(one.locator(at("field-subject"))).toHaveValue("Y tế dự phòng, tiêm chủng năm 2027");
	await one.click(at("take-theirs"));
	await expect(one.locator(at("field-subject"))).toHaveValue("Y tế cơ sở");
	expect((await planning.read(meeting.id)).subject).toBe("Y tế cơ sở");
	await one.reload();
	await expect(one.locator(at("field-subject"))).toHaveValue("Y tế cơ sở");
	await expect(one.locator(at("contest"))).toHaveCount(0);
});

test("M8 takes the place of M9, whose planner finds it among what is to be done", async () => {
	const { M9 } = await planning.week();
	const page = await as("approver", "/meetings/new");
	await page.fill(at("field-subject"), "Ứng phó bão");
	await choose(page, "field-type", "Họp đột xuất");
	await choose(page, "field-chair", "Chủ tịch");
	await choose(page, "field-halls", "P1 · 120 chỗ");
	await page.keyboard.press("Escape");
	await setTime(page, dayNextWeek(3), "14:00", "15:30");
	await expect(page.locator(at("conflict"))).toContainText("Công tác y tế");
	await expect(page.locator(at("issue-now"))).toBeDisabled();
	await page.click(at("pre-empt"));
	await expect(page.locator(at("displaced"))).toContainText("Công tác y tế");
	await expect(page.locator(at("displaced")).locator("li")).toHaveCount(1);
	await clean(page, "pre-emption");
	await page.click(at("pre-empt-confirm"));
	await expect(page.locator(at("state"))).toHaveAttribute("data-state", "issued");
	// Another goes on without the site that it loses.
	const evening = { ...span(3, 17, 18), format: "online", sites: [{ unit_id: district(4), name: "Huyện An Lạc", protocol_order: 205 }] };
	const training = await planning.plan("Tập huấn", { ...evening, type: "training", chair: { name: "Giám đốc Sở TT&TT" } });
	await planning.office.server.post("/api/v1/meetings?pre_empt=true", {
		...{ ...evening, subject: "Chống bão", type: "urgent", chair: { name: "Chủ tịch" }, speaking: "floor", state: "issued" },
	});
	const lost = await planning.read(M9.id);
	expect(lost.displaced?.[0]).toMatchObject({ subject: "Ứng phó bão", resource: { kind: "hall", id: "P1" } });
	await page.goto(`${planning.office.server.url}/inbox`);
	await page.getByTestId("inbox-row").filter({ hasText: "Công tác y tế" }).click();
	await expect(page.locator(at("inbox-row"))).toHaveCount(2); // and what is to be approved
	await page.goto(`${planning.office.server.url}/meetings/${M9.id}`);
	await expect(page.locator(at("displaced-note"))).toContainText("P1 đã dành cho: Ứng phó bão");
	// Another time is found for it, with a reason.
	await page.goto(`${planning.office.server.url}/inbox`);
	await page.getByTestId("inbox-row").filter({ hasText: "Công tác y tế" }).click();
	await page.click(at("find-time"));
	await expect(page.locator(at("conflict"))).toContainText("Ứng phó bão");
	await expect(page.locator(at("proposal"))).toHaveCount(3);
	await setTime(page, dayNextWeek(4), "14:00", "16:00");
	await expect(page.locator(at("conflict"))).toHaveCount(0);
	await page.fill(at("reason"), "Nhường phòng cho họp đột xuất");
	await page.click(at("act-confirm"));
	await expect(page.getByTestId("inbox-row").filter({ hasText: "Công tác y tế" })).toHaveCount(0);
	expect((await planning.read(M9.id)).start).toBe(span(4, 14, 16).start.replace(".000", ""));
	// What has lost a site can be moved, but not back to where another has the site.
	await page.goto(planning.office.server.url + week());
	await page.click(`[data-meeting="${training.id}"]`);
	await setTime(page, dayNextWeek(4), "17:00", "18:00");
	await page.click(at("move"));
	await page.fill(at("reason"), "Đủ thành phần");
	await page.click(at("act-confirm"));
	await expect(page.locator(at("toast"))).toContainText("Đã dời “Tập huấn”");
	await expect(page.locator(at("undo"))).toHaveCount(0);
	expect((await planning.read(training.id)).displaced).toBeUndefined();
});

test("a training that goes on without the sites it lost gets them back when the urgent meeting is called off", async () => {
	const sites = [4, 5, 6].map((i) => ({ unit_id: district(i), name: `Huyện ${i}`, protocol_order: 201 + i }));
	const times = span(3, 18, 19);
	const training = await planning.plan("Tập huấn buổi tối", {
		...times,
		type: "training",
		format: "online",
		sites,
		chair: { name: "Giám đốc Sở TT&TT" },
	});
	const urgent: Meeting = await planning.office.server.post("/api/v1/meetings?pre_empt=true", {
		...{ subject: "Ứng phó bão", type: "urgent", format: "online", speaking: "floor", state: "issued" },
		...{ ...times, sites: sites.slice(0, 2), chair: { name: "Chủ tịch" } },
	});
	const page = await as("secretary", `/meetings/${training.id}`);
	const note = page.locator(at("displaced-note"));
	await expect(note).toContainText("Huyện An Lạc, Huyện Cẩm Hà đã dành cho: Ứng phó bão");
	await clean(page, "a meeting that lost sites");
	// The rest of its plan is changed meanwhile: what it goes on without is not in the way.
	await page.goto(`${planning.office.server.url}/meetings/${training.id}/edit`);
	await page.fill(at("field-subject"), "Tập huấn chuyển đổi số");
	await page.click(at("save-changes"));
	await expect(page).toHaveURL(new RegExp(`/meetings/${training.id}$`));
	expect((await planning.read(training.id)).subject).toBe("Tập huấn chuyển đổi số");
	await page.click(at("reclaim"));
	await expect(note.getByRole("alert")).toContainText("Ứng phó bão");
	await planning.act(urgent, "cancel", { reason: "Bão tan" });
	await page.click(at("reclaim"));
	await expect(page.locator(at("toast")).filter({ hasText: "Đã lấy lại" })).toBeVisible();
	await expect(note).toHaveCount(0);
	await expect(page.locator(at("history"))).toContainText("Lấy lại phần đã nhường");
	expect((await planning.read(training.id)).displaced).toBeUndefined();
});

test("a site is planned with its unit's hall, and an invited leader is in one meeting at a time: the editor warns of both", async () => {
	const hall = { name: "Hội trường huyện An Lạc", unit: district(4), seats: 60, protocol_order: 9 };
	await planning.office.server.ask("PUT", "/api/v1/directory/halls/hoi-truong-an-lac", hall);
	const local = { halls: [{ id: "hoi-truong-an-lac", name: hall.name }], chair: { person: "pct-vx", name: "Phó Chủ tịch" } };
	await planning.plan("Họp tại huyện", { ...span(0, 18, 19), ...local });
	const sites = [{ unit_id: district(4), name: "Huyện An Lạc", protocol_order: 205 }];
	const delegates = [{ person: "pct-vx", name: "Phó Chủ tịch (văn xã)" }];
	const online = await planning.plan("Giao ban tối", { ...span(1, 18, 19), sites, delegates }, "draft");
	expect(online.sites?.[0].hall).toBe("hoi-truong-an-lac");
	const page = await as("secretary", `/meetings/${online.id}/edit`);
	await setTime(page, dayNextWeek(0), "18:30", "19:30");
	await expect(page.locator(at("conflict"))).toContainText("Hội trường huyện An Lạc");
	await expect(page.locator(at("conflict"))).toContainText("Phó Chủ tịch (văn xã)");
	await setTime(page, dayNextWeek(0), "19:00", "20:00");
	await expect(page.locator(at("conflict"))).toHaveCount(0);
	// Both are shown as free and taken for another meeting with the same site, which is told of it once.
	const again = await planning.plan("Rút kinh nghiệm", { ...span(2, 18, 19), sites }, "draft");
	await expect(page.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	await page.goto(`${planning.office.server.url}/meetings/${again.id}/edit`);
	await setTime(page, dayNextWeek(0), "19:00", "20:00");
	await expect(page.locator(at("conflict"))).toContainText("Huyện An Lạc đã có lịch họp khác: Giao ban tối");
	await expect(page.locator(at("conflict"))).not.toContainText("Hội trường");
	// Where the unit has several halls, one is chosen.
	await planning.office.server.ask("PUT", "/api/v1/directory/halls/phong-2", { ...hall, name: "Phòng họp số 2", protocol_order: 10 });
	await setTime(page, dayNextWeek(3), "18:00", "19:00");
	await page.reload();
	await page.fill(at("who-search"), "an lac");
	await choose(page, `hall-of-${district(4)}`, "Phòng họp số 2");
	await clean(page, "editor with a choice of halls");
	await expect.poll(async () => (await planning.read(again.id)).sites?.[0].hall).toBe("phong-2");
});

/** Drags the middle of a block onto a day, down by so many hours; looks around before it is let go. */
async function drag(page: Page, meeting: string, days: number, hours: number, look?: () => Promise<void>): Promise<void> {
	const block = await page.locator(`[data-meeting="${meeting}"]`).boundingBox();
	const target = await page.locator("[data-day]").nth(days).boundingBox();
	if (!block || !target) throw new Error("nothing to drag");
	const perHour = target.height / 10.5;
	const [x, y] = [block.x + block.width / 2, block.y + block.height / 2];
	await page.mouse.move(x, y);
	await page.mouse.down();
	await page.mouse.move(x + 10, y + 10);
	await page.mouse.move(target.x + target.width / 2, y + hours * perHour, { steps: 5 });
	await look?.();
	await page.mouse.up();
}

/** Drags a line of the month onto a day; looks around before it is let go. */
async function dragOnto(page: Page, line: string, day: string, look?: () => Promise<void>): Promise<void> {
	await page.locator(line).hover();
	await page.mouse.down();
	const box = await page.locator(day).boundingBox();
	if (!box) throw new Error("nowhere to drag to");
	await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2, { steps: 5 });
	await look?.();
	await page.mouse.up();
}

test("a meeting is dragged: the overlap is hatched, a reason is asked for, and it can be undone", async () => {
	const { M4, M9 } = await planning.week();
	const draft = await planning.plan("Sơ kết cải cách hành chính", { ...span(0, 10, 11), format: "online" }, "draft");
	const page = await as("secretary", week(), "vi", 1920, 1080);
	await page.waitForSelector(`[data-meeting="${M4.id}"]`);
	await clean(page, "week");
	// Over another: what is in the way is said, and the server refuses.
	await page.click(`[data-meeting="${M9.id}"]`);
	await expect(page.locator(at("option"))).toHaveCount(3);
	await clean(page, "week with a chosen meeting", "light", "dark");
	await drag(page, M9.id, 1, -5, async () => {
		await expect(page.locator(at("ghost"))).toContainText("P1");
		await expect(page.locator(at("rail-clash"))).toHaveCount(1);
		await expect(page.locator(at("side"))).toContainText("Phòng họp P1 đã có lịch");
		await page.keyboard.press("Escape");
	});
	await expect(page.locator(at("ghost"))).toHaveCount(0);
	expect((await planning.read(M9.id)).start).toBe(M9.start);
	// To a free time.
	await drag(page, M9.id, 4, 0);
	await page.fill(at("reason"), "Trùng lịch Chủ tịch");
	await page.click(at("act-confirm"));
	await expect(page.locator(at("toast"))).toContainText("Đã dời “Công tác y tế”");
	const moved = await planning.read(M9.id);
	expect([moved.start, moved.reason, moved.revision]).toEqual([span(4, 14, 16).start.replace(".000", ""), "Trùng lịch Chủ tịch", 1]);
	await page.click(at("undo"));
	await expect.poll(async () => (await planning.read(M9.id)).start).toBe(M9.start);
	// A draft moves at once, and is made longer by its lower edge.
	await drag(page, draft.id, 2, 4);
	await expect(page.locator(at("toast")).last()).toContainText("Sơ kết");
	const at14 = await planning.read(draft.id);
	expect(at14.start).toBe(span(2, 14, 15).start.replace(".000", ""));
	// The same without dragging: the meeting is chosen by the keys, then a free time in the panel.
	await page.locator(at("week")).press("ArrowRight");
	await page.click(`[data-meeting="${draft.id}"]`);
	await page.keyboard.press("ArrowRight");
	await page.keyboard.press("ArrowLeft");
	await page.click(`[data-meeting="${draft.id}"]`);
	await setTime(page, dayNextWeek(0), "10:30", "11:30");
	await page.click(at("move"));
	await expect.poll(async () => (await planning.read(draft.id)).start).toBe(span(0, 10.5, 11.5).start.replace(".000", ""));
	// In the month it goes to another day at its hour, with the same question.
	const night = await planning.plan("Trực phòng chống bão", { ...span(2, 23, 25), format: "online" }, "draft");
	const lineOf = (m: Meeting) => `[data-meeting="${m.id}"]`;
	await page.goto(`${planning.office.server.url}/calendar/${dayOf(nextMonday()).slice(0, 7)}`);
	const [monday, wednesday, thursday, friday] = [0, 2, 3, 4].map((days) => `[data-day="${dayOf(nextMonday() + days * 24 * 3600_000)}"]`);
	await dragOnto(page, lineOf(M9), monday, async () => {
		await expect(page.locator(monday).locator(at("ghost"))).toContainText("P1");
		await expect(page.locator(at("side"))).toContainText("Phòng họp P1 đã có lịch");
		await page.keyboard.press("Escape");
	});
	expect((await planning.read(M9.id)).start).toBe(M9.start);
	await dragOnto(page, lineOf(M9), friday);
	await page.fill(at("reason"), "Trùng lịch Chủ tịch");
	await page.click(at("act-confirm"));
	await expect(page.locator(friday).locator(`[data-meeting="${M9.id}"]`)).toContainText("14:00");
	await page.click(at("undo"));
	await expect.poll(async () => (await planning.read(M9.id)).start).toBe(M9.start);
	await dragOnto(page, lineOf(draft), wednesday);
	await expect(page.locator(wednesday).locator(`[data-meeting="${draft.id}"]`)).toContainText("10:30");
	// What goes over midnight is taken at either of its days.
	await dragOnto(page, `${thursday} ${lineOf(night)}`, friday);
	await expect(page.locator(thursday).locator(lineOf(night))).toContainText("23:00");
	await expect(page.locator(friday).locator(lineOf(night))).toContainText("–01:00");
	// And without dragging: by keys to the meeting, and to a time in the panel.
	await page.click(`[data-meeting="${draft.id}"]`);
	await page.keyboard.press("ArrowDown");
	await page.keyboard.press("ArrowUp");
	await expect(page.locator(`[data-meeting="${draft.id}"]`)).toBeFocused();
	await clean(page, "month with a chosen meeting");
	await setTime(page, dayNextWeek(0), "10:30", "11:30");
	await page.click(at("move"));
	await expect.poll(async () => (await planning.read(draft.id)).start).toBe(span(0, 10.5, 11.5).start.replace(".000", ""));
	// Without a place for the panel the question is the same.
	await page.setViewportSize({ width: 880, height: 1080 });
	await dragOnto(page, lineOf(M9), friday);
	await page.fill(at("reason"), "Trùng lịch Chủ tịch");
	await page.click(at("act-confirm"));
	await expect(page.locator(friday).locator(lineOf(M9))).toContainText("14:00");
});

test("the other views, and the week on a phone; nobody plans who may not", async () => {
	await planning.week();
	const night = await planning.plan("Trực phòng chống bão", {
		...span(1, 23, 25),
		halls: [{ id: "P3", name: "P3" }],
		chair: { person: "pct-kt", name: "Phó Chủ tịch (kinh tế)" },
	});
	const page = await as("leader", week(), "en");
	await expect(page.locator(at("new"))).toHaveCount(0);
	await expect(page.locator(".ev-movable")).toHaveCount(0);
	// What goes over midnight is there on both days, in all views.
	const both = page.locator(`[data-meeting="${night.id}"]`);
	await expect(both).toHaveCount(2);
	await page.click(at("view-month"));
	await page.waitForSelector(at("month"));
	await expect(page.locator(".month-line").first()).toBeVisible();
	await expect(page.locator(".month-line", { hasText: "Trực phòng chống bão" })).toHaveText([/^23:00/, /^–01:00/]);
	await clean(page, "month", "light", "dark");
	await page.click(at("view-halls"));
	await page.waitForSelector(at("halls"));
	await clean(page, "halls", "light", "dark");
	await page.goto(`${planning.office.server.url}/calendar/${dayOf(Date.parse(night.end))}`);
	await expect(page.locator(".halls-block", { hasText: "Trực phòng chống bão" })).toBeInViewport();
	await page.click(at("view-week"));
	await page.waitForSelector(at("week"));
	await page.keyboard.press("?");
	await expect(page.locator(at("help"))).toContainText("Next week, previous week");
	await page.keyboard.press("Escape");
	// More meetings than the server gives at once are all there.
	const busy = span(60, 8, 9);
	await planning.many(501, { ...busy, format: "online", chair: { name: "Trưởng đoàn" } });
	await page.goto(`${planning.office.server.url}/calendar/${busy.start.slice(0, 7)}`);
	await expect(page.locator(".month-more")).toHaveText("and 498 more");
	await page.setViewportSize({ width: 390, height: 844 });
	await page.goto(planning.office.server.url + week());
	await expect(page.locator(at("week-list"))).toContainText("Morning");
	await clean(page, "list");
	// After midnight it is still one of today's.
	await page.clock.setFixedTime(Date.parse(night.end) - 30 * 60_000);
	await page.goto(`${planning.office.server.url}/today`);
	await expect(page.locator(at("today-meeting"))).toContainText("Trực phòng chống bão");
	await expect(page.locator(at("join-meeting"))).toBeVisible();
});

test("a series is drafted as a whole, moved from one of its meetings on, and one is called off", async () => {
	const page = await as("secretary", "/meetings/new");
	await page.fill(at("field-subject"), "Giao ban tuần");
	await setTime(page, dayNextWeek(0), "8:00", "9:00");
	await choose(page, "field-halls", "P3 · 20 chỗ");
	await page.keyboard.press("Escape");
	await choose(page, "field-chair", "Chủ tịch");
	await choose(page, "field-recurrence", "Hằng tuần");
	await page.fill(at("field-count"), "3");
	await expect(page.locator(at("save-state"))).toContainText("Đã lưu lúc", { timeout: 15_000 });
	const first = await planning.read(new URL(page.url()).pathname.split("/")[2]);
	const series = async () => {
		const found = await planning.office.server.ask<{ meetings: Meeting[] }>("GET", `/api/v1/meetings?series=${first.series}`);
		return found.meetings.sort((a, b) => a.start.localeCompare(b.start));
	};
	expect(await series()).toHaveLength(3);
	// What is typed is for all of them, and so is the rule.
	await page.fill(at("field-subject"), "Giao ban đầu tuần");
	await expect.poll(async () => (await series()).map((m) => m.subject)).toEqual(Array(3).fill("Giao ban đầu tuần"));
	await page.fill(at("field-count"), "4");
	await expect.poll(async () => (await series()).length).toBe(4);
	await page.locator(at("submit")).click();
	await clean(page, "series");
	await page.click(at("act-confirm"));
	await expect(page.locator(at("state"))).toHaveAttribute("data-state", "submitted");
	expect((await series()).map((m) => m.state)).toEqual(Array(4).fill("submitted"));

	for (const m of await series()) await planning.act(await planning.act(m, "approve"), "issue");
	const [, second, third] = await series();
	// What is in the way of one of them is in the way of all; a time is chosen at which all can be.
	const after = (m: Meeting, hours: number) => new Date(Date.parse(m.start) + hours * 3600_000).toISOString();
	await planning.plan("Tiếp công dân", { start: after(third, 6), end: after(third, 7), chair: { person: "ct", name: "Chủ tịch" } });
	await page.goto(`${planning.office.server.url}/meetings/${second.id}/edit`);
	await setTime(page, dayNextWeek(7), "14:00", "15:00");
	await expect(page.locator(at("save-changes"))).toBeEnabled();
	await expect(page.locator(at("conflict"))).toHaveCount(0);
	await page.check(at("scope-following"));
	await expect(page.locator(at("conflict"))).toContainText("Tiếp công dân");
	await expect(page.locator(at("save-changes"))).toBeDisabled();
	await expect(page.locator(at("proposal"))).toHaveCount(3);
	await clean(page, "series in the way");
	await page.locator(at("proposal")).first().click(); // an hour earlier
	await expect(page.locator(at("conflict"))).toHaveCount(0);
	await page.click(at("save-changes"));
	await expect(page).toHaveURL(new RegExp(`/meetings/${second.id}$`));
	expect((await series()).map((m) => m.start.slice(11, 16))).toEqual(["01:00", "06:00", "06:00", "06:00"]);
	await page.goto(`${planning.office.server.url}/meetings/${second.id}`);
	await page.click(at("more-acts"));
	await page.click(at("act-reschedule"));
	await setTime(page, dayNextWeek(7), "9:00", "10:00");
	await page.check(at("scope-following"));
	await page.fill(at("reason"), "Trùng họp Chính phủ");
	await page.click(at("act-confirm"));
	await expect(page.locator(at("history"))).toContainText("Trùng họp Chính phủ");
	const hours = (await series()).map((m) => m.start.slice(11, 16));
	expect(hours).toEqual(["01:00", "02:00", "02:00", "02:00"]);
	await page.goto(`${planning.office.server.url}/meetings/${third.id}`);
	await page.click(at("more-acts"));
	await page.click(at("act-cancel"));
	await page.fill(at("reason"), "Nghỉ lễ");
	await page.click(at("act-confirm"));
	await expect(page.locator(at("state"))).toHaveAttribute("data-state", "cancelled");
	expect((await series()).map((m) => m.state)).toEqual(["issued", "issued", "cancelled", "issued"]);
});

/** The meetings of a series that still take place. */
async function membersOf(series: string | undefined): Promise<Meeting[]> {
	const found = await planning.office.server.ask<{ meetings: Meeting[] }>("GET", `/api/v1/meetings?series=${series}`);
	return found.meetings.filter((m) => m.state !== "cancelled");
}

/** When they begin, as days from Monday of next week and hours. */
async function placesOf(series: string | undefined): Promise<string[]> {
	const hours = (await membersOf(series)).map((m) => (Date.parse(m.start) - nextMonday()) / 3600_000);
	return hours.sort((a, b) => a - b).map((h) => `${Math.floor(h / 24)} ${h % 24}:00`);
}

test("one meeting of a series gets another hour, days that are left out stay so, and the series becomes a single meeting", async () => {
	const recurrence = { rrule: "FREQ=WEEKLY;BYDAY=MO;COUNT=4", exdates: [span(7, 8, 9).start] };
	const { id, series } = await planning.plan("Giao ban tuần", { ...span(0, 8, 9), recurrence }, "draft");
	expect(await placesOf(series)).toEqual(["0 8:00", "14 8:00", "21 8:00"]);
	const page = await as("secretary", `/meetings/${id}/edit`);
	const state = page.locator(at("save-state"));
	await setTime(page, dayNextWeek(0), "14:00", "15:00");
	await expect.poll(() => placesOf(series)).toEqual(["0 14:00", "14 8:00", "21 8:00"]);
	await expect(state).toContainText("Đã lưu lúc");
	// All of it an hour later: what was moved by itself, too.
	await page.check(at("scope-all"));
	const days = page.locator(".recurrence-dates input");
	await expect(days.nth(1)).not.toBeChecked();
	await setTime(page, dayNextWeek(0), "15:00", "16:00");
	await expect.poll(() => placesOf(series)).toEqual(["0 15:00", "14 9:00", "21 9:00"]);
	await expect(days.nth(1)).not.toBeChecked();
	// What was meant for all of it still is after the page was closed.
	await page.route("**/api/v1/meetings/**", (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
	await page.fill(at("field-subject"), "Giao ban đầu tuần");
	await expect(state).toContainText("Chưa lưu được", { timeout: 15_000 });
	await page.unroute("**/api/v1/meetings/**");
	await page.reload();
	await expect(page.locator(at("scope-all"))).toBeChecked();
	await expect.poll(async () => (await membersOf(series)).map((m) => m.subject)).toEqual(Array(3).fill("Giao ban đầu tuần"));
	// What would call meetings off is asked about first.
	await choose(page, "field-recurrence", "Không lặp lại");
	const question = page.getByRole("dialog");
	await expect(question).toContainText("2 cuộc họp");
	await clean(page, "meetings to be called off");
	await page.click(at("call-off-keep"));
	await expect(page.locator(at("field-recurrence"))).toHaveValue("Hằng tuần");
	await expect(state).toContainText("Đã lưu lúc");
	expect(await placesOf(series)).toHaveLength(3);
	await choose(page, "field-recurrence", "Không lặp lại");
	await page.click(at("call-off-confirm"));
	await expect(question).toHaveCount(0);
	await expect.poll(() => placesOf(series)).toEqual([]);
	await expect(page.locator(at("scope-all"))).toHaveCount(0);
	await expect(page.locator(at("field-recurrence"))).toHaveValue("Không lặp lại");
	expect(await planning.read(id)).toMatchObject({ state: "draft", start: span(0, 15, 16).start.replace(".000", "") });
});

test("a series that was dragged as a whole is taken back as a whole", async () => {
	const recurrence = { rrule: "FREQ=WEEKLY;COUNT=3" };
	const { id, series } = await planning.plan("Giao ban tuần", { ...span(0, 10, 11), recurrence });
	const page = await as("secretary", week());
	await page.waitForSelector(`[data-meeting="${id}"]`);
	await drag(page, id, 1, 4);
	await page.check(at("scope-all"));
	await page.fill(at("reason"), "Trùng lịch Chủ tịch");
	await page.click(at("act-confirm"));
	await expect.poll(() => placesOf(series)).toEqual(["1 14:00", "8 14:00", "15 14:00"]);
	await page.click(at("undo"));
	await expect.poll(() => placesOf(series)).toEqual(["0 10:00", "7 10:00", "14 10:00"]);
});

test("a leader finds the meetings of the day, and one button leads into the one that is open", async () => {
	const soon = Date.now() + 5 * 60_000;
	test.skip(dayOf(soon) !== dayOf(Date.now()), "midnight in Việt Nam is too near");
	const times = (start: number) => ({ start: new Date(start).toISOString(), end: new Date(start + 3600_000).toISOString() });
	const chair = { person: "pct-kt", name: "Phó Chủ tịch (kinh tế)" };
	await planning.plan("Tiến độ giải phóng mặt bằng", { ...times(soon), chair });
	const other = await planning.plan("Cuộc họp của người khác", { ...times(soon), chair: { person: "ct", name: "Chủ tịch" } });
	const page = await as("leader", "/today");
	await expect(page.locator(at("today-meeting"))).toHaveCount(1);
	await clean(page, "today", "light", "dark");
	// Into a meeting without a seat for him there is no button.
	await page.goto(`${planning.office.server.url}/meetings/${other.id}`);
	await expect(page.locator(at("history"))).toBeVisible();
	await expect(page.locator(at("join-meeting"))).toHaveCount(0);
	await page.goto(`${planning.office.server.url}/today`);
	await page.click(at("join-meeting"));
	await page.waitForURL(/\/join#.+/);
	await expect(page.locator("h1")).toContainText("Tiến độ giải phóng mặt bằng");
	await expect(page.locator(".join-page")).toContainText("Phó Chủ tịch (kinh tế)");
});

test("before a meeting opens its leader sees how long it takes, and then the button by itself", async () => {
	// People may enter fifteen minutes ahead.
	const start = Date.now() + 15 * 60_000 + 12_000;
	test.skip(dayOf(start) !== dayOf(Date.now()), "midnight in Việt Nam is too near");
	await planning.plan("Họp sắp mở", {
		start: new Date(start).toISOString(),
		end: new Date(start + 3600_000).toISOString(),
		chair: { person: "pct-kt", name: "Phó Chủ tịch (kinh tế)" },
	});
	const page = await as("leader", "/today", "en");
	await expect(page.locator(at("join-wait"))).toContainText("The room opens in");
	await expect(page.locator(at("join-meeting"))).toBeVisible({ timeout: 30_000 });
});
