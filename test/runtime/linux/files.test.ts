import { NOBODYS, ROOTS } from "../../../src/runtime/linux/capabilities.js";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import type { Credentials } from "../../../src/runtime/linux/contract.js";
import { E, Errno } from "../../../src/runtime/linux/errno.js";
import { type Inode, S } from "../../../src/runtime/linux/fs/inode.js";
import { MemoryFs } from "../../../src/runtime/linux/fs/memory.js";
import { overlay } from "../../../src/runtime/linux/fs/overlay.js";
import { Mounts, Place } from "../../../src/runtime/linux/fs/walk.js";
import { fromLatin1, latin1 } from "../../../src/runtime/linux/user.js";
import { HostFolder } from "../../../src/runtime/node/host-folder.js";

const ROOT: Credentials = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], caps: ROOTS };
const USER: Credentials = { uid: 1000, euid: 1000, suid: 1000, fsuid: 1000, gid: 1000, egid: 1000, sgid: 1000, fsgid: 1000, groups: [1000], caps: NOBODYS };

const outside = mkdtempSync(join(realpathSync(tmpdir()), "lift86-outside-"));
writeFileSync(join(outside, "secret"), "secret");
const folders: string[] = [outside];
afterAll(() => folders.forEach((f) => rmSync(f, { recursive: true, force: true })));

const memoryRoot = (): Inode => new MemoryFs({ dev: 20, now: () => ({ sec: 5, nsec: 6 }), capacity: 1 << 20 }).root;
function hostRoot(): Inode & { folder: string } {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "lift86-root-"));
  folders.push(folder);
  return Object.assign(new HostFolder(folder).root, { folder });
}

/** Changes in memory or in a folder, over a folder that stays empty. */
const layered = (upper: () => Inode) => (): Inode => overlay({ dev: 23, upper: upper(), lowers: [hostRoot()] });

/** What a call throws, as a name. */
function errnoOf(call: () => unknown): number {
  try {
    call();
  } catch (e) {
    if (e instanceof Errno) return e.errno;
    throw e;
  }
  return 0;
}

function put(dir: Inode, name: string, text: string, mode = 0o644): void {
  const c = dir.create(name, S.IFREG | mode, 0, ROOT).open(true);
  c.writeAt(0, fromLatin1(text));
  c.close();
}

function text(i: Inode): string {
  const c = i.open(false);
  const into = new Uint8Array(c.size());
  c.readAt(0, into);
  c.close();
  return latin1(into);
}

