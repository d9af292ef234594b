import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { type Done, lift86, ROOT } from "../support/cli.js";

/** samples/linux/hostile: what a guest tries against its host meets Linux's errno, and the host is as it was. */

const base = mkdtempSync(join(realpathSync(tmpdir()), "lift86-hostile-"));
afterAll(() => rmSync(base, { recursive: true, force: true }));

let folder: string, root: string;
beforeEach(() => {
  folder = mkdtempSync(join(base, "x"));
  root = join(folder, "root");
  mkdirSync(join(root, "mnt"), { recursive: true });
  mkdirSync(join(folder, "outside"));
  for (const name of ["secret", "outside/secret"]) writeFileSync(join(folder, name), "secret");
  writeFileSync(join(root, "file"), "file");
  copyFileSync(join(ROOT, "samples/linux/hostile"), join(root, "hostile"));
  symlinkSync(join(folder, "outside"), join(root, "out"));
  symlinkSync(`../../../../../../../..${folder}`, join(root, "up"));
});

function hostAsItWas(): void {
  expect(readdirSync(folder, { recursive: true }).filter((f) => !String(f).startsWith("root/")).sort()).toEqual(["outside", "outside/secret", "root", "secret"]);
  for (const name of ["secret", "outside/secret"]) expect(readFileSync(join(folder, name), "utf8")).toBe("secret");
}

const attempt = (what: string, ...options: string[]): Promise<Done> => lift86(["run", "--memory", "512M", ...options, "--root", root, "/hostile"], { input: what });

const E = { PERM: -1, NOENT: -2, SRCH: -3, AGAIN: -11, NOMEM: -12, NFILE: -23, MFILE: -24, NAMETOOLONG: -36, NOSYS: -38, LOOP: -40, AFNOSUPPORT: -97 };

test.each<[string, string]>([
  ["threads", `threads 511\n  then ${E.AGAIN}\n`],
  ["memory", `16 MiB touched 1\n  then ${E.NOMEM}\nbrk moved 0\nfork ${E.NOMEM}\n`],
  ["mappings", `mappings 1\n  then ${E.NOMEM}\n`],
  ["links", `symlink 0\nsymlink 0\nopen ${E.LOOP}\ncreate ${E.LOOP}\nchdir ${E.LOOP}\nexecve ${E.LOOP}\n40 links 1\n41 links ${E.LOOP}\n`],
  ["sockets", `megabytes in sockets 1\n  then ${E.MFILE}\nmegabytes in pipes 1\n  then ${E.MFILE}\n`],
  ["races", "raced 0\n"],
  ["escapes", `write through a symlink ${E.NOENT}\nlink ${E.NOENT}\nrename ${E.NOENT}\nchmod ${E.NOENT}\ntruncate ${E.NOENT}\nunlink ${E.NOENT}\nmkdir 0\nmount ${E.PERM}\n`
    + `chroot ${process.getuid?.() === 0 ? 0 : E.PERM}\nptrace ${E.PERM}\niopl ${E.PERM}\nreboot ${E.PERM}\nkill of init ${E.PERM}\nkill of a stranger ${E.SRCH}\nprocess_vm_readv ${E.PERM}\n`
    + `init_module ${E.NOSYS}\ninet socket ${E.AFNOSUPPORT}\n`],
  ["paths", `${["100 KB of slashes", "open", "mkdir", "rename", "stat", "execve", "symlink to it", "a name of it", "a name of 300"].map((t) => `${t} ${E.NAMETOOLONG}\n`).join("")}`
    + `execve of nothing ${E.NOENT}\nlevels 500\nfile at the bottom 1\n`],
])("%s", async (what, expected) => {
  expect(await attempt(what)).toEqual({ status: 0, stdout: expected, stderr: "" });
  hostAsItWas();
});

test("a million open files", async () => {
  const r = await attempt("files");
  expect(r.stdout).toBe(`setrlimit ${E.PERM}\nsetrlimit 0\nopen 4093\n  then ${E.MFILE}\npipe 2046\n  then ${E.MFILE}\nepoll 4093\n  then ${E.MFILE}\na million files ${E.NFILE}\n`);
  expect(r.status).toBe(137);
  hostAsItWas();
});

test("a fork bomb", async () => {
  const r = await attempt("forks");
  expect(r).toEqual({ status: 137, stdout: `fork ${E.AGAIN}\n`.repeat(512) + "processes 512\n", stderr: "" });
  hostAsItWas();
});
