#!/usr/bin/env node
// Bundle src/ into dist/: `node scripts/build.js [--types]`. With --types also the declarations, which only users of the library need.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, readdirSync, readFileSync, rmSync } from "node:fs";
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
    define: { LIFT86_BUILD: JSON.stringify(sourcesHash()) },
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
  // The library for browsers, in one file.
  await esbuild.build({
    ...common,
    entryPoints: { browser: "src/index.ts" },
    format: "esm",
    platform: "browser",
    plugins: [sharedIced({ embed: true }), withoutUrl, ...plugins],
    define: { ...common.define, global: "globalThis" },
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
    define: { ...common.define, "import.meta.url": "moduleUrl" },
  });
  chmodSync(`${root}/${folder}/cli.js`, 0o755);
  await bytecode(folder);
  // Its code is in the bundle.
  copyFileSync(`${root}/node_modules/iced-x86/LICENSE.txt`, `${root}/${folder}/LICENSE-iced-x86.txt`);
}

/** source-map asks for Node's module where there is no global URL, which browsers have. */
const withoutUrl = {
  name: "without url",
  setup(build) {
    build.onResolve({ filter: /^url$/ }, ({ path }) => ({ path, namespace: "without" }));
    build.onLoad({ filter: /./, namespace: "without" }, () => ({ contents: "" }));
  },
};

/** A hash of all that translations depend on (src/runtime/build.ts). */
function sourcesHash() {
  const hash = createHash("sha256");
  const add = (path) => void hash.update(path.slice(root.length)).update("\0").update(readFileSync(path));
  for (const name of readdirSync(`${root}/src`, { recursive: true }).sort()) if (name.endsWith(".ts")) add(`${root}/src/${name}`);
  add(`${root}/package-lock.json`);
  return hash.digest("hex").slice(0, 32);
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
