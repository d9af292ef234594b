#!/usr/bin/env node
// Bundle src/ into dist/: `node scripts/build.js [--types]`. With --types also the declarations, which only users of the library need.
import { spawn } from "node:child_process";
import { chmodSync, copyFileSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sharedIced } from "./iced.js";

const root = fileURLToPath(new URL("..", import.meta.url));

export async function build() {
  await bundle("dist");
}

/** Bundle into a folder of the project, with esbuild's plugins. */
export async function bundle(folder, plugins = []) {
  const esbuild = await import("esbuild");
  rmSync(`${root}/${folder}`, { recursive: true, force: true });
  // One bundle with shared chunks: modules with state, as the table of ops, exist once however many entries are imported.
  await esbuild.build({
    absWorkingDir: root,
    entryPoints: { cli: "src/cli/main.ts", index: "src/index.ts", node: "src/node.ts" },
    outdir: folder,
    plugins: [sharedIced(), ...plugins],
    bundle: true,
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "neutral",
    mainFields: ["module", "main"],
    target: ["node20", "es2022"],
    external: ["node:*", "@dagrejs/dagre", "cli-progress", "yargs", "yargs/*", /* source-map asks for it where there is no URL */ "url"],
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    logLevel: "warning",
  });
  chmodSync(`${root}/${folder}/cli.js`, 0o755);
  // Its code is in the bundle.
  copyFileSync(`${root}/node_modules/iced-x86/LICENSE.txt`, `${root}/${folder}/LICENSE-iced-x86.txt`);
}

function declarations() {
  return new Promise((resolve, reject) => {
    const tsc = spawn(process.execPath, [`${root}/node_modules/typescript/bin/tsc`, "-p", root, "--emitDeclarationOnly"], { stdio: "inherit" });
    tsc.on("error", reject).on("exit", (code) => (code === 0 ? resolve() : reject(new Error("declarations could not be written"))));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
    if (process.argv.includes("--types")) await declarations();
  } catch (e) {
    console.error(`lift86: build failed: ${e.message}`);
    process.exitCode = 1;
  }
}
