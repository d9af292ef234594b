import { Cap, capable, NONE } from "../capabilities.js";
import { dirent, dirent64, type Identity, putStat, putStat64, putStatfs, putStatx } from "../abi/i386-stat.js";
import type { Thread, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { get32, get64, getString, put32, writableView } from "../user.js";
import type { Result } from "../wait.js";
import { checkFileSize, DirectoryFile } from "./disk-files.js";
import { Event, happened } from "./file-events.js";
import { type File, O } from "./file.js";
import { type Attributes, type Changes, type Entry, type Inode, permits, S } from "./inode.js";
import { OpenedInode } from "./opened-inode.js";
import { makePipe } from "./pipe.js";
import { AT_EMPTY_PATH, AT_FDCWD, AT_SYMLINK_NOFOLLOW, contextOf, filesOf, vfsOf } from "./vfs.js";
import { Place } from "./walk.js";

/** System calls on names and attributes. */

const path = (t: Thread, at: number): string => getString(t.memory, at);

// Opening and closing

export function open(t: Thread, name: number, flags: number, mode: number): Result {
  return vfsOf(t).open(t, AT_FDCWD, path(t, name), flags, mode);
}

export function openat(t: Thread, dir: number, name: number, flags: number, mode: number): Result {
  return vfsOf(t).open(t, dir, path(t, name), flags, mode);
}

export function creat(t: Thread, name: number, mode: number): Result {
  return open(t, name, O.CREAT | O.WRONLY | O.TRUNC, mode);
}

export function close(t: Thread, fd: number): number {
  filesOf(t).close(fd, t.process);
  return 0;
}

export function closeRange(t: Thread, first: number, last: number, flags: number): number {
  if (flags & ~6 || first >>> 0 > last >>> 0) fail(E.INVAL);
  const files = filesOf(t);
  for (const [fd] of [...files.descriptors()]) {
    if (fd < first >>> 0 || fd > last >>> 0) continue;
    if (flags & 4) files.setCloseOnExec(fd, true);
    else files.close(fd, t.process);
  }
  return 0;
}

export const pipe = (withFlags: boolean) => (t: Thread, at: number, flags: number): number => {
  const f = withFlags ? flags : 0;
  if (f & ~(O.CLOEXEC | O.NONBLOCK | O.DIRECT)) fail(E.INVAL);
  writableView(t.memory, at, 8);
  const [r, w] = makePipe(f);
  const a = filesOf(t).add(r, (f & O.CLOEXEC) !== 0);
  const b = filesOf(t).add(w, (f & O.CLOEXEC) !== 0);
  put32(t.memory, at, a);
  put32(t.memory, at + 4, b);
  return 0;
};

export function dup(t: Thread, fd: number): number {
  const f = filesOf(t).get(fd);
  f.retain();
  return filesOf(t).add(f, false);
}

export function dup2(t: Thread, from: number, to: number): number {
  filesOf(t).get(from);
  return from === to ? to : dup3(t, from, to, 0);
}

export function dup3(t: Thread, from: number, to: number, flags: number): number {
  const f = filesOf(t).get(from);
  if (flags & ~O.CLOEXEC || from === to) fail(E.INVAL);
  if (to < 0 || to >= t.process.rlimit(7).soft) fail(E.BADF);
  f.retain();
  filesOf(t).put(to, f, (flags & O.CLOEXEC) !== 0, t.process);
  return to;
}

// Attributes

type Put = typeof putStat64;

function report(t: Thread, place: Place, at: number, put: Put): number {
  put(t.memory, at, place.inode.attributes(), identity(place.inode));
  return 0;
}

const identity = (i: Inode): Identity => ({ dev: i.fs.dev, ino: i.ino });

const statWith = (put: Put, follow: boolean) => (t: Thread, name: number, at: number): number =>
  report(t, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), follow), at, put);

const fstatWith = (put: Put) => (t: Thread, fd: number, at: number): number => {
  const f = filesOf(t).get(fd);
  put(t.memory, at, f.attributes(), { dev: f.dev, ino: f.ino });
  return 0;
};

export const stat64 = statWith(putStat64, true), lstat64 = statWith(putStat64, false), fstat64 = fstatWith(putStat64);
export const stat = statWith(putStat, true), lstat = statWith(putStat, false), fstat = fstatWith(putStat);

/** Attributes of (dirfd, path) with AT_EMPTY_PATH and AT_SYMLINK_NOFOLLOW. */
function attributesAt(t: Thread, dir: number, name: number, flags: number): { a: Attributes; id: Identity } {
  const p = path(t, name);
  if (p === "" && flags & AT_EMPTY_PATH && dir !== AT_FDCWD) {
    const f = filesOf(t).get(dir);
    return { a: f.attributes(), id: { dev: f.dev, ino: f.ino } };
  }
  const place = p === "" && flags & AT_EMPTY_PATH ? contextOf(t).cwdPlace : vfsOf(t).find(t.process, dir, p, !(flags & AT_SYMLINK_NOFOLLOW));
  return { a: place.inode.attributes(), id: identity(place.inode) };
}

