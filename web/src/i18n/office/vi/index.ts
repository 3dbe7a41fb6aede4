// Vietnamese texts of the office pages, in parts.
import { admin } from "./admin";
import { calendar } from "./calendar";
import { directory } from "./directory";
import { editor } from "./editor";
import { meeting } from "./meeting";
import { papers } from "./papers";
import { shell } from "./shell";
import { signin } from "./signin";
import { week } from "./week";

export const vi = { ...shell, ...signin, ...admin, ...directory, ...calendar, ...week, ...meeting, ...papers, ...editor };

export type OfficeKey = keyof typeof vi;
