import { Cap, capable } from "../capabilities.js";
import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { getString } from "../user.js";
import { placeAt } from "./calls-files.js";
import { nameless } from "./disk-files.js";
import { Event, happenedIn, happenedTo, isWatched, newCookie, vanished } from "./file-events.js";
import { type Inode, S } from "./inode.js";
import { isOpen } from "./inotify.js";
import { AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_FOLLOW, AT_SYMLINK_NOFOLLOW, vfsOf } from "./vfs.js";
import type { Target } from "./walk.js";

/** System calls that make and remove names. */

const path = (t: Thread, at: number): string => getString(t.memory, at);

/** A watched file before it loses a name: whether that is its last. Null: nobody watches. */
function watchedName(inode: Inode): { readonly identity: object; readonly last: boolean } | null {
  return isWatched(inode.identity) ? { identity: inode.identity, last: inode.type === S.IFDIR || inode.attributes().nlink <= 1 } : null;
}

/** It goes with its last name, or later with its last descriptor (disk-files.ts). */
function lostName(t: Thread, { identity, last }: { readonly identity: object; readonly last: boolean }): void {
  if (!last) return;
  if (isOpen(t, identity)) nameless.add(identity);
  else vanished(identity);
}

export function mkdirat(t: Thread, dir: number, name: number, mode: number): number {
  const e = vfsOf(t).target(t.process, dir, path(t, name), false);
  if (e.place) return -E.EXIST;
  vfsOf(t).mayWriteIn(t.cred, e.parent.inode);
  e.parent.inode.mkdir(e.name, mode & 0o1777 & ~t.process.fs.umask, t.cred);
  happenedIn(e.parent.inode, e.name, null, Event.CREATE | Event.ISDIR);
  return 0;
}

export const mkdir = (t: Thread, name: number, mode: number): number => mkdirat(t, AT_FDCWD, name, mode);

export function mknodat(t: Thread, dir: number, name: number, mode: number, dev: number): number {
  const e = vfsOf(t).target(t.process, dir, path(t, name), false);
  if (e.place) return -E.EXIST;
  const type = mode & S.IFMT || S.IFREG;
  const device = type === S.IFCHR || type === S.IFBLK;
  if (device && !capable(t.cred, Cap.MKNOD)) return -E.PERM;
  if (!device && type !== S.IFREG && type !== S.IFIFO && type !== S.IFSOCK) return -E.INVAL;
  vfsOf(t).mayWriteIn(t.cred, e.parent.inode);
  e.parent.inode.create(e.name, type | (mode & 0o7777 & ~t.process.fs.umask), device ? dev : 0, t.cred);
  happenedIn(e.parent.inode, e.name, null, Event.CREATE);
  return 0;
}

export const mknod = (t: Thread, name: number, mode: number, dev: number): number => mknodat(t, AT_FDCWD, name, mode, dev);

export function symlinkat(t: Thread, to: number, dir: number, name: number): number {
  const target = path(t, to);
  if (target === "") fail(E.NOENT);
  const e = vfsOf(t).target(t.process, dir, path(t, name), false);
  if (e.place) return -E.EXIST;
  if (e.slash) return -E.NOENT;
  vfsOf(t).mayWriteIn(t.cred, e.parent.inode);
  e.parent.inode.symlink(e.name, target, t.cred);
  happenedIn(e.parent.inode, e.name, null, Event.CREATE);
  return 0;
}

export const symlink = (t: Thread, to: number, name: number): number => symlinkat(t, to, AT_FDCWD, name);

export function linkat(t: Thread, fromDir: number, from: number, dir: number, name: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) fail(E.INVAL);
  const old = placeAt(t, fromDir, from, (flags & AT_EMPTY_PATH) | (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW));
  const e = vfsOf(t).target(t.process, dir, path(t, name), false);
  if (e.place) return -E.EXIST;
  if (old.inode.type === S.IFDIR) return -E.PERM;
  if (old.inode.fs !== e.parent.inode.fs) return -E.XDEV;
  vfsOf(t).mayWriteIn(t.cred, e.parent.inode);
  e.parent.inode.link(e.name, old.inode);
  happenedTo(old.inode, Event.ATTRIB);
  happenedIn(e.parent.inode, e.name, null, Event.CREATE);
  return 0;
}

export const link = (t: Thread, from: number, name: number): number => linkat(t, AT_FDCWD, from, AT_FDCWD, name, 0);

