// The office pages on a real server: signing in, accounts, the directory, the audit log.
import { readFileSync } from "node:fs";
import { expect, type Page, test } from "@playwright/test";
import { findings } from "./lib/axe";
import { administrator, Office } from "./lib/office";
import { at } from "./lib/stage";

let office: Office;

test.beforeEach(async () => {
	office = await Office.start();
});

test.afterEach(async () => {
	await office.stop();
});

/** Has axe look at a page in both schemes. */
async function clean(page: Page, name: string): Promise<void> {
	await page.waitForSelector("main h1");
	// What was chosen from fades away.
	await expect(page.locator("[data-composed][role=presentation]:visible")).toHaveCount(0);
	for (const scheme of ["light", "dark"]) {
		await page.evaluate((s) => document.documentElement.setAttribute("data-mantine-color-scheme", s), scheme);
		expect(await findings(page), `${name} ${scheme}`).toEqual([]);
	}
	await page.evaluate(() => document.documentElement.setAttribute("data-mantine-color-scheme", "light"));
}

async function signOut(page: Page): Promise<void> {
	await page.click(at("account-menu"));
	await page.click(at("sign-out"));
	await page.waitForSelector(at("sign-in"));
}

test("the printed link makes the first administrator, who signs out and in again", async () => {
	const early = await office.open("/");
	await early.waitForSelector(at("no-account"));
	await clean(early, "no account yet");
	const page = await office.open(office.setupLink);
	await page.fill(at("login"), administrator.login);
	await page.fill(at("name"), administrator.name);
	await page.fill(at("password"), "ngắn");
	await expect(page.locator(at("set-up"))).toBeDisabled();
	await expect(page.locator(".password-rules [data-met=true]")).toHaveCount(1);
	await page.fill(at("password"), administrator.password);
	await page.fill(at("repeated"), administrator.password);
	await expect(page.locator(".password-rules [data-met=true]")).toHaveCount(3);
	await clean(page, "setup");
	await page.click(at("set-up"));
	await page.waitForSelector(at("account-menu"));
	expect(new URL(page.url()).pathname).toBe("/today");
	expect(page.url()).not.toContain("#");
	await clean(page, "today");
	await signOut(page);
	await clean(page, "sign-in");
	await page.fill(at("login"), administrator.login);
	await page.fill(at("password"), administrator.password);
	await page.keyboard.press("Enter");
	await page.waitForSelector(at("account-menu"));
	// The link is used up, and says where to go on.
	const again = await office.open(office.setupLink);
	await again.fill(at("login"), "khac");
	await again.fill(at("name"), "Người khác");
	await again.fill(at("password"), administrator.password);
	await again.fill(at("repeated"), administrator.password);
	await again.click(at("set-up"));
	await expect(again.locator(at("problem"))).toContainText("đã được sử dụng hoặc đã hết hạn");
});

test("whoever is not signed in comes back to the page that was asked for; the back button works", async () => {
	await (await office.setUp()).context().close();
	const page = await office.signedIn(administrator.login, administrator.password, "/calendar?week=2026-W30");
	expect(page.url()).toBe(`${office.server.url}/calendar?week=2026-W30`);
	await page.waitForSelector("main h1");
	await page.click(at("nav-inbox"));
	await expect(page.locator("h1")).toBeFocused();
	await page.keyboard.press("g");
	await page.keyboard.press("t");
	await expect(page).toHaveURL(`${office.server.url}/today`);
	await page.goBack();
	await expect(page).toHaveURL(`${office.server.url}/inbox`);
	await page.goBack();
	await expect(page).toHaveURL(`${office.server.url}/calendar?week=2026-W30`);
	await page.keyboard.press("?");
	await expect(page.locator(at("help"))).toBeVisible();
	await page.waitForTimeout(300);
	await clean(page, "keys");
	await page.keyboard.press("Escape");
	// A session that ended elsewhere: the next answer leads to the sign-in page, and back.
	await page.context().clearCookies();
	await page.reload();
	await expect(page.locator(at("sign-in"))).toBeVisible();
	expect(new URL(page.url()).searchParams.get("next")).toBe("/calendar?week=2026-W30");
	// An address of another site is no page to go on to.
	await page.goto(`${office.server.url}/signin?next=//evil.example/`);
	await page.fill(at("login"), administrator.login);
	await page.fill(at("password"), administrator.password);
	await page.click(at("sign-in"));
	await expect(page).toHaveURL(`${office.server.url}/today`);
});

