import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get16, get32, get64, put16, put32, put64 } from "../user.js";
import type { Result } from "../wait.js";
import { type File, O } from "./file.js";
import { conflict, lockFile, lockRecord, unlockRecord } from "./locks.js";
import { PipeEnd } from "./pipe.js";
import { RegularFile } from "./disk-files.js";
import { filesOf } from "./vfs.js";

/** fcntl, flock, ioctl. */

const enum F {
  DUPFD = 0, GETFD, SETFD, GETFL, SETFL, GETLK, SETLK, SETLKW, SETOWN, GETOWN, SETSIG, GETSIG, GETLK64 = 12, SETLK64, SETLKW64, OFD_GETLK = 36,
  OFD_SETLK, OFD_SETLKW, DUPFD_CLOEXEC = 1030, SETPIPE_SZ = 1031, GETPIPE_SZ = 1032, ADD_SEALS = 1033, GET_SEALS = 1034,
}

/** Flags that F_SETFL changes. */
const SETTABLE = O.APPEND | O.NONBLOCK | O.ASYNC | O.DIRECT | O.NOATIME;

export function fcntl64(t: Thread, fd: number, command: number, arg: number): Result {
  const files = filesOf(t);
  const f = files.get(fd);
  switch (command) {
    case F.DUPFD:
    case F.DUPFD_CLOEXEC:
      if (arg < 0 || arg >= t.process.rlimit(7).soft) fail(E.INVAL);
      f.retain();
      return files.add(f, command === F.DUPFD_CLOEXEC, arg);
    case F.GETFD:
      return files.closesOnExec(fd) ? 1 : 0;
    case F.SETFD:
      files.setCloseOnExec(fd, (arg & 1) !== 0);
      return 0;
    case F.GETFL:
      return f.flags;
    case F.SETFL:
      f.flags = (f.flags & ~SETTABLE) | (arg & SETTABLE);
      return 0;
    case F.GETLK:
    case F.SETLK:
    case F.SETLKW:
      return recordLock(t, f, command - F.GETLK, arg, false, false);
    case F.GETLK64:
    case F.SETLK64:
    case F.SETLKW64:
      return recordLock(t, f, command - F.GETLK64, arg, true, false);
    case F.OFD_GETLK:
    case F.OFD_SETLK:
    case F.OFD_SETLKW:
      return recordLock(t, f, command - F.OFD_GETLK, arg, true, true);
    case F.SETOWN:
      f.owner = arg;
      return 0;
    case F.GETOWN:
      return f.owner;
    case F.SETSIG:
      return arg === 0 ? 0 : -E.INVAL;
    case F.GETSIG:
      return 0;
    case F.SETPIPE_SZ: {
      if (!(f instanceof PipeEnd)) return -E.BADF;
      const size = Math.max(4096, 2 ** Math.ceil(Math.log2(Math.max(1, arg))));
      if (arg < 0) return -E.INVAL;
      if (size > 1 << 20) return -E.PERM;
      if (size < f.pipe.data.length) return -E.BUSY;
      f.pipe.resize(size);
      return size;
    }
    case F.GETPIPE_SZ:
      return f instanceof PipeEnd ? f.pipe.capacity : -E.BADF;
    case F.ADD_SEALS: {
      if (!f.writable) return -E.PERM;
      const seals = f instanceof RegularFile ? f.seals : null;
      if (!seals) return -E.INVAL;
      seals.add(arg, () => t.kernel.mapsWritably(f.inode), (f.attributes().mode & 0o111) !== 0);
      return 0;
    }
    case F.GET_SEALS:
      return (f instanceof RegularFile ? f.seals?.bits : undefined) ?? -E.INVAL;
    default:
      return -E.INVAL;
  }
}

/** struct flock: type, whence (16 bits each), start, length, pid; flock64 has 64-bit start and length. */
function recordLock(t: Thread, f: File, what: number, at: number, wide: boolean, ofd: boolean): Result {
  const m = t.memory;
  const type = get16(m, at), whence = get16(m, at + 2);
  let start = wide ? get64(m, at + 4) : get32(m, at + 4), length = wide ? get64(m, at + 12) : get32(m, at + 8);
  if (whence === 1) start += f instanceof RegularFile ? f.position : 0;
  else if (whence === 2) start += f.size();
  else if (whence !== 0) fail(E.INVAL);
  if (length < 0) {
    start += length;
    length = -length;
  }
  if (start < 0 || type > 2) fail(E.INVAL);
  const end = length === 0 ? Infinity : start + length;
  const owner = ofd ? f : t.process;
  if (what === 0) {
    const c = conflict(f.inode, owner, type === 1, start, end);
    if (!c) {
      put16(m, at, 2);
      return 0;
    }
    put16(m, at, c.write ? 1 : 0);
    put16(m, at + 2, 0);
    const size = c.end === Infinity ? 0 : c.end - c.start;
    if (wide) {
      put64(m, at + 4, c.start);
      put64(m, at + 12, size);
      put32(m, at + 20, c.pid);
    } else {
      put32(m, at + 4, c.start);
      put32(m, at + 8, size);
      put32(m, at + 12, c.pid);
    }
    return 0;
  }
  if (type === 2) {
    unlockRecord(f.inode, owner, start, end);
    return 0;
  }
  if (type === 0 ? !f.readable : !f.writable) fail(E.BADF);
  return lockRecord(f.inode, owner, ofd ? -1 : t.process.pid, type === 1, start, end, what === 2);
}

export function flock(t: Thread, fd: number, operation: number): Result {
  const SHARED = 1, EXCLUSIVE = 2, NONBLOCK = 4, UNLOCK = 8;
  const f = filesOf(t).get(fd);
  const kind = operation & ~NONBLOCK;
  if (kind !== SHARED && kind !== EXCLUSIVE && kind !== UNLOCK) fail(E.INVAL);
  return lockFile(f.inode, f, kind === UNLOCK ? null : kind === EXCLUSIVE, !(operation & NONBLOCK));
}

const FIONBIO = 0x5421, FIOASYNC = 0x5452, FIONCLEX = 0x5450, FIOCLEX = 0x5451, FIONREAD = 0x541b;

export function ioctl(t: Thread, fd: number, request: number, arg: number): Result {
  const files = filesOf(t);
  const f = files.get(fd);
  switch (request) {
    case FIOCLEX:
    case FIONCLEX:
      files.setCloseOnExec(fd, request === FIOCLEX);
      return 0;
    case FIONBIO:
      f.flags = get32(t.memory, arg) ? f.flags | O.NONBLOCK : f.flags & ~O.NONBLOCK;
      return 0;
    case FIOASYNC:
      f.flags = get32(t.memory, arg) ? f.flags | O.ASYNC : f.flags & ~O.ASYNC;
      return 0;
    case FIONREAD:
      if (f instanceof RegularFile) {
        put32(t.memory, arg, f.size() - f.position);
        return 0;
      }
  }
  return f.ioctl(request, arg, t);
}
