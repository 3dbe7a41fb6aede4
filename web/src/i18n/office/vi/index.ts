// Vietnamese texts of the office pages, in parts.
import { calendar } from "./calendar";
import { shell } from "./shell";
import { signin } from "./signin";

export const vi = { ...shell, ...signin, ...calendar };

export type OfficeKey = keyof typeof vi;