describe.each([["in memory", memoryRoot], ["a host folder", hostRoot], ["layers, memory on top", layered(memoryRoot)], ["layers, a folder on top", layered(hostRoot)]] as const)("%s", (_, make) => {
  const root = make();
  const mounts = new Mounts(new Place(null, "", root));
  const walk = (path: string, follow = true, from = mounts.root, cred = ROOT): Place | null => mounts.walk(from, path, cred, follow).place;
  root.mkdir("a", 0o755, ROOT);
  const a = root.lookup("a")!;
  a.mkdir("b", 0o755, ROOT);
  put(a.lookup("b")!, "f", "content");
  put(root, "closed", "x", 0o600);
  root.symlink("abs", "/a/b", ROOT);
  root.symlink("rel", "a/../a/b/f", ROOT);
  root.symlink("up", "../../../../../a", ROOT);
  root.symlink("loop", "loop", ROOT);
  root.symlink("escape", outside, ROOT);

  test("paths", () => {
    expect(text(walk("/a/b/f")!.inode)).toBe("content");
    expect(walk("/abs/f")!.path).toBe("/a/b/f");
    expect(walk("//a/./b/../b//f")!.path).toBe("/a/b/f");
    expect(walk("rel")!.path).toBe("/a/b/f");
    expect(walk("rel", false)!.inode.type).toBe(S.IFLNK);
    expect(walk("../../..")!.path).toBe("/");
    expect(walk("up/b/f")!.path).toBe("/a/b/f");
    expect(walk("b/f", true, walk("/a")!)!.path).toBe("/a/b/f");
    expect(walk("/a/none")).toBeNull();
  });

  test("refusals", () => {
    expect(errnoOf(() => walk(""))).toBe(E.NOENT);
    expect(errnoOf(() => walk("/none/f"))).toBe(E.NOENT);
    expect(errnoOf(() => walk("/a/b/f/x"))).toBe(E.NOTDIR);
    expect(errnoOf(() => walk("/a/b/f/"))).toBe(E.NOTDIR);
    expect(errnoOf(() => walk("/loop"))).toBe(E.LOOP);
    expect(errnoOf(() => walk("/loop/x"))).toBe(E.LOOP);
    expect(errnoOf(() => walk(`/${"x".repeat(256)}`))).toBe(E.NAMETOOLONG);
    expect(errnoOf(() => walk("/a/".repeat(40_000)))).toBe(E.NAMETOOLONG);
  });

  test("nothing outside is reached", () => {
    expect(errnoOf(() => walk("/escape/secret"))).toBe(E.NOENT);
    expect(errnoOf(() => walk(`..${outside}/secret`))).toBe(E.NOENT);
    for (const name of ["..", ".", "", "a/b", "x\0y"]) expect(errnoOf(() => root.lookup(name) && fail())).not.toBe(-1);
  });

  test("content, attributes, names", () => {
    const d = root;
    put(d, "n", "hello");
    const n = d.lookup("n")!;
    n.change({ mode: 0o640, size: 3, mtime: { sec: 1_000_000, nsec: 0 }, atime: { sec: 2_000_000, nsec: 0 } });
    expect(n.attributes()).toMatchObject({ mode: S.IFREG | 0o640, size: 3, nlink: 1, mtime: { sec: 1_000_000 }, atime: { sec: 2_000_000 } });
    d.link("n2", n);
    expect(d.lookup("n2")!.attributes().nlink).toBe(2);
    expect(d.lookup("n2")!.ino).toBe(n.ino);
    const open = n.open(true);
    d.unlink("n");
    d.unlink("n2");
    expect(d.lookup("n")).toBeNull();
    open.writeAt(5, fromLatin1("!"));
    const into = new Uint8Array(10);
    expect(open.readAt(0, into)).toBe(6);
    expect(latin1(into.subarray(0, 6))).toBe("hel\0\0!");
    open.close();
    expect(errnoOf(() => d.unlink("n"))).toBe(E.NOENT);
    expect(errnoOf(() => d.create("a", S.IFREG | 0o644, 0, ROOT))).toBe(E.EXIST);
    expect(errnoOf(() => d.rmdir("a"))).toBe(E.NOTEMPTY);
    d.mkdir("m", 0o700, ROOT);
    put(d, "file", "1");
    expect(errnoOf(() => d.rename("m", d, "file", false))).toBe(E.NOTDIR);
    expect(errnoOf(() => d.rename("file", d, "m", false))).toBe(E.ISDIR);
    d.rename("file", d.lookup("m")!, "moved", false);
    expect(d.lookup("m")!.entries().map((e) => e.name)).toEqual(["moved"]);
    d.lookup("m")!.unlink("moved");
    d.rmdir("m");
  });
});

function fail(): never {
  throw new Error("found");
}

test("permissions are the user's", () => {
  const root = memoryRoot();
  root.mkdir("private", 0o700, ROOT);
  put(root.lookup("private")!, "f", "x");
  const mounts = new Mounts(new Place(null, "", root));
  expect(errnoOf(() => mounts.walk(mounts.root, "/private/f", USER, true))).toBe(E.ACCES);
  expect(mounts.walk(mounts.root, "/private/f", ROOT, true).place).not.toBeNull();
});

test("a full file system says so and keeps what it has", () => {
  const fs = new MemoryFs({ dev: 20, now: () => ({ sec: 0, nsec: 0 }), capacity: 8192 });
  const c = fs.root.create("f", S.IFREG | 0o644, 0, ROOT).open();
  expect(c.writeAt(0, new Uint8Array(8000).fill(7))).toBe(8000);
  expect(errnoOf(() => c.writeAt(8000, new Uint8Array(1000)))).toBe(E.NOSPC);
  expect(c.size()).toBe(8000);
});