export function fstatat64(t: Thread, dir: number, name: number, at: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x800)) fail(E.INVAL);
  const { a, id } = attributesAt(t, dir, name, flags);
  putStat64(t.memory, at, a, id);
  return 0;
}

export function statx(t: Thread, dir: number, name: number, flags: number, mask: number, at: number): number {
  if (mask < 0 || flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x800 | 0x6000)) fail(E.INVAL);
  const { a, id } = attributesAt(t, dir, name, flags);
  putStatx(t.memory, at, a, id);
  return 0;
}

export function statfs64(t: Thread, name: number, size: number, at: number): number {
  if (size !== 84 && size !== 88) fail(E.INVAL);
  putStatfs(t.memory, at, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true).inode.fs, true);
  return 0;
}

const NO_FS = { dev: 0, magic: 0x50495045, readOnly: false, space: () => ({ total: 0, free: 0 }) };

export function fstatfs64(t: Thread, fd: number, size: number, at: number): number {
  if (size !== 84 && size !== 88) fail(E.INVAL);
  putStatfs(t.memory, at, filesOf(t).get(fd).place?.inode.fs ?? NO_FS, true);
  return 0;
}

export function statfs(t: Thread, name: number, at: number): number {
  putStatfs(t.memory, at, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true).inode.fs, false);
  return 0;
}

export function fstatfs(t: Thread, fd: number, at: number): number {
  putStatfs(t.memory, at, filesOf(t).get(fd).place?.inode.fs ?? NO_FS, false);
  return 0;
}

function checkAccess(t: Thread, dir: number, p: string, mode: number, flags: number): number {
  if (mode & ~7) fail(E.INVAL);
  const effective = (flags & 0x200) !== 0;
  const { cred } = t;
  // access(2) asks for the real user, search of the path included
  const caps = { ...cred.caps, effective: cred.uid === 0 ? cred.caps.permitted : NONE };
  const asked = effective ? cred : { ...cred, fsuid: cred.uid, fsgid: cred.gid, caps };
  const place = p === "" && flags & AT_EMPTY_PATH ? vfsOf(t).base(t.process, dir, "") : vfsOf(t).find(t.process, dir, p, !(flags & AT_SYMLINK_NOFOLLOW), asked);
  const a = place.inode.attributes();
  if (!permits(a, asked, mode)) return -E.ACCES;
  const type = a.mode & S.IFMT;
  if (mode & 2 && place.inode.fs.readOnly && (type === S.IFREG || type === S.IFDIR)) return -E.ROFS;
  return 0;
}

export function access(t: Thread, name: number, mode: number): number {
  return checkAccess(t, AT_FDCWD, path(t, name), mode, 0);
}

export function faccessat(t: Thread, dir: number, name: number, mode: number): number {
  return checkAccess(t, dir, path(t, name), mode, 0);
}

export function faccessat2(t: Thread, dir: number, name: number, mode: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH | 0x200)) fail(E.INVAL);
  return checkAccess(t, dir, path(t, name), mode, flags);
}

/** What an open file is of, also where that is in no directory. */
const placeOf = (f: File): Place => f.place ?? new Place(null, "", new OpenedInode(f));

/** Change attributes that only the owner may. */
function changeOwned(t: Thread, place: Place, c: Changes): number {
  const { inode } = place;
  if (inode.fs.readOnly) fail(E.ROFS);
  if (!capable(t.cred, Cap.FOWNER) && inode.attributes().uid !== t.cred.fsuid) fail(E.PERM);
  inode.change(c);
  happened(place, Event.ATTRIB);
  return 0;
}

function changeMode(t: Thread, place: Place, mode: number): number {
  if (place.inode.type === S.IFLNK) fail(E.OPNOTSUPP);
  return changeOwned(t, place, { mode: mode & 0o7777 });
}

export function chmod(t: Thread, name: number, mode: number): number {
  return changeMode(t, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true), mode);
}

export function fchmod(t: Thread, fd: number, mode: number): number {
  return changeMode(t, placeOf(filesOf(t).get(fd)), mode);
}

export function fchmodat(t: Thread, dir: number, name: number, mode: number): number {
  return changeMode(t, vfsOf(t).find(t.process, dir, path(t, name), true), mode);
}

export function fchmodat2(t: Thread, dir: number, name: number, mode: number, flags: number): number {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) fail(E.INVAL);
  return changeMode(t, placeAt(t, dir, name, flags), mode);
}

