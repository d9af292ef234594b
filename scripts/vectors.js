#!/usr/bin/env node
// `npm run vectors [-- [--64] FAMILY…]`: record test vectors anew on this machine's processor (gcc with 32-bit support is needed); --64: those of 64-bit code.
import { spawnSync } from "node:child_process";
import { setUp } from "./setup.js";

const root = await setUp();
const { build } = await import("esbuild");
const args = process.argv.slice(2).filter((a) => a !== "--64");
const where = args.length < process.argv.length - 2 ? "test/vectors64" : "test/vectors";
const outfile = `${root}/${where}/.record.mjs`;
const { rmSync } = await import("node:fs");
try {
  await build({ absWorkingDir: root, entryPoints: [`${where}/record.ts`], outfile, bundle: true, packages: "external", format: "esm", platform: "node", target: "node20" });
  process.exitCode = spawnSync(process.execPath, [outfile, ...args], { cwd: root, stdio: "inherit" }).status ?? 1;
} finally {
  rmSync(outfile, { force: true });
}
