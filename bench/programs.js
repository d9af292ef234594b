import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync, closeSync } from "node:fs";
import { root, run } from "./child.js";

/** Debian's i386 packages that the programs come from, with the libraries they need (scripts/debian.js unpacks no others). */
const PACKAGES = [
  "libc6", "libgcc-s1", "coreutils", "libacl1", "libattr1", "libselinux1", "libgmp10", "libpcre2-8-0", "libssl3", "gzip", "xz-utils", "liblzma5", "mawk",
  "bash", "libtinfo6", "lua5.4", "libreadline8", "perl-base", "libcrypt1", "sqlite3", "libsqlite3-0", "zlib1g", "busybox-static", "tcc", "libc6-dev", "linux-libc-dev",
];
const MIB = 1 << 20;

const SQL = `create table t(id integer primary key, name text, v real);
with recursive n(i) as (select 1 union all select i + 1 from n where i < $N) insert into t select i, 'row ' || (i * 7919 % 100003), i * 0.5 from n;
create index by_name on t(name);
select count(*), sum(v), min(name), max(name) from t; select name, count(*) from t group by name order by 2 desc, 1 limit 5;`;
const LUA = `local t, s = {}, 0
for i = 1, $N do t[i % 1000 + 1] = i * 3 % 17; s = s + (t[(i * 7) % 1000 + 1] or 0) end
local parts = {}
for i = 1, $N // 20 do parts[#parts + 1] = string.format("%d:%s", i, tostring(i * 0.5)) end
print(s, #table.concat(parts, ","))`;
const PERL = `my (%h, $s); for my $i (1 .. $N) { $h{$i % 1000} += $i * 3 % 17; $s += $h{($i * 7) % 1000} // 0; }
my $text = join(" ", map { "word$_" } 1 .. $N / 20); my $n = () = $text =~ /d\\d*7 /g; print "$s $n\\n";`;
const BASH = `s=0; for ((i = 0; i < $N; i++)); do s=$(((s * 31 + i) % 65521)); case $i in *7) a[i % 10]=$s;; esac; x="v$s"; s=$((s + \${#x})); done; echo $s \${a[*]}`;

/** Each: the program's path in Debian, its arguments in a folder with `text` (`size` MiB of it), and how much of it. N: a count. */
export const PROGRAMS = {
  sha256sum: { path: "/usr/bin/sha256sum", args: () => ["text"], size: 64 },
  "busybox sha256sum": { path: "/bin/busybox", args: () => ["sha256sum", "text"], size: 64 },
  gzip: { path: "/bin/gzip", args: () => ["-nc", "text"], size: 16 },
  gunzip: { path: "/bin/gzip", args: () => ["-dc", "text.gz"], size: 64 },
  xz: { path: "/usr/bin/xz", args: () => ["-c", "-T1", "text"], size: 16 },
  awk: { path: "/usr/bin/mawk", args: () => ["{ n += NF; c[$1]++; if ($3 > m) m = $3 } END { print NR, n, m, c[\"lorem\"] }", "text"], size: 50 },
  sqlite3: { path: "/usr/bin/sqlite3", args: (n) => ["-batch", "test.db", SQL.replaceAll("$N", n)], n: 200_000, fresh: "test.db" },
  lua: { path: "/usr/bin/lua5.4", args: (n) => ["-e", LUA.replaceAll("$N", n)], n: 6_000_000 },
  perl: { path: "/usr/bin/perl", args: (n) => ["-e", PERL.replaceAll("$N", n)], n: 2_500_000 },
  bash: { path: "/bin/bash", args: (n) => ["-c", BASH.replaceAll("$N", n)], n: 150_000 },
};

export const guestRoot = `${root}/.cache/debian/root`;
const folder = `${guestRoot}/bench`;

/** Words in lines, the same every time: compressible, but not too much. */
function writeText(file, bytes) {
  const words = [];
  let x = 88172645;
  const next = () => {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    return x >>> 0;
  };
  for (let i = 0; i < 3000; i++) words.push(i === 0 ? "lorem" : (next() * 2 ** 20 + next()).toString(36).slice(0, 2 + (next() % 9)));
  const fd = openSync(`${file}.tmp`, "w");
  for (let left = bytes; left > 0;) {
    let chunk = "";
    while (chunk.length < Math.min(left, MIB)) {
      for (let k = 3 + (next() % 9); k > 0; k--) chunk += `${words[Math.min(next() % 3000, next() % 3000)]} `;
      chunk += `${next() % 100_000}\n`;
    }
    left -= writeSync(fd, chunk.slice(0, left), null, "latin1");
  }
  closeSync(fd);
  renameSync(`${file}.tmp`, file);
}

