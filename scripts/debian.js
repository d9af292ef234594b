#!/usr/bin/env node
// Fetch Debian packages for i386 without root: `node scripts/debian.js PACKAGE…` unpacks them with all that they depend on into .cache/debian/root,
// once. apt works on folders of its own, with the mirrors that this machine's sources name, and checks Debian's signatures. Maintainer scripts do
// not run; the few things of theirs that programs miss at run time are done here (`finish`). Prints what was asked for, a file name each.
import { spawnSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const base = join(fileURLToPath(new URL("..", import.meta.url)), ".cache", "debian");
const archives = join(base, "packages"), root = join(base, "root"), have = join(base, "have");
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";
const ARCHITECTURE = "i386";

function fail(message) {
  console.error(`debian: ${message}`);
  process.exit(2);
}

function run(command, args, cwd) {
  const done = spawnSync(command, args, { cwd, encoding: "utf8", maxBuffer: 1 << 26 });
  if (done.error) fail(`${command}: ${done.error.code === "ENOENT" ? "not installed here; this needs Debian or one of its kind" : done.error.message}`);
  return done;
}

/** [uri, suite, component] of the Debian archives that this machine uses. */
function mirrors() {
  const done = run("apt-get", ["indextargets", "--format", "$(CREATED_BY)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"]);
  const lines = done.stdout.split("\n").map((l) => l.split("|")).filter(([what, uri]) =>
    what === "Packages" && /\/debian(-security)?\/?$/.test(uri));
  const list = [...new Set(lines.map(([, uri, suite, component]) => `${uri} ${suite} ${component}`))];
  if (list.length === 0) fail("this machine's apt sources name no Debian archive");
  return list;
}

/** Options that keep apt in our folders. */
function aptOptions() {
  const dir = join(base, "apt");
  for (const d of ["etc", "etc/parts", "state/lists/partial", "cache/archives/partial"]) mkdirSync(join(dir, d), { recursive: true });
  mkdirSync(join(archives, "partial"), { recursive: true });
  writeFileSync(join(dir, "state", "status"), "");
  writeFileSync(join(dir, "etc", "sources.list"), mirrors().map((m) => `deb [arch=${ARCHITECTURE} signed-by=${KEYRING}] ${m}\n`).join(""));
  const settings = {
    "APT::Architecture": ARCHITECTURE, "APT::Architectures": ARCHITECTURE, "APT::Sandbox::User": "", "APT::Install-Recommends": "false",
    // The lists are ours alone, and nothing gets installed.
    "Debug::NoLocking": "true", "Acquire::Languages": "none",
    "Dir::Etc::sourcelist": join(dir, "etc", "sources.list"), "Dir::Etc::sourceparts": join(dir, "etc", "parts"),
    "Dir::State": join(dir, "state"), "Dir::State::status": join(dir, "state", "status"), "Dir::Cache": join(dir, "cache"),
    "Dir::Cache::archives": archives,
  };
  return Object.entries(settings).flatMap(([k, v]) => ["-o", `${k}=${v}`]);
}

/** Debian's merged /usr, as its installer makes it before the first package. */
function mergedUsr() {
  for (const d of ["bin", "sbin", "lib"]) {
    mkdirSync(join(root, "usr", d), { recursive: true });
    if (!lstatSync(join(root, d), { throwIfNoEntry: false })) symlinkSync(`usr/${d}`, join(root, d));
    else if (!lstatSync(join(root, d)).isSymbolicLink()) fail(`${root} is from an older version of this script: remove it with ${have}`);
  }
}

function unpack(file) {
  // A pipe: dpkg-deb's own unpacking replaces links to directories.
  const tar = spawnSync("sh", ["-c", 'dpkg-deb --fsys-tarfile "$1" | tar -x -p --no-same-owner --keep-directory-symlink -C "$2"', "sh", join(archives, file), root], { encoding: "utf8" });
  if (tar.status !== 0) fail(`${file}: ${tar.stderr.trim().split("\n")[0]}`);
}

/** What maintainer scripts would have done. */
function finish() {
  const first = (link, ...targets) => {
    if (lstatSync(join(root, link), { throwIfNoEntry: false })) return;
    const target = targets.find((t) => existsSync(join(root, t)));
    if (target) symlinkSync(`/${target}`, join(root, link));
  };
  first("usr/bin/sh", "usr/bin/dash");
  first("usr/bin/awk", "usr/bin/gawk", "usr/bin/mawk");
  first("usr/bin/lua", "usr/bin/lua5.4");
  for (const [name, master] of [["passwd", "passwd.master"], ["group", "group.master"]]) {
    const from = join(root, "usr/share/base-passwd", master), to = join(root, "etc", name);
    if (existsSync(from) && !existsSync(to)) writeFileSync(to, readFileSync(from));
  }
}

function fetch(packages) {
  if (!existsSync(KEYRING)) fail(`${KEYRING} is missing: install debian-archive-keyring`);
  const options = aptOptions();
  // update may fail over one stale index; whether the packages can be had is what counts.
  const update = run("apt-get", [...options, "-q", "update"]);
  const before = new Set(readdirSync(archives));
  const done = run("apt-get", [...options, "-q", "-y", "--download-only", "install", ...packages]);
  if (done.status !== 0) {
    const why = (done.stderr || update.stderr).trim().split("\n").find((l) => /^E:/.test(l)) ?? "unknown reason";
    fail(`${packages.join(", ")} could not be fetched: ${why.replace(/^E: */, "")}`);
  }
  mergedUsr();
  mkdirSync(have, { recursive: true });
  const stamp = (name, file) => {
    writeFileSync(join(have, `${name}.tmp`), `${file}\n`);
    renameSync(join(have, `${name}.tmp`), join(have, name));
  };
  const files = readdirSync(archives).filter((f) => f.endsWith(".deb"));
  for (const file of files) {
    const name = file.split("_")[0];
    if (before.has(file) && existsSync(join(have, name))) continue;
    unpack(file);
    stamp(name, file);
  }
  for (const name of packages) if (!existsSync(join(have, name))) fail(`${name} could not be fetched: no such package file`);
  finish();
}

const packages = process.argv.slice(2);
if (packages.length === 0 || packages.some((p) => !/^[a-z0-9][a-z0-9+.-]*$/.test(p))) fail("usage: node scripts/debian.js PACKAGE…");
const missing = packages.filter((p) => !existsSync(join(have, p)));
if (missing.length > 0) fetch(missing);
for (const p of packages) console.log(readFileSync(join(have, p), "utf8").trim());
