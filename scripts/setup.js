// Make a checkout ready: dependencies installed, dist/ up to date, `npx lift86` found. Plain Node, since nothing is installed before it has run.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const STAMP = join(root, "node_modules", ".lift86-lock");
const BUILT_FROM = ["package.json", "tsconfig.json", "scripts/build.js", "scripts/code-cache.js", "scripts/iced.js"];

const fail = (message) => {
  console.error(`lift86: ${message}`);
  process.exit(1);
};

function checkNode() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19)) fail(`Node ${process.versions.node} is too old: 20.19 or later is needed`);
}

/** node_modules is as the lock file says: a stamp in it holds the lock file's hash. */
function install() {
  const lock = createHash("sha256").update(readFileSync(join(root, "package-lock.json"))).digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === lock) return;
  // An install by hand (`npm ci`) leaves no stamp, but a copy of the lock file newer than ours.
  const copy = join(root, "node_modules", ".package-lock.json");
  const fresh = existsSync(copy) && statSync(copy).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs;
  if (!fresh) {
    console.error("lift86: installing dependencies (npm ci)");
    const npm = process.env.npm_execpath;
    const args = ["ci", "--no-audit", "--no-fund"];
    const done = npm
      ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: ["ignore", 2, 2] })
      : spawnSync("npm", args, { cwd: root, stdio: ["ignore", 2, 2], shell: process.platform === "win32" });
    if (done.status !== 0) fail("npm ci failed: see above; the npm registry must be reachable");
  }
  writeFileSync(STAMP, lock);
}

function newest(path) {
  const s = statSync(path);
  if (!s.isDirectory()) return s.mtimeMs;
  return readdirSync(path).reduce((n, name) => Math.max(n, newest(join(path, name))), s.mtimeMs);
}

async function buildIfStale() {
  const built = ["cli.js", "index.js", "node.js", /* bytecode for this engine */ `main.cjs.${process.versions.v8}-${process.arch}.cache`].map((f) => join(root, "dist", f));
  const sources = Math.max(newest(join(root, "src")), ...BUILT_FROM.map((f) => newest(join(root, f))));
  if (built.every((f) => existsSync(f) && statSync(f).mtimeMs > sources)) return;
  console.error("lift86: building dist/");
  const { build } = await import("./build.js");
  await build().catch((e) => fail(`build failed: ${e.message}`));
}

/** `npx lift86` in the checkout runs dist/cli.js. */
function link() {
  const bin = join(root, "node_modules", ".bin");
  mkdirSync(bin, { recursive: true });
  if (process.platform === "win32") {
    writeFileSync(join(bin, "lift86.cmd"), '@node "%~dp0\\..\\..\\dist\\cli.js" %*\r\n');
    return;
  }
  const at = join(bin, "lift86"), target = "../../dist/cli.js";
  try {
    if (lstatSync(at).isSymbolicLink() && readlinkSync(at) === target) return;
    rmSync(at);
  } catch {
    // not there
  }
  symlinkSync(target, at);
}

export async function setUp() {
  checkNode();
  install();
  await buildIfStale();
  link();
  return root;
}
