import type { RolePolicy } from "../policy.js";
import { fixed } from "./fixed.js";
import { flush } from "./flush.js";
import { skip } from "./skip.js";
import { stale } from "./stale.js";

/** The policies that come with lift86, by name. */
export const POLICIES: Readonly<Record<"fixed" | "stale" | "flush" | "skip", RolePolicy>> = { fixed, stale, flush, skip };
