#!/usr/bin/env node
// Fetch other versions of Node from the npm registry: `node scripts/nodes.js 22 24` puts them into .cache/nodes/MAJOR, once, and prints a path for each.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

// The packages that hold a binary each; `node` itself would have to run a script to fetch one of them.
const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
const base = join(fileURLToPath(new URL("..", import.meta.url)), ".cache", "nodes");

function fail(message) {
  console.error(`nodes: ${message}`);
  process.exit(2);
}

const majors = process.argv.slice(2);
if (majors.length === 0 || majors.some((major) => !/^\d+$/.test(major))) fail("which major versions? As in: node scripts/nodes.js 22 24");
for (const major of majors) {
  const folder = join(base, major), node = join(folder, "node_modules", ".bin", "node");
  if (!existsSync(node)) {
    mkdirSync(folder, { recursive: true });
    // npm looks for a package.json upwards from here.
    writeFileSync(join(folder, "package.json"), "{}\n");
    const done = spawnSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", `${name}@${major}`], { cwd: folder, encoding: "utf8", shell: process.platform === "win32" });
    if (done.status !== 0 || !existsSync(node)) fail(`npm could not install ${name}@${major}: ${(done.stderr ?? String(done.error)).trim().split("\n").at(-1)}`);
  }
  console.log(node);
}
