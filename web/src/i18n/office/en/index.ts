// English texts of the office pages, in the same parts.
import type { OfficeKey } from "../vi";
import { calendar } from "./calendar";
import { shell } from "./shell";
import { signin } from "./signin";

export const en: Record<OfficeKey, string> = { ...shell, ...signin, ...calendar };