export function placeAt(t: Thread, dir: number, name: number, flags: number): Place {
  const p = path(t, name);
  if (p === "" && flags & AT_EMPTY_PATH) return vfsOf(t).base(t.process, dir, "");
  return vfsOf(t).find(t.process, dir, p, !(flags & AT_SYMLINK_NOFOLLOW));
}

function changeOwner(t: Thread, place: Place, uid: number, gid: number): number {
  const { inode } = place;
  if (inode.fs.readOnly) fail(E.ROFS);
  const a = inode.attributes();
  const c = t.cred;
  if (!capable(c, Cap.CHOWN)) {
    if (uid !== -1 && uid !== a.uid) fail(E.PERM);
    if (a.uid !== c.fsuid && (uid !== -1 || gid !== -1)) fail(E.PERM);
    if (gid !== -1 && gid !== a.gid && gid !== c.fsgid && !c.groups.includes(gid)) fail(E.PERM);
  }
  const changes: Changes = {};
  if (uid !== -1) changes.uid = uid;
  if (gid !== -1) changes.gid = gid;
  if ((uid !== -1 || gid !== -1) && (a.mode & S.IFMT) === S.IFREG && a.mode & 0o6000) changes.mode = a.mode & 0o1777;
  if (Object.keys(changes).length > 0) {
    inode.change(changes);
    happened(place, Event.ATTRIB);
  }
  return 0;
}

const wide16 = (id: number): number => ((id & 0xffff) === 0xffff ? -1 : id & 0xffff);

export const chown = (follow: boolean, narrow: boolean) => (t: Thread, name: number, uid: number, gid: number): number =>
  changeOwner(t, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), follow), narrow ? wide16(uid) : uid, narrow ? wide16(gid) : gid);

export const fchown = (narrow: boolean) => (t: Thread, fd: number, uid: number, gid: number): number => {
  return changeOwner(t, placeOf(filesOf(t).get(fd)), narrow ? wide16(uid) : uid, narrow ? wide16(gid) : gid);
};

export function fchownat(t: Thread, dir: number, name: number, uid: number, gid: number, flags: number): number {
  return changeOwner(t, placeAt(t, dir, name, flags), uid, gid);
}

// Times: null means now.

type TimePair = readonly [TimeSpec | null, TimeSpec | null] | null;

function changeTimes(t: Thread, place: Place, times: TimePair): number {
  const { inode } = place;
  if (inode.fs.readOnly) fail(E.ROFS);
  const a = inode.attributes();
  const owner = capable(t.cred, Cap.FOWNER) || a.uid === t.cred.fsuid;
  if (!owner && (times !== null || !permits(a, t.cred, 2))) fail(times === null ? E.ACCES : E.PERM);
  const now = t.kernel.realtime();
  const [atime, mtime] = times ?? [now, now];
  const c: Changes = {};
  if (atime) c.atime = atime;
  if (mtime) c.mtime = mtime;
  if (!atime && !mtime) return 0;
  inode.change(c);
  happened(place, atime && mtime ? Event.ATTRIB : atime ? Event.ACCESS : Event.MODIFY);
  return 0;
}

const UTIME_NOW = 0x3fffffff, UTIME_OMIT = 0x3ffffffe;

function timespecs(t: Thread, at: number, wide: boolean): TimePair {
  if (!at) return null;
  const m = t.memory;
  const one = (i: number): TimeSpec | null => {
    const sec = wide ? get64(m, at + i * 16) : get32(m, at + i * 8), nsec = get32(m, at + (wide ? i * 16 + 8 : i * 8 + 4));
    if (nsec === UTIME_OMIT) return null;
    if (nsec === UTIME_NOW) return t.kernel.realtime();
    return nsec < 0 || nsec >= 1e9 ? fail(E.INVAL) : { sec, nsec };
  };
  return [one(0), one(1)];
}

export const utimensat = (wide: boolean) => (t: Thread, dir: number, name: number, at: number, flags: number): number => {
  if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) fail(E.INVAL);
  const times = timespecs(t, at, wide);
  if (name === 0) {
    return changeTimes(t, placeOf(filesOf(t).get(dir)), times);
  }
  return changeTimes(t, placeAt(t, dir, name, flags), times);
};

function timevals(t: Thread, at: number): TimePair {
  if (!at) return null;
  const one = (i: number): TimeSpec => ({ sec: get32(t.memory, at + i * 8), nsec: get32(t.memory, at + i * 8 + 4) * 1000 });
  return [one(0), one(1)];
}

export function utimes(t: Thread, name: number, at: number): number {
  return changeTimes(t, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true), timevals(t, at));
}