describe("layers", () => {
  const contentOf = (folder: string): Record<string, string> => Object.fromEntries(readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((e) => e.isFile()).map((e) => [join(e.parentPath, e.name).slice(folder.length + 1), readFileSync(join(e.parentPath, e.name), "utf8")]));
  const names = (i: Inode): string[] => i.entries().map((e) => e.name).sort();

  const lower = hostRoot(), base = hostRoot(), upper = hostRoot();
  for (const [name, text] of [["a", "lower a"], ["b", "lower b"], ["both", "lower"]] as const) put(lower, name, text);
  lower.mkdir("d", 0o755, ROOT);
  put(lower.lookup("d")!, "x", "lower x");
  put(base, "both", "base");
  put(base, "deep", "base deep");
  base.mkdir("d", 0o755, ROOT);
  put(base.lookup("d")!, "y", "base y");
  const before = [contentOf(lower.folder), contentOf(base.folder)];
  const make = (): Inode => overlay({ dev: 23, upper, lowers: [lower, base] });

  test("names of all layers, the highest first", () => {
    const root = make();
    expect(names(root)).toEqual(["a", "b", "both", "d", "deep"]);
    expect(text(root.lookup("both")!)).toBe("lower");
    expect(names(root.lookup("d")!)).toEqual(["x", "y"]);
    expect(names(upper)).toEqual([]);
  });

  test("changes go to the highest and stay there", () => {
    const root = make();
    const a = root.lookup("a")!;
    const reader = a.open(false);
    const c = a.open(true);
    c.writeAt(0, fromLatin1("UPPER"));
    c.close();
    expect(text(a)).toBe("UPPER a");
    expect(root.lookup("a")!.identity).toBe(a.identity);
    expect(root.lookup("a")!.ino).toBe(a.ino);
    reader.close();
    root.unlink("b");
    expect(root.lookup("b")).toBe(null);
    expect(errnoOf(() => root.unlink("b"))).toBe(E.NOENT);
    const d = root.lookup("d")!;
    expect(errnoOf(() => root.rmdir("d"))).toBe(E.NOTEMPTY);
    expect(errnoOf(() => root.rename("d", root, "e", false))).toBe(E.XDEV);
    d.unlink("x");
    d.unlink("y");
    root.rmdir("d");
    expect(names(root)).toEqual(["a", "both", "deep"]);
    root.mkdir("d", 0o700, ROOT);
    expect(names(root.lookup("d")!)).toEqual([]);
    put(root.lookup("d")!, "new", "new");
    root.rename("both", root, "b", false);
    root.rename("d", root, "moved", false);
    root.lookup("deep")!.change({ mode: 0o600 });
    expect(names(root)).toEqual(["a", "b", "deep", "moved"]);
    expect([contentOf(lower.folder), contentOf(base.folder)]).toEqual(before);
  });

  test("and are there again", () => {
    const root = make();
    expect(names(root)).toEqual(["a", "b", "deep", "moved"]);
    expect(["a", "b"].map((n) => text(root.lookup(n)!))).toEqual(["UPPER a", "lower"]);
    expect(names(root.lookup("moved")!)).toEqual(["new"]);
    expect(root.lookup("deep")!.attributes().mode & 0o777).toBe(0o600);
    expect(text(root.lookup("deep")!)).toBe("base deep");
    root.mkdir("d", 0o755, ROOT);
    expect(names(root.lookup("d")!)).toEqual([]);
  });

  test("the notes in the upper layer are not the guest's to make or see", () => {
    const root = make();
    expect(root.lookup(".wh.both")).toBe(null);
    for (const act of [() => put(root, ".wh.a", ""), () => root.mkdir(".wh..wh..opq", 0o755, ROOT), () => root.symlink(".wh.a", "x", ROOT),
      () => root.link(".wh.a", root.lookup("a")!), () => root.rename("a", root, ".wh.a", false)]) expect(errnoOf(act)).toBe(E.INVAL);
    expect(text(root.lookup("a")!)).toBe("UPPER a");
  });
});