async function prepare(sizes) {
  mkdirSync(folder, { recursive: true });
  for (const mib of sizes) {
    const dir = `${folder}/${mib}`, text = `${dir}/text`;
    mkdirSync(dir, { recursive: true });
    if (!existsSync(text) || statSync(text).size !== mib * MIB) writeText(text, mib * MIB);
    if (!existsSync(`${text}.gz`)) await run("sh", ["-c", 'gzip -nc "$1" > "$1.gz.tmp" && mv "$1.gz.tmp" "$1.gz"', "sh", text]);
  }
}

const ENV = { PATH: "/usr/bin:/bin", LC_ALL: "C", HOME: "/" };
const libraries = ["lib", "usr/lib"].map((d) => `${guestRoot}/${d}/i386-linux-gnu`).join(":");

/** Where translations are kept for those that have run before. */
export const keptFolder = `${root}/.cache/bench/translations`;

function lift86(title, dir, more = []) {
  return {
    title,
    env: process.env,
    command: (path, cwd) => [process.execPath, [
      `${dir}/dist/cli.js`, "run", ...more, "--root", guestRoot, "--cwd", cwd.slice(guestRoot.length), ...Object.entries(ENV).flatMap(([k, v]) => ["--env", `${k}=${v}`]), path,
    ]],
  };
}

/** How a contender runs a program: a command and what stands before the program's arguments. */
export const RUNNERS = {
  native: { title: "native", command: (path) => [`${guestRoot}/lib/ld-linux.so.2`, ["--library-path", libraries, guestRoot + path]] },
  lift86: lift86("lift86", root),
  kept: lift86("lift86, kept", root, ["--translations", keptFolder]),
  qemu: { title: "qemu-i386", command: (path) => ["qemu-i386", [`${guestRoot}/lib/ld-linux.so.2`, "--library-path", libraries, guestRoot + path]] },
};

export function addOtherRunner(dir, name) {
  RUNNERS.other = lift86(name, dir);
}

/** Whether a program is linked statically: the loader does not take those. */
const STATIC = new Set(["/bin/busybox"]);

/** Run a program of Debian's in a folder of the guest's root; resolves as child.js's run() does. */
export function runProgram(id, path, args, cwd = folder, limit = 600_000) {
  const isStatic = STATIC.has(path);
  const [command, before] = isStatic && id === "native" ? [guestRoot + path, []] : isStatic && id === "qemu" ? ["qemu-i386", [guestRoot + path]] : RUNNERS[id].command(path, cwd);
  return run(command, [...before, ...args], { cwd, env: RUNNERS[id].env ?? { ...ENV, LANG: "C" }, limit });
}

/** Fetch the packages; rejects with one line where that cannot be. */
export async function fetchPrograms() {
  await run(process.execPath, ["scripts/debian.js", ...PACKAGES], { limit: 600_000 });
}

/** For measure(): attempts of all programs at a fraction of the work. */
export async function programAttempts(names, fraction) {
  const sizeOf = (p) => Math.max(1, Math.ceil(p.size * fraction));
  await prepare(new Set(names.map((name) => PROGRAMS[name]).filter((p) => p.size).map(sizeOf)));
  rmSync(keptFolder, { recursive: true, force: true });
  const filled = new Set();
  const once = async (name, id) => {
    const p = PROGRAMS[name];
    const cwd = p.size ? `${folder}/${sizeOf(p)}` : folder;
    if (p.fresh) await run("rm", ["-f", `${cwd}/${p.fresh}`]);
    return runProgram(id, p.path, p.args(p.n ? String(Math.ceil(p.n * fraction)) : ""), cwd);
  };
  return async (name, id) => {
    // A run of the same that leaves its translations, and is not counted.
    if (id === "kept" && !filled.has(name)) {
      filled.add(name);
      await once(name, id);
    }
    const { ms, cpu, out } = await once(name, id);
    return { ms, cpu, checksum: createHash("sha256").update(out).digest("hex").slice(0, 16) };
  };
}