export function futimesat(t: Thread, dir: number, name: number, at: number): number {
  return changeTimes(t, vfsOf(t).find(t.process, dir, path(t, name), true), timevals(t, at));
}

export function utime(t: Thread, name: number, at: number): number {
  const times: TimePair = at ? [{ sec: get32(t.memory, at), nsec: 0 }, { sec: get32(t.memory, at + 4), nsec: 0 }] : null;
  return changeTimes(t, vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true), times);
}

function truncateTo(t: Thread, name: number, size: number): number {
  if (size < 0) fail(E.INVAL);
  const place = vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true), { inode } = place;
  if (inode.type === S.IFDIR) fail(E.ISDIR);
  if (inode.type !== S.IFREG) fail(E.INVAL);
  if (!permits(inode.attributes(), t.cred, 2)) fail(E.ACCES);
  if (inode.fs.readOnly) fail(E.ROFS);
  checkFileSize(t, size, inode.attributes().size);
  inode.change({ size });
  happened(place, Event.MODIFY);
  return 0;
}

export const truncate = truncateTo;
export const truncate64 = (t: Thread, name: number, lo: number, hi: number): number => truncateTo(t, name, hi * 4294967296 + (lo >>> 0));

// Links and directories

export function readlinkat(t: Thread, dir: number, name: number, at: number, size: number): number {
  if (size <= 0) fail(E.INVAL);
  const text = path(t, name);
  const place = text === "" ? vfsOf(t).base(t.process, dir, "") : vfsOf(t).find(t.process, dir, text, false);
  if (place.inode.type !== S.IFLNK) return text === "" ? -E.NOENT : -E.INVAL;
  const link = place.inode.readlink().slice(0, size);
  const view = writableView(t.memory, at, link.length);
  if (view.length < link.length) fail(E.FAULT);
  for (let i = 0; i < link.length; i++) view[i] = link.charCodeAt(i);
  return link.length;
}

export const readlink = (t: Thread, name: number, at: number, size: number): number => readlinkat(t, AT_FDCWD, name, at, size);

// Directories

export function chdir(t: Thread, name: number): number {
  const place = vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true);
  return enter(t, place);
}

export function fchdir(t: Thread, fd: number): number {
  const { place } = filesOf(t).get(fd);
  return place ? enter(t, place) : -E.NOTDIR;
}

function enter(t: Thread, place: Place): number {
  const a = place.inode.attributes();
  if ((a.mode & S.IFMT) !== S.IFDIR) return -E.NOTDIR;
  if (!permits(a, t.cred, 1)) return -E.ACCES;
  contextOf(t).cwdPlace = place;
  return 0;
}

export function chroot(t: Thread, name: number): number {
  const place = vfsOf(t).find(t.process, AT_FDCWD, path(t, name), true);
  const a = place.inode.attributes();
  if ((a.mode & S.IFMT) !== S.IFDIR) return -E.NOTDIR;
  if (!permits(a, t.cred, 1)) return -E.ACCES;
  if (!capable(t.cred, Cap.SYS_CHROOT)) return -E.PERM;
  contextOf(t).root = place;
  return 0;
}

export function getcwd(t: Thread, at: number, size: number): number {
  const context = contextOf(t), text = `${context.pathOf(context.cwdPlace)}\0`;
  if (size >>> 0 < text.length) return -E.RANGE;
  const view = writableView(t.memory, at, text.length);
  if (view.length < text.length) fail(E.FAULT);
  for (let i = 0; i < text.length; i++) view[i] = text.charCodeAt(i);
  return text.length;
}

export function umask(t: Thread, mask: number): number {
  const { fs } = t.process;
  const old = fs.umask;
  fs.umask = mask & 0o777;
  return old;
}

const directoryReader = (put: typeof dirent64) => (t: Thread, fd: number, at: number, size: number): number => {
  const f: File = filesOf(t).get(fd);
  if (!(f instanceof DirectoryFile)) return -E.NOTDIR;
  const mounts = vfsOf(t).mounts;
  const mounted = (): Entry[] => mounts.mountedIn(f.place).map((name) => {
    const inode = mounts.child(f.place, name)!.inode;
    return { name, ino: inode.ino, type: inode.type };
  });
  const list = f.entries(mounted);
  happened(f.place, Event.ACCESS);
  let done = 0;
  while (f.position < list.length) {
    const e = list[f.position]!;
    const n = put(t.memory, at + done, (size >>> 0) - done, e.ino, f.position + 1, e.type, e.name);
    if (n === 0) return done > 0 ? done : -E.INVAL;
    done += n;
    f.position++;
  }
  return done;
};

export const getdents64 = directoryReader(dirent64), getdents = directoryReader(dirent);