describe("a host folder is not left", () => {
  mkdirSync(join(outside, "sub"));
  writeFileSync(join(outside, "sub", "f"), "outside");

  test("a remembered directory whose name a symlink has taken stays what it was", () => {
    const root = hostRoot();
    root.mkdir("d", 0o755, ROOT);
    const d = root.lookup("d")!;
    d.mkdir("sub", 0o755, ROOT);
    const sub = d.lookup("sub")!;
    // the guest renames the directory and puts a symlink to the outside in its place
    root.rename("d", root, "e", false);
    root.symlink("d", outside, ROOT);
    expect(sub.lookup("f")).toBe(null);
    expect(d.lookup("secret")).toBe(null);
    put(sub, "new", "inside");
    expect(readFileSync(join(root.folder, "e/sub/new"), "utf8")).toBe("inside");
    expect(readdirSync(join(outside, "sub"))).toEqual(["f"]);
  });

  test("the host replaces a directory between check and use", () => {
    const root = hostRoot();
    root.mkdir("d", 0o755, ROOT);
    const d = root.lookup("d")!;
    put(d, "f", "inside");
    const f = d.lookup("f")!;
    renameSync(join(root.folder, "d"), join(root.folder, "moved"));
    symlinkSync(join(outside, "sub"), join(root.folder, "d"));
    // What is held open leads to the directory itself; what is not is gone.
    for (const act of [() => text(f), () => d.lookup("f") && text(d.lookup("f")!)]) {
      try {
        expect(act()).toBe("inside");
      } catch (e) {
        expect((e as Errno).errno).toBe(E.NOENT);
      }
    }
    expect(errnoOf(() => root.lookup("d")!.lookup("f"))).toBe(E.NOTDIR);
    for (let i = 0; i < 300; i++) {
      root.mkdir(`other${i}`, 0o755, ROOT);
      root.lookup(`other${i}`)!.lookup("x");
    }
    // By now the working set of open directories has turned over.
    expect(errnoOf(() => d.lookup("f"))).toBe(E.NOENT);
    expect(errnoOf(() => put(d, "g", "x"))).toBe(E.NOENT);
    expect(errnoOf(() => f.change({ mode: 0o777 }))).toBe(E.NOENT);
    expect(readFileSync(join(outside, "sub/f"), "utf8")).toBe("outside");
  });

  test("the host replaces a file by a symlink", () => {
    const root = hostRoot();
    put(root, "file", "inside");
    const file = root.lookup("file")!;
    renameSync(join(root.folder, "file"), join(root.folder, "other"));
    symlinkSync(join(outside, "secret"), join(root.folder, "file"));
    const { mode } = statSync(join(outside, "secret"));
    expect(errnoOf(() => file.open(true))).not.toBe(0);
    expect(errnoOf(() => file.change({ mode: 0o777 }))).not.toBe(0);
    expect(errnoOf(() => file.change({ size: 0 }))).not.toBe(0);
    expect(errnoOf(() => file.lookup("x"))).toBe(E.NOTDIR);
    expect(statSync(join(outside, "secret")).mode).toBe(mode);
    expect(readFileSync(join(outside, "secret"), "utf8")).toBe("secret");
  });

  test("symlinks are changed themselves, not what they lead to", () => {
    const root = hostRoot();
    root.symlink("out", join(outside, "secret"), ROOT);
    const link = root.lookup("out")!;
    const before = statSync(join(outside, "secret"));
    link.change({ mtime: { sec: 5, nsec: 0 } });
    expect(link.attributes().mtime.sec).toBe(5);
    expect(errnoOf(() => link.change({ mode: 0o777 }))).toBe(E.OPNOTSUPP);
    expect(errnoOf(() => link.change({ size: 0 }))).not.toBe(0);
    root.link("hard", link);
    expect(root.lookup("hard")!.readlink()).toBe(join(outside, "secret"));
    const after = statSync(join(outside, "secret"));
    expect([after.mode, after.mtimeMs, after.nlink]).toEqual([before.mode, before.mtimeMs, before.nlink]);
  });

  test("a directory as deep as paths go, in few descriptors", () => {
    const root = hostRoot();
    const way: Inode[] = [root];
    for (let i = 0; i < 600; i++) {
      way[i]!.mkdir("d", 0o755, ROOT);
      way.push(way[i]!.lookup("d")!);
    }
    put(way[600]!, "f", "deep");
    expect(text(way[600]!.lookup("f")!)).toBe("deep");
    const used = process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
    root.lookup("d");
    expect(used).toBeLessThan(1000);
    // A rename across the tree needs both ends at once.
    way[600]!.rename("f", root, "g", false);
    expect(text(root.lookup("g")!)).toBe("deep");
    root.rename("d", root, "renamed", false);
    put(way[300]!, "h", "still");
    expect(text(way[300]!.lookup("h")!)).toBe("still");
  });

  test.runIf(process.getuid?.() === 0)("what another user of the guest makes is his on the host", () => {
    const root = hostRoot(), user = { ...ROOT, uid: 5, euid: 5, suid: 5, fsuid: 1234, gid: 6, egid: 6, sgid: 6, fsgid: 4321 };
    const owner = (path: string): string => {
      const { mode, uid, gid } = lstatSync(join(root.folder, path));
      return `${(mode & 0o7777).toString(8)} ${uid}:${gid}`;
    };
    root.createOpen("opened", 0o4751, user)!.content.close();
    root.create("made", S.IFREG | 0o640, 0, user);
    root.mkdir("directory", 0o700, user);
    root.symlink("link", "opened", user);
    const spare = root.tmpfile(0o600, user, true);
    expect([spare.attributes().uid, spare.attributes().gid]).toEqual([1234, 4321]);
    expect(owner("opened")).toBe("4751 1234:4321");
    expect(owner("made")).toBe("640 1234:4321");
    expect(owner("directory")).toBe("700 1234:4321");
    expect(owner("link")).toBe("777 1234:4321");
    put(root, "by-root", "x", 0o600);
    expect(owner("by-root")).toBe(`600 0:${process.getgid!()}`);
    root.change({ gid: 77 });
    root.change({ mode: 0o2755 });
    root.mkdir("in-a-group", 0o750, user);
    root.createOpen("file-in-a-group", 0o640, user)!.content.close();
    expect(owner("in-a-group")).toBe("2750 1234:77");
    expect(owner("file-in-a-group")).toBe("640 1234:77");
  });

  test("an identity for each file that is in use, not for each that was", async () => {
    const root = hostRoot();
    const { fs } = root as unknown as { fs: HostFolder };
    put(root, "kept", "x");
    const kept = root.lookup("kept")!, { identity } = kept;
    for (let i = 0; i < 1000; i++) {
      put(root, `f${i}`, "");
      expect(root.lookup(`f${i}`)!.identity).not.toBe(identity);
    }
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    while (fs.identified > 10) {
      collect();
      await new Promise((r) => setTimeout(r, 5));
    }
    expect(root.lookup("kept")!.identity).toBe(identity);
    expect(kept.identity).toBe(identity);
  });

  test.runIf(process.platform === "linux")("the host's own /proc is no part of it", () => {
    const root = new HostFolder("/").root;
    expect(errnoOf(() => root.lookup("proc"))).toBe(E.ACCES);
  });
});