test("who guesses passwords is told how long to wait", async () => {
	await (await office.setUp()).context().close();
	const page = await office.open("/signin");
	await page.fill(at("login"), administrator.login);
	// Each failure doubles the wait: in the end it is long enough to be looked at.
	const seconds = async () => Number((await page.locator(at("wait")).getByRole("timer").textContent())?.slice(-2));
	for (let attempt = 1; attempt <= 15; attempt++) {
		await expect(page.locator(at("sign-in"))).toBeEnabled({ timeout: 20_000 });
		await page.fill(at("password"), `sai-${attempt}`);
		const answer = page.waitForResponse("**/api/v1/session");
		await page.click(at("sign-in"));
		const { status } = await answer.then((a) => ({ status: a.status() }));
		if (attempt === 1) await expect(page.locator(at("problem"))).toContainText("Tên đăng nhập hoặc mật khẩu không đúng.");
		if (status === 429 && (await seconds()) >= 7) break;
	}
	await expect(page.locator(at("wait"))).toContainText("sai nhiều lần");
	await expect(page.locator(at("wait")).getByRole("timer")).toBeVisible();
	await expect(page.locator(at("sign-in"))).toBeDisabled();
	await clean(page, "wait");
	// After it the right password is taken.
	await expect(page.locator(at("sign-in"))).toBeEnabled({ timeout: 20_000 });
	await page.fill(at("password"), administrator.password);
	await page.click(at("sign-in"));
	await page.waitForSelector(at("account-menu"));
});

test("a store that is away is told of once, what was loaded stays, and all goes on by itself", async () => {
	const page = await office.setUp();
	await page.click(at("nav-accounts"));
	await page.waitForSelector(at("accounts"));
	await page.click(at("nav-audit"));
	await page.waitForSelector(at("audit"));
	const goOn = office.server.holdStore();
	await page.fill(at("search"), "không có");
	await expect(page.locator(at("away"))).toContainText("Kho dữ liệu tạm thời không phản hồi.");
	await expect(page.locator(at("away"))).toContainText("Mã yêu cầu:");
	await clean(page, "away");
	await page.click(at("nav-accounts"));
	await expect(page.locator(at("accounts"))).toContainText(administrator.login);
	goOn();
	await page.goBack();
	await expect(page.locator(at("away"))).toHaveCount(0, { timeout: 30_000 });
	await expect(page.locator(at("empty"))).toBeVisible();
});

