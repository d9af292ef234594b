#!/usr/bin/env node
// `npm start`: make the checkout ready and run the sample guest, with a summary below its output.
import { spawnSync } from "node:child_process";
import { setUp } from "./setup.js";

const root = await setUp();
const args = process.argv.slice(2);
const guest = args.length > 0 ? args : ["samples/checksums"];
const done = spawnSync(process.execPath, [`${root}/dist/cli.js`, "run", "--stats", ...guest], { cwd: root, stdio: "inherit" });
process.exitCode = done.status ?? 1;
