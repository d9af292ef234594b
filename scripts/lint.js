#!/usr/bin/env node
// `npm run lint`: types of sources and tests, and the rules on imports.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { setUp } from "./setup.js";

const root = await setUp();
let failed = false;

function step(name, script, args) {
  const started = Date.now();
  const done = spawnSync(process.execPath, [`${root}/node_modules/${script}`, ...args], { cwd: root, stdio: "inherit" });
  console.error(`lint: ${name}: ${done.status === 0 ? "ok" : "FAILED"} (${((Date.now() - started) / 1000).toFixed(1)} s)`);
  failed ||= done.status !== 0;
}

step("types of src", "typescript/bin/tsc", ["--noEmit", "-p", "."]);
step("types of test and bench", "typescript/bin/tsc", ["--noEmit", "-p", "test"]);

const depcruise = "dependency-cruiser/bin/dependency-cruise.mjs";
step("layers", depcruise, ["--config", ".dependency-cruiser.cjs", "src"]);

const transpiled = `${root}/.cache/lint`;
rmSync(transpiled, { recursive: true, force: true });
const { build } = await import("esbuild");
const entryPoints = readdirSync(`${root}/src`, { recursive: true }).filter((f) => f.endsWith(".ts")).map((f) => `src/${f}`);
await build({ absWorkingDir: root, entryPoints, outdir: transpiled, outbase: "src", format: "esm", logLevel: "error" });
step("cycles", depcruise, ["--config", ".dependency-cruiser.cycles.cjs", ".cache/lint"]);
rmSync(transpiled, { recursive: true, force: true });

process.exitCode = failed ? 1 : 0;