test("an administrator makes an account with a role in a unit, whose holder chooses a password by the link", async () => {
	const page = await office.setUp();
	await page.click(at("nav-accounts"));
	await page.waitForSelector(at("accounts"));
	await clean(page, "accounts");
	await page.click(at("new-account"));
	await expect(page.locator(at("account-login"))).toBeFocused();
	await page.fill(at("account-login"), "Thu Ky");
	await page.fill(at("account-name"), "Nguyễn Thị Thư Ký");
	await page.click(at("add-grant"));
	await page.click(at("grant-role-0"));
	await page.fill(at("grant-role-0"), "thu ky");
	await page.keyboard.press("Enter");
	await expect(page.locator(at("grant-role-0"))).toHaveValue("Thư ký");
	await expect(page.locator(at("grant-unit-0"))).toHaveValue("Toàn tỉnh");
	await clean(page, "new account");
	await page.click(at("save"));
	await expect(page.locator(at("panel"))).toContainText("Tên đăng nhập gồm 2–64 ký tự");
	await page.fill(at("account-login"), "thuky");
	await page.click(at("save"));
	const link = await page.inputValue(at("copy-text"));
	expect(link).toContain(`${office.server.url}/reset#`);
	await clean(page, "link");
	await page.click(at("copy"));
	await page.getByRole("button", { name: "Đã gửi đường dẫn" }).click();
	await expect(page).toHaveURL(/\/accounts\/[\w-]{8,}/);
	await expect(page.locator(at("accounts"))).toContainText("Thư ký");
	await expect(page.locator(at("accounts"))).toContainText("Chưa đặt mật khẩu");
	await page.waitForSelector(at("make-link"));
	await clean(page, "account");

	const holder = await office.open(link);
	await holder.fill(at("password"), "mat-khau-cua-thu-ky");
	await holder.fill(at("repeated"), "mat-khau-cua-thu-ky");
	await clean(holder, "reset");
	await holder.click(at("reset"));
	await holder.waitForSelector(at("reset-done"));
	await holder.context().close();
	const secretary = await office.signedIn("thuky", "mat-khau-cua-thu-ky");
	await expect(secretary.locator(at("nav-accounts"))).toHaveCount(0);
	await secretary.goto(`${office.server.url}/accounts`);
	await expect(secretary.locator(at("empty"))).toContainText("Đồng chí không có quyền xem trang này.");

	// Disabled at once, and taken back.
	await page.reload();
	await page.click(at("disable"));
	await expect(page.locator(at("toast"))).toContainText("Đã khóa tài khoản thuky.");
	await expect(page.locator(at("accounts"))).toContainText("Đã khóa");
	await page.click(at("undo"));
	await expect(page.locator(at("toast"))).toContainText("Đã mở khóa tài khoản thuky.");
	await expect(page.locator(at("accounts"))).not.toContainText("Đã khóa");
	await page.fill(at("search"), "thu ky");
	await expect(page.locator(`${at("accounts")} tbody tr`)).toHaveCount(1);
	await page.fill(at("search"), "không có ai");
	await expect(page.locator(at("empty"))).toContainText("Không có tài khoản nào khớp");
});

test("the audit log is searched by words, action and day, and saved as a file", async () => {
	const page = await office.setUp();
	await office.server.post("/api/v1/meetings", {
		state: "draft",
		subject: "Giao ban tháng",
		start: new Date(Date.now() + 3600_000).toISOString(),
		end: new Date(Date.now() + 7200_000).toISOString(),
		chair: { name: "Chủ tịch" },
		speaking: "floor",
	});
	await page.click(at("nav-audit"));
	await expect(page.locator(at("audit"))).toContainText("Tạo quản trị viên đầu tiên");
	await expect(page.locator(`${at("audit")} tr`, { hasText: "Giao ban tháng" })).toContainText("Thêm cuộc họp");
	await clean(page, "audit");
	await page.getByPlaceholder("Mọi thao tác").click();
	await expect(page.getByRole("option", { name: "Mọi thao tác: cuộc họp" })).toBeVisible();
	await page.getByRole("option", { name: "Đăng nhập", exact: true }).click();
	await expect(page.locator(`${at("audit")} tbody tr`)).toHaveCount(1);
	await expect(page).toHaveURL(/action=session\.begun/);
	const saved = page.waitForEvent("download");
	await page.click(at("export"));
	expect((await saved).suggestedFilename()).toMatch(/^nhat-ky-.*\.csv$/);
	await page.getByLabel("Từ ngày").fill("01/01/2099");
	await page.keyboard.press("Enter");
	await expect(page.locator(at("empty"))).toBeVisible();
	await page.keyboard.press("Escape");
	await clean(page, "audit, empty");
	await page.getByRole("button", { name: "Bỏ mọi bộ lọc" }).click();
	await expect(page.locator(at("audit"))).toContainText("Xuất nhật ký");
});