describe("inodes of layers", () => {
  const files = 300;
  const below = hostRoot();
  below.mkdir("d", 0o755, ROOT);
  for (let i = 0; i < files; i++) put(below.lookup("d")!, `f${i}`, `text ${i}`);
  const root = overlay({ dev: 23, upper: memoryRoot(), lowers: [below] });
  const directory = root.lookup("d")!;
  const get = (i: number): Inode => directory.lookup(`f${i}`)!;

  /** Look files up, and wait until nobody has those that nobody needs. */
  async function forgotten(names = directory.entries().map((e) => e.name), dir = directory): Promise<void> {
    const seen = names.map((name) => new WeakRef(dir.lookup(name)!));
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc") as () => void;
    while (seen.filter((r) => r.deref()).length > 10) {
      await new Promise((r) => setTimeout(r, 5));
      collect();
    }
  }

  test("go when nobody has them", () => forgotten());

  test("are the same as long as somebody has them, also when they are copied up", async () => {
    const held = get(7), reader = held.open(false);
    await forgotten();
    get(7).change({ mode: 0o600 });
    expect(held.attributes().mode & 0o777).toBe(0o600);
    expect(get(7)).toBe(held);
    reader.close();
  });

  test("keep their number when they were changed, linked or moved", async () => {
    const change = (i: number, how: (file: Inode) => void): { ino: number; identity: WeakRef<object> } => {
      const file = get(i), { ino } = file;
      how(file);
      return { ino, identity: new WeakRef(file.identity) };
    };
    const written = change(1, (f) => f.change({ size: 2 }));
    const linked = change(2, (f) => directory.link("other", f));
    const moved = change(3, () => directory.rename("f3", root, "moved", false));
    await forgotten();
    expect(get(1)).toMatchObject({ ino: written.ino, identity: written.identity.deref() });
    expect(text(get(1))).toBe("te");
    expect(directory.lookup("other")).toMatchObject({ ino: linked.ino, identity: linked.identity.deref() });
    expect(get(2)).toBe(directory.lookup("other"));
    expect(root.lookup("moved")).toMatchObject({ ino: moved.ino, identity: moved.identity.deref() });
    expect(directory.lookup("f3")).toBe(null);
    expect(text(root.lookup("moved")!)).toBe("text 3");
    // Not made anew: only the name would be theirs.
    expect(get(4).ino).toBe(below.lookup("d")!.lookup("f4")!.ino);
  });

  test("leave no names behind", async () => {
    const many = memoryRoot();
    for (let i = 0; i < 1000; i++) put(many, `f${i}`, "");
    const dir = overlay({ dev: 23, upper: memoryRoot(), lowers: [many] });
    for (let i = 0; i < 1000; i += 50) await forgotten(Array.from({ length: 50 }, (_, k) => `f${i + k}`), dir);
    const { seen } = (dir as unknown as { looked: { seen: Map<string, unknown> } }).looked;
    expect(seen.size).toBeLessThan(300);
  });
});

test("names of any bytes", () => {
  const root = hostRoot();
  put(root, "\xff\xfe \xe9", "x");
  expect(root.entries().map((e) => e.name)).toEqual(["\xff\xfe \xe9"]);
  expect(text(root.lookup("\xff\xfe \xe9")!)).toBe("x");
});
