import * as fs from "node:fs";
import { E, fail } from "../linux/errno.js";

/**
 * Ways to a directory that nothing can redirect. Node has no openat(2). On Linux a descriptor's name in /proc stands in for it: the kernel goes from
 * `/proc/self/fd/N/name` to the directory that N was opened as, and takes one step from there, whatever was renamed or replaced by a symlink
 * meanwhile. Every directory on the way is opened so from its parent, with O_NOFOLLOW. Elsewhere paths are checked just before use, which leaves the
 * host's other processes (not the guest, which waits) a moment to replace a directory.
 */

/** A directory of a host folder. `parent` is null for the folder itself. */
export interface HostDirectory {
  readonly parent: HostDirectory | null;
  readonly name: string;
  /** Device and inode number. */
  readonly key: string;
}

export interface DirectoryHandles {
  /** The beginning of a call: what later calls of `path` give stays valid until the next `begin`. */
  begin(): void;
  /** A path of the host's (one char a byte) that leads to this very directory. ENOENT: it is not there any more. */
  path(dir: HostDirectory): string;
  /** The guest moved a directory. */
  moved(key: string, parent: HostDirectory, name: string): void;
  removed(key: string): void;
}

export const latin1Path = (path: string): Buffer => Buffer.from(path, "latin1");
export const keyOf = (s: fs.BigIntStats): string => `${s.dev}:${s.ino}`;

/** Not in Node's constants. */
const O_PATH = 0o10000000;
/** Directories held open; a working set, so that deep or many paths cost a reopening, not more descriptors. */
const KEPT = 128;
/** Directories of a long way that stay open behind the one being opened. */
const PASSED = 8;

export function directoryHandles(root: string): DirectoryHandles {
  try {
    return new Descriptors(root);
  } catch {
    return new CheckedPaths(root);
  }
}

/** Kept in its place in the map: one that is moved to the end of a Map at each use makes V8 build a new table every few steps. */
interface OpenDirectory {
  readonly fd: number;
  readonly path: string;
  /** When it was used last, in uses. */
  used: number;
}

class Descriptors implements DirectoryHandles {
  /** Open directories by key. */
  private readonly open = new Map<string, OpenDirectory>();
  private clock = 0;
  private readonly elsewhere = new Map<string, { readonly parent: HostDirectory; readonly name: string }>();
  private readonly root: string;

  constructor(root: string) {
    if (process.platform !== "linux") throw new Error("no /proc");
    const fd = fs.openSync(latin1Path(root), O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
    this.root = `/proc/self/fd/${fd}`;
    const { key } = statOf(this.root);
    if (key !== statOf(root).key) throw new Error("no /proc");
  }

  begin(): void {
    if (this.open.size <= KEPT) return;
    // Some more than must go, so that this is rare.
    const all = [...this.open].sort(([, a], [, b]) => a.used - b.used);
    for (const [key] of all.slice(0, this.open.size - KEPT / 2)) this.forget(key);
  }

  path(dir: HostDirectory): string {
    if (!dir.parent) return this.root;
    const known = this.open.get(dir.key);
    if (known) {
      known.used = ++this.clock;
      return known.path;
    }
    // Down from the nearest ancestor that is open; of a long way only the end is kept open.
    const way = [dir];
    for (let d: HostDirectory | null = dir.parent; d?.parent && !this.open.has(d.key); d = d.parent) way.push(d);
    for (let i = way.length - 1; i >= 0; i--) {
      const d = way[i]!;
      const fd = this.openFrom(d.key, d.parent!, d.name) ?? this.openMoved(d.key) ?? fail(E.NOENT);
      this.open.set(d.key, { fd, path: `/proc/self/fd/${fd}`, used: ++this.clock });
      const passed = way[i + PASSED];
      if (passed) this.forget(passed.key);
    }
    return this.open.get(dir.key)!.path;
  }

  private forget(key: string): void {
    const directory = this.open.get(key);
    if (!directory) return;
    this.open.delete(key);
    fs.closeSync(directory.fd);
  }

  /** Null: another directory is there, or none. */
  private openFrom(key: string, parent: HostDirectory, name: string): number | null {
    let fd: number;
    try {
      fd = fs.openSync(latin1Path(`${this.path(parent)}/${name}`), O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
    } catch (e) {
      const { code } = e as NodeJS.ErrnoException;
      if (code === "EMFILE" || code === "ENFILE") fail(code === "EMFILE" ? E.MFILE : E.NFILE);
      return null;
    }
    if (keyOf(fs.fstatSync(fd, { bigint: true })) === key) return fd;
    fs.closeSync(fd);
    return null;
  }

  private openMoved(key: string): number | null {
    const to = this.elsewhere.get(key);
    return to ? this.openFrom(key, to.parent, to.name) : null;
  }

  moved(key: string, parent: HostDirectory, name: string): void {
    this.elsewhere.set(key, { parent, name });
  }

  removed(key: string): void {
    this.elsewhere.delete(key);
  }
}

class CheckedPaths implements DirectoryHandles {
  private readonly elsewhere = new Map<string, string>();

  constructor(private readonly root: string) {}

  begin(): void {}

  private plain(dir: HostDirectory): string {
    return dir.parent ? `${this.plain(dir.parent)}/${dir.name}` : this.root === "/" ? "" : this.root;
  }

  private leadsTo(path: string, key: string): boolean {
    try {
      return fs.realpathSync.native(latin1Path(path), "buffer").toString("latin1") === path && statOf(path).key === key;
    } catch {
      return false;
    }
  }

  path(dir: HostDirectory): string {
    if (!dir.parent) return this.root;
    const path = this.plain(dir), other = this.elsewhere.get(dir.key);
    if (this.leadsTo(path, dir.key)) return path;
    return other !== undefined && this.leadsTo(other, dir.key) ? other : fail(E.NOENT);
  }

  moved(key: string, parent: HostDirectory, name: string): void {
    this.elsewhere.set(key, `${this.path(parent)}/${name}`);
  }

  removed(key: string): void {
    this.elsewhere.delete(key);
  }
}

function statOf(path: string): { key: string } {
  return { key: keyOf(fs.statSync(latin1Path(path), { bigint: true })) };
}
