import { NOBODYS, ROOTS } from "../../../src/runtime/linux/capabilities.js";
import fs, { chmodSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import type { Credentials } from "../../../src/runtime/linux/contract.js";
import { goingOn, S } from "../../../src/runtime/linux/fs/inode.js";
import { Mounts, Place } from "../../../src/runtime/linux/fs/walk.js";
import { fromLatin1 } from "../../../src/runtime/linux/user.js";
import { HostFolder } from "../../../src/runtime/node/host-folder.js";

// What system calls on host folders ask of the host, and how long they believe what it says.

const USER: Credentials = { uid: 1000, euid: 1000, suid: 1000, fsuid: 1000, gid: 1000, egid: 1000, sgid: 1000, fsgid: 1000, groups: [], caps: NOBODYS };
const ROOT: Credentials = { ...USER, uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, caps: ROOTS };

const folder = mkdtempSync(join(realpathSync(tmpdir()), "lift86-host-"));
mkdirSync(join(folder, "a"));
writeFileSync(join(folder, "a/f"), "text", { mode: 0o644 });
chmodSync(folder, 0o755);

const COUNTED = ["statSync", "lstatSync", "fstatSync", "openSync", "fsyncSync", "fdatasyncSync"] as const;
const originals = COUNTED.map((name) => [name, fs[name]] as const);
let made: string[] = [];

beforeEach(() => {
  made = [];
  for (const [name, original] of originals) {
    const counted = (...args: unknown[]): unknown => {
      made.push(name);
      return (original as (...a: unknown[]) => unknown)(...args);
    };
    Object.assign(fs, { [name]: counted });
  }
  syncBuiltinESMExports();
});
afterEach(() => {
  goingOn.call = 0;
  Object.assign(fs, Object.fromEntries(originals));
  syncBuiltinESMExports();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the host was asked during `call`. */
function during(call: () => void): string[] {
  made = [];
  goingOn.call++;
  call();
  return made;
}

const root = new HostFolder(folder).root;
const mounts = new Mounts(new Place(null, "", root));
const walk = (path: string, cred = USER): Place => mounts.walk(mounts.root, path, cred, true).place!;

test("a call asks once about each step of a path and its end", () => {
  walk("/a/f");
  const asked = during(() => {
    const { inode } = walk("/a/f");
    expect(inode.attributes().mode & 0o777).toBe(0o644);
    expect(inode.attributes().size).toBe(4);
  });
  expect(asked.sort()).toEqual(["lstatSync", "lstatSync", "statSync"]);
});

test("root need not be asked whether it may search", () => {
  expect(during(() => walk("/a/f", ROOT))).toEqual(["lstatSync", "lstatSync"]);
});

test("a file that is made is open at once", () => {
  const asked = during(() => {
    const { inode, content } = walk("/a", ROOT).inode.createOpen("new", 0o640, ROOT)!;
    expect(inode.attributes().mode).toBe(S.IFREG | 0o640);
    content.writeAt(0, fromLatin1("written"));
    content.close();
  });
  expect(asked).toEqual(["lstatSync", "openSync", "fstatSync"]);
  expect(readFileSync(join(folder, "a/new"), "utf8")).toBe("written");
});

test("what others change is seen by the next call, what the call itself changes at once", () => {
  const { inode } = walk("/a/f");
  during(() => {
    expect(inode.attributes().mode & 0o777).toBe(0o644);
    chmodSync(join(folder, "a/f"), 0o600);
    inode.change({ mode: 0o640 });
    expect(inode.attributes().mode & 0o777).toBe(0o640);
    inode.change({ mtime: { sec: 7, nsec: 0 } });
    expect(inode.attributes().mtime.sec).toBe(7);
  });
  chmodSync(join(folder, "a/f"), 0o604);
  during(() => expect(inode.attributes().mode & 0o777).toBe(0o604));
});

test("between calls nothing is believed", () => {
  const { inode } = walk("/a/f");
  for (const mode of [0o600, 0o644]) {
    chmodSync(join(folder, "a/f"), mode);
    expect(inode.attributes().mode & 0o777).toBe(mode);
  }
});

test("what is to last is said to the host, of data, files and directories", () => {
  const { inode } = walk("/a/f"), content = inode.open(true);
  expect(during(() => content.sync(true))).toEqual(["fdatasyncSync"]);
  expect(during(() => content.sync(false))).toEqual(["fsyncSync"]);
  content.close();
  expect(during(() => walk("/a", ROOT).inode.sync())).toEqual(["lstatSync", "openSync", "fsyncSync"]);
  expect(statSync(join(folder, "a/f")).size).toBe(4);
});
