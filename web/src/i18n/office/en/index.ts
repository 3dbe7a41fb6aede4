// English texts of the office pages, in the same parts.
import type { OfficeKey } from "../vi";
import { admin } from "./admin";
import { calendar } from "./calendar";
import { directory } from "./directory";
import { editor } from "./editor";
import { meeting } from "./meeting";
import { papers } from "./papers";
import { shell } from "./shell";
import { signin } from "./signin";
import { week } from "./week";

export const en: Record<OfficeKey, string> = {
	...shell,
	...signin,
	...admin,
	...directory,
	...calendar,
	...week,
	...meeting,
	...papers,
	...editor,
};