test("everybody changes the own password, and sees where the account is signed in", async () => {
	const page = await office.setUp();
	await page.click(at("account-menu"));
	await page.click(at("my-account"));
	await page.waitForSelector(at("old-password"));
	await clean(page, "own account");
	await page.fill(at("old-password"), "sai mat khau");
	await page.fill(at("password"), "mot-mat-khau-khac");
	await page.fill(at("repeated"), "mot-mat-khau-khac");
	await page.click(at("save"));
	await expect(page.locator(at("problem"))).toContainText("Mật khẩu hiện tại không đúng.");
	await page.fill(at("old-password"), administrator.password);
	await page.click(at("save"));
	await expect(page.locator(at("toast"))).toContainText("Đã đổi mật khẩu");
	await signOut(page);
	await page.fill(at("login"), administrator.login);
	await page.fill(at("password"), "mot-mat-khau-khac");
	await page.click(at("sign-in"));
	await page.waitForSelector(at("account-menu"));
});

/** The directory that the tests begin with. */
async function fillDirectory(): Promise<void> {
	const put = (path: string, body: unknown) => office.server.put(`/api/v1/directory/${path}`, body);
	await put("levels/tinh", { name: "Tỉnh", order: 1 });
	await put("levels/so", { name: "Sở, ban, ngành", order: 2 });
	await put("units/ubnd-tinh", { name: "UBND tỉnh Minh Giang", level: "tinh", protocol_order: 1 });
	await put("units/so-y-te", { name: "Sở Y tế", level: "so", parent: "ubnd-tinh", protocol_order: 116 });
	await put("units/so-ke-hoach", {
		name: "Sở Kế hoạch và Đầu tư",
		level: "so",
		parent: "ubnd-tinh",
		protocol_order: 104,
		valid_to: "2025-06-30",
	});
	await put("people/ct", { title: "Chủ tịch UBND tỉnh", unit: "ubnd-tinh", protocol_order: 1, leader: true });
	await put("halls/P1", { name: "Phòng họp P1", short_name: "P1", unit: "ubnd-tinh", seats: 120, protocol_order: 1 });
	await put("terminals/tb-P1", { name: "Thiết bị P1", hall: "P1" });
}

test("the directory is kept: a unit is added and taken back, found without diacritics, and shown as of a day", async () => {
	const page = await office.setUp();
	await page.click(at("nav-directory"));
	await expect(page.locator(at("empty"))).toContainText("Chưa có đơn vị nào.");
	await clean(page, "directory, empty");
	await fillDirectory();
	await page.reload();
	await expect(page.locator(`${at("units")} tbody tr`)).toHaveCount(2);
	await clean(page, "units");
	await page.click(at("new-record"));
	await expect(page.locator(at("field-name"))).toBeFocused();
	await page.keyboard.type("Sở Nội vụ");
	await expect(page.locator(at("field-id"))).toHaveValue("so-noi-vu");
	await page.fill(at("field-level"), "so ban");
	await page.keyboard.press("Enter");
	// What is written at once while the list is closed is chosen from it just the same, and Enter does not send the form.
	await page.fill(at("field-level"), "tinh");
	await page.keyboard.press("Enter");
	await expect(page.locator(at("field-level"))).toHaveValue("Tỉnh");
	await page.fill(at("field-level"), "khong co");
	await page.keyboard.press("Enter");
	await page.fill(at("field-level"), "so ban");
	await page.keyboard.press("Enter");
	await expect(page.locator(at("field-level"))).toHaveValue("Sở, ban, ngành");
	await page.fill(at("field-parent"), "ubnd");
	await page.keyboard.press("Enter");
	await clean(page, "new unit");
	await page.click(at("save"));
	await expect(page).toHaveURL(`${office.server.url}/directory/units/so-noi-vu`);
	await expect(page.locator(`${at("units")} tbody tr`)).toHaveCount(3);
	await clean(page, "unit");
	await page.fill(at("field-short_name"), "Sở NV");
	await page.click(at("save"));
	await expect(page.locator(at("units"))).toContainText("Sở NV");
	await page.locator(at("toast")).last().locator(at("undo")).click();
	await expect(page.locator(at("units"))).not.toContainText("Sở NV");
	await page.fill(at("search"), "y te");
	await expect(page.locator(`${at("units")} tbody tr`)).toHaveCount(1);
	await page.fill(at("search"), "");
	// Before the merger there was one more.
	await page.getByLabel("Tại ngày").fill("30/06/2025");
	await page.keyboard.press("Enter");
	await expect(page.locator(at("units"))).toContainText("Sở Kế hoạch và Đầu tư");
	await expect(page).toHaveURL(/at=2025-06-30/);
	await page.keyboard.press("Escape");
	for (const section of ["people", "halls", "terminals", "groups", "levels"]) {
		await page.click(at(`section-${section}`));
		await page.waitForSelector(section === "groups" ? at("empty") : at(section));
		await clean(page, section);
	}
	// What others refer to stays.
	await page.goto(`${office.server.url}/directory/levels/so`);
	await page.click(at("delete"));
	await expect(page.locator(at("problem"))).toContainText("Không xóa được vì đang được sử dụng");
});

