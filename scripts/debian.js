#!/usr/bin/env node
// Fetch Debian packages for i386 without root: `node scripts/debian.js PACKAGE…` unpacks them, without what they depend on, into
// .cache/debian/root. apt works on folders of its own, with the mirrors that this machine's sources name, and checks Debian's signatures.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const base = join(fileURLToPath(new URL("..", import.meta.url)), ".cache", "debian");
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
  writeFileSync(join(dir, "state", "status"), "");
  writeFileSync(join(dir, "etc", "sources.list"), mirrors().map((m) => `deb [arch=${ARCHITECTURE} signed-by=${KEYRING}] ${m}\n`).join(""));
  const settings = {
    "APT::Architecture": ARCHITECTURE, "APT::Architectures": ARCHITECTURE, "APT::Sandbox::User": "", "Acquire::Languages": "none",
    "Dir::Etc::sourcelist": join(dir, "etc", "sources.list"), "Dir::Etc::sourceparts": join(dir, "etc", "parts"),
    "Dir::State": join(dir, "state"), "Dir::State::status": join(dir, "state", "status"), "Dir::Cache": join(dir, "cache"),
  };
  return Object.entries(settings).flatMap(([k, v]) => ["-o", `${k}=${v}`]);
}

function fetch(packages) {
  if (!existsSync(KEYRING)) fail(`${KEYRING} is missing: install debian-archive-keyring`);
  const options = aptOptions();
  const archives = join(base, "packages");
  mkdirSync(archives, { recursive: true });
  // update may fail over one stale index; whether the packages can be had is what counts.
  const update = run("apt-get", [...options, "-q", "update"]);
  for (const name of packages) {
    const done = run("apt-get", [...options, "-q", "download", name], archives);
    if (done.status !== 0) {
      const why = (done.stderr || update.stderr).trim().split("\n").find((l) => /^E:/.test(l)) ?? "unknown reason";
      fail(`${name} could not be fetched: ${why.replace(/^E: */, "")}`);
    }
    const file = readdirSync(archives).find((f) => f.startsWith(`${name}_`) && f.endsWith(".deb"));
    const target = join(base, "root"), fresh = join(base, `new-${name}`);
    rmSync(fresh, { recursive: true, force: true });
    const unpacked = run("dpkg-deb", ["-x", join(archives, file), fresh]);
    if (unpacked.status !== 0) fail(`${file}: ${unpacked.stderr.trim().split("\n")[0]}`);
    mkdirSync(target, { recursive: true });
    const copied = run("cp", ["-a", `${fresh}/.`, target]);
    if (copied.status !== 0) fail(`${file}: ${copied.stderr.trim().split("\n")[0]}`);
    rmSync(fresh, { recursive: true, force: true });
    const stamp = join(base, "have");
    mkdirSync(stamp, { recursive: true });
    writeFileSync(join(stamp, `${name}.tmp`), `${file}\n`);
    renameSync(join(stamp, `${name}.tmp`), join(stamp, name));
  }
}

const packages = process.argv.slice(2);
if (packages.length === 0 || packages.some((p) => !/^[a-z0-9][a-z0-9+.-]*$/.test(p))) fail("usage: node scripts/debian.js PACKAGE…");
const missing = packages.filter((p) => !existsSync(join(base, "have", p)));
if (missing.length > 0) fetch(missing);
for (const p of packages) console.log(readFileSync(join(base, "have", p), "utf8").trim());