export function unlinkat(t: Thread, dir: number, name: number, flags: number): number {
  if (flags & ~AT_REMOVEDIR) fail(E.INVAL);
  const text = path(t, name);
  const vfs = vfsOf(t);
  const e = vfs.target(t.process, dir, text, false);
  const directory = (flags & AT_REMOVEDIR) !== 0;
  if (e.name === "") {
    const last = text.replace(/\/+$/, "").split("/").pop();
    return directory ? (last === "." ? -E.INVAL : last === ".." ? -E.NOTEMPTY : -E.BUSY) : -E.ISDIR;
  }
  if (!e.place) return -E.NOENT;
  if (vfs.mounts.isMountPoint(e.place)) return directory ? -E.BUSY : -E.ISDIR;
  vfs.mayWriteIn(t.cred, e.parent.inode);
  vfs.mayRemove(t.cred, e.parent.inode, e.place.inode);
  const isDir = e.place.inode.type === S.IFDIR;
  if (directory) {
    if (!isDir) return -E.NOTDIR;
    const going = watchedName(e.place.inode);
    e.parent.inode.rmdir(e.name);
    if (going) lostName(t, going);
    happenedIn(e.parent.inode, e.name, null, Event.DELETE | Event.ISDIR);
  } else {
    if (isDir) return -E.ISDIR;
    if (e.slash) return -E.NOTDIR;
    const going = watchedName(e.place.inode);
    e.parent.inode.unlink(e.name);
    if (going) happenedTo(e.place.inode, Event.ATTRIB);
    happenedIn(e.parent.inode, e.name, null, Event.DELETE);
    if (going) lostName(t, going);
  }
  return 0;
}

export const unlink = (t: Thread, name: number): number => unlinkat(t, AT_FDCWD, name, 0);
export const rmdir = (t: Thread, name: number): number => unlinkat(t, AT_FDCWD, name, AT_REMOVEDIR);

export function renameat2(t: Thread, fromDir: number, from: number, toDir: number, to: number, flags: number): number {
  const NOREPLACE = 1, EXCHANGE = 2;
  if (flags & ~3 || flags === 3) fail(E.INVAL);
  const vfs = vfsOf(t);
  const a = vfs.target(t.process, fromDir, path(t, from), false), b = vfs.target(t.process, toDir, path(t, to), false);
  if (a.name === "" || b.name === "") return -E.BUSY;
  if (!a.place) return -E.NOENT;
  if (b.place && flags & NOREPLACE) return -E.EXIST;
  if (!b.place && flags & EXCHANGE) return -E.NOENT;
  if (vfs.mounts.isMountPoint(a.place) || (b.place && vfs.mounts.isMountPoint(b.place))) return -E.BUSY;
  if (a.parent.inode.fs !== b.parent.inode.fs) return -E.XDEV;
  if ((a.slash || b.slash) && a.place.inode.type !== S.IFDIR) return -E.NOTDIR;
  vfs.mayWriteIn(t.cred, a.parent.inode);
  vfs.mayWriteIn(t.cred, b.parent.inode);
  vfs.mayRemove(t.cred, a.parent.inode, a.place.inode);
  if (b.place) vfs.mayRemove(t.cred, b.parent.inode, b.place.inode);
  const moved = a.place.inode, other = b.place?.inode ?? null, exchange = (flags & EXCHANGE) !== 0;
  if (other?.identity === moved.identity) {
    a.parent.inode.rename(a.name, b.parent.inode, b.name, exchange);
    return 0;
  }
  const going = other && !exchange ? watchedName(other) : null;
  // Whether it is a directory is asked before it has another name.
  const directory = moved.type === S.IFDIR ? Event.ISDIR : 0, otherDirectory = exchange && other?.type === S.IFDIR ? Event.ISDIR : 0;
  a.parent.inode.rename(a.name, b.parent.inode, b.name, exchange);
  const move = (from: Target, to: Target, bits: number): void => {
    const cookie = newCookie();
    happenedIn(from.parent.inode, from.name, null, Event.MOVED_FROM | bits, cookie);
    happenedIn(to.parent.inode, to.name, null, Event.MOVED_TO | bits, cookie);
  };
  move(a, b, directory);
  if (going) happenedTo(other!, Event.ATTRIB);
  happenedTo(moved, Event.MOVE_SELF);
  if (exchange && other) {
    move(b, a, otherDirectory);
    happenedTo(other, Event.MOVE_SELF);
  }
  if (going) lostName(t, going);
  return 0;
}

export const renameat = (t: Thread, fromDir: number, from: number, toDir: number, to: number): number => renameat2(t, fromDir, from, toDir, to, 0);
export const rename = (t: Thread, from: number, to: number): number => renameat2(t, AT_FDCWD, from, AT_FDCWD, to, 0);
