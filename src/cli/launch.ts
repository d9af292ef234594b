#!/usr/bin/env node
import nodeModule from "node:module";
import { fileURLToPath } from "node:url";
import { loadCached } from "./code-cache.js";

/**
 * dist/cli.js: loads the command, which is a file of its own (main.cjs) so that the bytecode that V8 made of it when it was built can be loaded with it. A third of a
 * short run's time went into compiling lift86 itself.
 */

interface Program {
  main(argv: readonly string[]): Promise<void>;
}

const file = fileURLToPath(new URL("./main.cjs", import.meta.url));

function load(): Program {
  const cached = loadCached(file);
  if (cached) return cached as Program;
  // Without bytecode for this engine; Node 22 and later keep their own between runs.
  (nodeModule as { enableCompileCache?: () => void }).enableCompileCache?.();
  return nodeModule.createRequire(import.meta.url)(file) as Program;
}

await load().main(process.argv.slice(2));
