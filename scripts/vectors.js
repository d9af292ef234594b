#!/usr/bin/env node
// `npm run vectors [-- FAMILY…]`: record test vectors anew on this machine's processor (gcc with 32-bit support is needed).
import { spawnSync } from "node:child_process";
import { setUp } from "./setup.js";

const root = await setUp();
const { build } = await import("esbuild");
const outfile = `${root}/test/vectors/.record.mjs`;
const { rmSync } = await import("node:fs");
try {
  await build({ absWorkingDir: root, entryPoints: ["test/vectors/record.ts"], outfile, bundle: true, packages: "external", format: "esm", platform: "node", target: "node20" });
  process.exitCode = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(outfile, { force: true });
}
