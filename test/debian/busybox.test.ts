import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLI, command, type Done, ROOT } from "../support/cli.js";
import { onTerminal, type Typed } from "../support/terminal.js";
import { xorshift } from "../support/xorshift.js";

/**
 * Debian's static i386 busybox (fetched by `node scripts/debian.js busybox-static`), natively and under lift86, in copies of the same folder: same
 * output, same exit status.
 */

const BUSYBOX = join(ROOT, ".cache/debian/root/bin/busybox");

let base: string;

/** Deterministic text and noise. */
function fill(folder: string): void {
  const next = xorshift(2463534242);
  const words = ["state", "station", "east", "register", "flag", "page", "fault", "role"];
  const lines = Array.from({ length: 3000 }, (_, i) => `${i} ${words[next() % 8]} ${words[next() % 8]} ${next() % 10007} ${(next() % 1000) / 8}`);
  writeFileSync(join(folder, "text"), `${lines.join("\n")}\n`);
  const noise = Buffer.alloc(10_000_000);
  for (let i = 0; i < noise.length; i += 4) noise.writeUInt32LE(next(), i);
  writeFileSync(join(folder, "noise"), noise);
  mkdirSync(join(folder, "tree/a/b"), { recursive: true });
  mkdirSync(join(folder, "tree/c"));
  for (const name of ["tree/one.txt", "tree/a/two.txt", "tree/a/b/three.c", "tree/c/four.txt"]) writeFileSync(join(folder, name), name.repeat(50));
}

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "lift86-busybox-"));
  const original = join(base, "original");
  mkdirSync(join(original, "work"), { recursive: true });
  copyFileSync(BUSYBOX, join(original, "busybox"));
  fill(join(original, "work"));
  for (const copy of ["native", "guest"]) cpSync(original, join(base, copy), { recursive: true, preserveTimestamps: true });
});
afterAll(() => rmSync(base, { recursive: true, force: true }));

const env = { PATH: "/", TERM: "xterm", HOME: "/" };
const natively = (args: readonly string[], input?: string): Promise<Done> =>
  command("../busybox", args, { cwd: join(base, "native/work"), env, ...(input === undefined ? {} : { input }) });
const guestOptions = (): string[] => ["run", "--root", join(base, "guest"), "--cwd", "/work", "--env", "PATH=/", "--env", "TERM=xterm", "--env", "HOME=/"];
const translated = (args: readonly string[], input?: string): Promise<Done> =>
  command(process.execPath, [CLI, ...guestOptions(), "../busybox", ...args], input === undefined ? {} : { input });

/** A pipeline of busybox' shell, in which `$B` is busybox. */
const shell = (script: string): string[] => ["sh", "-c", `B=../busybox; ${script}`];

describe("same output and exit status", () => {
  test.each<[string, string[], string?]>([
    ["ls -l", ["ls", "-ln", "tree", "text", "noise", "missing"]],
    ["awk", ["awk", "{ n[$2]++; s += $4; q += sqrt($5) } END { for (w in n) print w, n[w]; printf \"%d %.9f %s\\n\", s, q, toupper($3) }", "text"]],
    ["awk functions", ["awk", "BEGIN { printf \"%.15g %.15g %.15g %.15g\\n\", sin(1), exp(2.5), log(7), atan2(1, 3); print length(\"abc\"), substr(\"hello\", 2, 3) }"]],
    ["sed", ["sed", "-n", "s/\\([a-z]*\\) \\([a-z]*\\)/\\2-\\1/gp; 100q", "text"]],
    ["sort", ["sort", "-k2,2", "-k4n", "text"]],
    ["grep -E", ["grep", "-En", "st(a|e)+t?(ion)? (role|page).*[05]$", "text"]],
    ["grep without a match", ["grep", "-E", "^nothing$", "text"]],
    ["find", shell("$B find tree -type f -size +1 | $B sort; $B find tree -name '*.txt' -exec $B wc -c {} + | $B sort")],
    ["tar", shell("$B tar cf t.tar tree text && $B tar tf t.tar | $B sort && $B mkdir out && $B tar xf t.tar -C out && $B cat out/tree/a/b/three.c && $B md5sum out/text")],
    ["gzip", shell("$B gzip -c text | $B md5sum; $B gzip -c text > text.gz; $B gunzip -c text.gz | $B cmp - text; echo $?; $B gunzip -c noise; echo $?")],
    ["bc", ["bc"], "2^300 / 7\nscale = 30; 4 * 1 / 3\nsqrt(2)\nfor (i = 0; i < 5; ++i) i^i\n1/0\n"],
    ["md5sum", ["md5sum", "noise"]],
    ["sha256sum", ["sha256sum", "noise"]],
    ["sha512sum", ["sha512sum", "noise"]],
    ["an error", ["ls", "--nonsense"]],
  ])("%s", async (_, args, input) => {
    const expected = await natively(args, input);
    expect(await translated(args, input)).toEqual(expected);
  });

  test("what the guest wrote is in its folder", async () => {
    for (const f of ["out/text", "out/tree/a/b/three.c", "text.gz"]) {
      expect(readFileSync(join(base, "guest/work", f)).equals(readFileSync(join(base, "native/work", f)))).toBe(true);
    }
  });
});

/** Keys are typed natively when something has come in answer to the last and the screen is quiet, and under lift86 when as much has come as natively. */
const terminal = (cwd: string, settle: number, keys: readonly string[], line: readonly string[], like?: Typed): Promise<Typed> =>
  onTerminal(line, keys.map((k, i) => [like ? like.chunks[i]!.length : 1, k]), settle, { cwd, env: { ...process.env, ...env, PATH: process.env["PATH"]! } });

describe("in a terminal", () => {
  test.each<[string, string[], string[]]>([
    ["vi", ["vi", "-c", "set noai", "edited"], ["ihello from vi", "\x1b", "yyp", "0cwbye\x1b", ":wq\r"]],
    ["less", ["less", "text"], [" ", "G", "g", ..."/east\r", "q"]],
  ])("%s", async (_, args, keys) => {
    const native = await terminal(join(base, "native/work"), 0.6, keys, ["../busybox", ...args]);
    expect(native.status).toBe(0);
    const guest = await terminal(ROOT, 0.6, keys, [process.execPath, CLI, ...guestOptions(), "../busybox", ...args], native);
    expect(guest).toEqual(native);
  });

  test("vi wrote its file", () => {
    const edited = readFileSync(join(base, "guest/work/edited"), "utf8");
    expect(edited).toBe(readFileSync(join(base, "native/work/edited"), "utf8"));
    expect(edited).toContain("bye from vi\n");
  });

  test("Ctrl-C ends a guest", async () => {
    const keys = ["\x03"];
    const native = await terminal(join(base, "native/work"), 0.6, keys, ["../busybox", "sh", "-c", "echo there; exec ../busybox sleep 100"]);
    const guest = await terminal(ROOT, 0.6, keys, [process.execPath, CLI, ...guestOptions(), "../busybox", "sh", "-c", "echo there; exec ../busybox sleep 100"], native);
    expect(guest).toEqual(native);
    expect(guest.status).toBe(130);
  });
});