test("a terminal's code is shown large until the device has come, and the pairing is revoked after a question", async () => {
	const page = await office.setUp();
	await fillDirectory();
	await page.goto(`${office.server.url}/directory/terminals/tb-P1`);
	await page.click(at("make-code"));
	const code = ((await page.locator(`${at("pairing-code")} > .digits`).getAttribute("aria-label")) ?? "").replaceAll(" ", "");
	expect(code).toMatch(/^\d{6}$/);
	await expect(page.locator(at("pairing-code")).getByRole("timer")).toBeVisible();
	await clean(page, "pairing code");
	const device = await office.open("/terminal");
	const paired = await device.evaluate(
		(c) =>
			fetch("/api/v1/terminal/pair", {
				method: "POST",
				headers: { "Content-Type": "application/json" },
				body: JSON.stringify({ code: c }),
			}).then((r) => r.status),
		code,
	);
	expect(paired).toBe(200);
	await expect(page.locator(at("paired"))).toContainText("Đã ghép nối", { timeout: 15_000 });
	await expect(page.locator(at("pairing-code"))).toHaveCount(0);
	await page.click(at("revoke"));
	await clean(page, "revoke");
	await page.click(at("revoke-confirm"));
	await expect(page.locator(at("paired"))).toContainText("Chưa ghép nối");
});

test("a file of the directory is looked at, corrected and applied as a whole", async () => {
	const page = await office.setUp();
	await page.goto(`${office.server.url}/directory/import`);
	await page.waitForSelector(at("file-button"));
	await clean(page, "import");
	await page.setInputFiles(at("file"), { name: "anh.png", mimeType: "image/png", buffer: Buffer.from("x") });
	await expect(page.getByRole("alert")).toContainText("Chỉ nhận tệp .xlsx hoặc .csv.");
	await fillDirectory();
	// What was exported is the pattern of what is imported.
	await page.goto(`${office.server.url}/directory/units`);
	await page.click(at("export"));
	const saved = page.waitForEvent("download");
	await page.getByRole("menuitem", { name: "Đơn vị (CSV)", exact: true }).click();
	const pattern = readFileSync(await (await saved).path(), "utf8");
	const put = (text: string) => page.setInputFiles(at("file"), { name: "units.csv", mimeType: "", buffer: Buffer.from(text) });
	await page.goto(`${office.server.url}/directory/import`);
	// One row names a level that there is not, another has a new name.
	const renamed = pattern.replace("Sở Y tế", "Sở Y tế tỉnh");
	await put(renamed.replace(/\bso\b(?=[,;])/, "khong-co"));
	await expect(page.locator(`${at("faults")} tbody tr`)).toHaveCount(1);
	await expect(page.locator(at("apply"))).toBeDisabled();
	await clean(page, "preview with a fault");
	await page.click(at("other-file"));
	await put(renamed);
	await expect(page.locator(`${at("changes")} tbody tr`)).toHaveCount(1);
	await expect(page.locator(at("changes"))).toContainText("Sở Y tế tỉnh");
	await clean(page, "preview");
	await page.click(at("apply"));
	await expect(page.locator(at("toast"))).toContainText("thêm 0, sửa 1");
	await expect(page.locator(at("units"))).toContainText("Sở Y tế tỉnh");
});
