// The whole way of a province: from the first administrator to a hall's picture on the screen of the chair.
import { resolve } from "node:path";
import { expect, type Page, test } from "@playwright/test";
import type { Meeting } from "../src/office/meetings";
import { Office } from "./lib/office";
import { choose, password, setTime, span, typedDay } from "./lib/planning";
import { look } from "./lib/probe";
import { at, people } from "./lib/stage";

const directoryFile = resolve(import.meta.dirname, "../../deploy/demo/danh-ba-A.xlsx");
const zone = 7 * 3600_000;
const minute = 60_000;

/** A time that a meeting can have now: its day and hours in Việt Nam, open already or in less than 15 minutes. */
function around(now: number): { day: string; from: string; to: string } {
	const midnight = Math.floor((now + zone) / (24 * 60 * minute)) * 24 * 60 * minute - zone;
	const late = midnight + (23 * 60 + 45) * minute;
	const start = now >= late ? midnight + 24 * 60 * minute : Math.max(midnight, now - 10 * minute);
	const end = Math.min(start + 120 * minute, (now >= late ? midnight + 24 * 60 * minute : midnight) + (23 * 60 + 59) * minute);
	const hours = (t: number) => new Date(t + zone).toISOString().slice(11, 16);
	return { day: typedDay(start), from: hours(start), to: hours(end) };
}

test("an empty server becomes a province that meets", async () => {
	test.setTimeout(240_000);
	const office = await Office.start();
	const { server } = office;
	const as = (login: string, path: string): Promise<Page> => office.signedIn(login, password, path);
	try {
		const administrator = await test.step("the first administrator is made by the printed link", () => office.setUp());

		await test.step("the directory is imported", async () => {
			await administrator.goto(`${server.url}/directory/import`);
			await administrator.setInputFiles(at("file"), directoryFile);
			await expect(administrator.locator(at("faults"))).toHaveCount(0);
			await administrator.click(at("apply"));
			await expect(administrator.locator(at("units"))).toContainText("Huyện Cẩm Hà");
			for (const [login, name, role, person] of [
				["chuyenvien", "Chuyên viên", "planner"],
				["chanhvanphong", "Chánh Văn phòng", "approver"],
				["pctkt", "Phó Chủ tịch UBND tỉnh (kinh tế)", "leader", "pct-kt"],
			]) {
				await server.post("/api/v1/accounts", { login, name, password, grants: [{ role }], person });
			}
		});

		const terminal = await test.step("the hall's terminal is paired by the code that the administrator reads out", async () => {
			const { code } = await server.post<{ code: string }>("/api/v1/terminals/thiet-bi-huyen-cam-ha/code", undefined);
			const page = await office.cast.open(`${server.url}/terminal`, people.site.scene, { width: 1366, height: 768 });
			await expect(page.locator(at("pairing"))).toBeVisible();
			await page.keyboard.type(code);
			await expect(page.locator(at("foyer"))).toContainText("chưa có cuộc họp");
			return page;
		});

		const m4 = await test.step("a planner drafts M4 and submits it", async () => {
			const page = await as("chuyenvien", "/meetings/new");
			await page.fill(at("field-subject"), "Tiến độ giải phóng mặt bằng");
			const time = around(Date.now());
			await setTime(page, time.day, time.from, time.to);
			await choose(page, "field-halls", "P2 · 40 chỗ");
			await page.keyboard.press("Escape");
			await choose(page, "field-chair", "Phó Chủ tịch UBND tỉnh (kinh tế)");
			await page.fill(at("who-search"), "cam ha");
			await page.check(at("who-unit:huyen-cam-ha"));
			await page.click(at("submit"));
			await expect(page.locator(at("state"))).toHaveAttribute("data-state", "submitted");
			return new URL(page.url()).pathname.split("/")[2];
		});

		await test.step("the approver approves it and issues the invitation", async () => {
			const page = await as("chanhvanphong", "/inbox");
			await page.waitForSelector(at("inbox-row"));
			await page.keyboard.press("a");
			await expect(page.locator(at("empty"))).toBeVisible();
			await page.goto(`${server.url}/meetings/${m4}`);
			await page.click(at("act-issue"));
			await page.click(at("act-confirm"));
			await expect(page.locator(at("state"))).toHaveAttribute("data-state", "issued");
		});

		await test.step("M8 takes the hall of M9", async () => {
			const m9 = await server.post<Meeting>("/api/v1/meetings", {
				subject: "Công tác y tế",
				...span(3, 14, 16),
				chair: { person: "pct-vx", name: "" },
				halls: [{ id: "P1", name: "" }],
				speaking: "floor",
			});
			const page = await as("chanhvanphong", "/meetings/new");
			await page.fill(at("field-subject"), "Ứng phó bão");
			await choose(page, "field-type", "Họp đột xuất");
			await choose(page, "field-chair", "Chủ tịch UBND tỉnh");
			await choose(page, "field-halls", "P1 · 120 chỗ");
			await page.keyboard.press("Escape");
			await setTime(page, typedDay(Date.parse(m9.start)), "14:00", "15:30");
			await page.click(at("pre-empt"));
			await expect(page.locator(at("displaced"))).toContainText("Công tác y tế");
			await page.click(at("pre-empt-confirm"));
			await expect(page.locator(at("state"))).toHaveAttribute("data-state", "issued");
			expect((await server.ask<Meeting>("GET", `/api/v1/meetings/${m9.id}`)).state).toBe("postponed");
		});

		await test.step("the terminal joins M4 by itself", async () => {
			await expect(terminal.locator(at("terminal"))).toBeVisible({ timeout: 60_000 });
		});

		await test.step("the chair joins from the own day, and sees the hall", async () => {
			const page = await as("pctkt", "/today");
			await page.click(at("join-meeting"));
			await office.cast.enter(page);
			const tile = page.locator(".tile", { hasText: "Cẩm Hà" }).first();
			await expect(tile).toHaveAttribute("data-state", "live", { timeout: 30_000 });
			const slot = await tile.getAttribute("data-testid");
			await expect.poll(async () => (await page.evaluate(look, at(slot ?? "")))?.moves, { timeout: 30_000 }).toBe(true);
		});
	} finally {
		await office.stop();
	}
});
