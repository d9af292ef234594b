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
  const common = {
    absWorkingDir: root,
    outdir: folder,
    plugins: [sharedIced(), ...plugins],
    bundle: true,
    mainFields: ["module", "main"],
    target: ["node20", "es2022"],
    sourcemap: true,
    sourcesContent: false,
    legalComments: "none",
    logLevel: "warning",
  };
  // The library, with shared chunks: modules with state, as the table of ops, exist once however many entries are imported. Beside it what loads the command.
  await esbuild.build({
    ...common,
    entryPoints: { cli: "src/cli/launch.ts", index: "src/index.ts", node: "src/node.ts" },
    splitting: true,
    chunkNames: "chunks/[name]-[hash]",
    format: "esm",
    platform: "neutral",
    external: ["node:*", /* source-map asks for it where there is no URL */ "url"],
  });
  // The command in one file, packages and all, so that V8's bytecode of it can be kept.
  await esbuild.build({
    ...common,
    entryPoints: { main: "src/cli/main.ts" },
    outExtension: { ".js": ".cjs" },
    format: "cjs",
    platform: "node",
    external: ["@dagrejs/dagre"],
    banner: { js: 'const moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "moduleUrl" },
  });
  chmodSync(`${root}/${folder}/cli.js`, 0o755);
  await bytecode(folder);
  // Its code is in the bundle.
  copyFileSync(`${root}/node_modules/iced-x86/LICENSE.txt`, `${root}/${folder}/LICENSE-iced-x86.txt`);
}

function node(args, trouble) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "ignore", "inherit"] });
    child.on("error", reject).on("exit", (code) => (code === 0 ? resolve() : reject(new Error(trouble))));
  });
}

const declarations = () => node([`${root}/node_modules/typescript/bin/tsc`, "-p", root, "--emitDeclarationOnly"], "declarations could not be written");
const bytecode = (folder) => node([`${root}/scripts/code-cache.js`, `${root}/${folder}`], "bytecode could not be written");

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await build();
    if (process.argv.includes("--types")) await declarations();
  } catch (e) {
    console.error(`lift86: build failed: ${e.message}`);
    process.exitCode = 1;
  }
}
