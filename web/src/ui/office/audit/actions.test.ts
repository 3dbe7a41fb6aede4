import { expect, it } from "vitest";
import type { Texts } from "../../../i18n";
import { vi } from "../../../i18n/office/vi";
import { actionOptions, actionText, changeText } from "./actions";

const t: Texts = (key, values = {}) =>
	(vi as Record<string, string>)[key]?.replace(/\{\{(\w+)\}\}/g, (_, name) => String(values[name])) ?? key;

it("names actions, and shows those it does not know as they are", () => {
	expect(actionText("unit.created", t)).toBe("Thêm đơn vị");
	expect(actionText("account.changed", t)).toBe("Sửa tài khoản");
	expect(actionText("session.begun", t)).toBe("Đăng nhập");
	expect(actionText("meeting.created", t)).toBe("Thêm cuộc họp");
	expect(actionText("meeting.approved", t)).toBe("Phê duyệt");
	expect(actionText("rocket.launched", t)).toBe("rocket.launched");
	expect(actionText("unit.launched", t)).toBe("unit.launched");
});

it("names what changed, and shows what it does not know as it is", () => {
	expect(changeText("format", "online", t)).toBe("Hình thức họp: Trực tuyến");
	expect(changeText("reason", "Bão tan", t)).toBe("Lý do: Bão tan");
	expect(changeText("rocket", "red", t)).toBe("rocket: red");
});

it("offers all actions of a thing by what they begin with", () => {
	const [groups, single] = actionOptions(t);
	expect(groups?.items).toContainEqual({ value: "unit.", label: "Mọi thao tác: đơn vị" });
	expect(groups?.items).toContainEqual({ value: "meeting.", label: "Mọi thao tác: cuộc họp" });
	expect(single?.items).toContainEqual({ value: "meeting.displaced", label: "Nhường chỗ cho cuộc họp khác" });
});
