#!/usr/bin/env node
// `npm test`: make the checkout ready and run the tests. Arguments go to vitest.
import { spawnSync } from "node:child_process";
import { setUp } from "./setup.js";

const root = await setUp();
const done = spawnSync(process.execPath, [`${root}/node_modules/vitest/vitest.mjs`, "run", ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
process.exitCode = done.status ?? 1;
