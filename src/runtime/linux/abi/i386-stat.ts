import type { UserMemory } from "../../../mmu/user-memory.js";
import type { TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import type { Attributes, FileSystemInfo } from "../fs/inode.js";
import { put16, put32, put64, put8, writableView } from "../user.js";

/** Structures of stat and its kin for 32-bit x86 (arch/x86/include/uapi/asm/stat.h, statfs.h, linux/stat.h). */

export interface Identity {
  readonly dev: number;
  readonly ino: number;
}

function cleared(m: UserMemory, at: number, size: number): void {
  if (writableView(m, at, size).fill(0).length < size) fail(E.FAULT);
}

const BLOCK = 4096;

/** struct stat64, 96 bytes. */
export function putStat64(m: UserMemory, at: number, a: Attributes, id: Identity): void {
  cleared(m, at, 96);
  put64(m, at, id.dev);
  put32(m, at + 12, id.ino);
  put32(m, at + 16, a.mode);
  put32(m, at + 20, a.nlink);
  put32(m, at + 24, a.uid);
  put32(m, at + 28, a.gid);
  put64(m, at + 32, a.rdev);
  put64(m, at + 44, a.size);
  put32(m, at + 52, BLOCK);
  put64(m, at + 56, a.blocks);
  [a.atime, a.mtime, a.ctime].forEach((t, i) => {
    put32(m, at + 64 + i * 8, t.sec);
    put32(m, at + 68 + i * 8, t.nsec);
  });
  put64(m, at + 88, id.ino);
}

/** The old struct stat, 64 bytes; EOVERFLOW for what it cannot hold. */
export function putStat(m: UserMemory, at: number, a: Attributes, id: Identity): void {
  if (a.size > 0x7fffffff) fail(E.OVERFLOW);
  cleared(m, at, 64);
  put32(m, at, id.dev);
  put32(m, at + 4, id.ino);
  put16(m, at + 8, a.mode);
  put16(m, at + 10, a.nlink);
  put16(m, at + 12, a.uid);
  put16(m, at + 14, a.gid);
  put32(m, at + 16, a.rdev);
  put32(m, at + 20, a.size);
  put32(m, at + 24, BLOCK);
  put32(m, at + 28, a.blocks);
  [a.atime, a.mtime, a.ctime].forEach((t, i) => {
    put32(m, at + 32 + i * 8, t.sec);
    put32(m, at + 36 + i * 8, t.nsec);
  });
}

const major = (dev: number): number => (dev >> 8) & 0xfff;
const minor = (dev: number): number => (dev & 0xff) | ((dev >>> 12) & 0xfff00);

/** struct statx, 256 bytes, the same for all ABIs. */
export function putStatx(m: UserMemory, at: number, a: Attributes, id: Identity): void {
  cleared(m, at, 256);
  put32(m, at, 0x7ff); // STATX_BASIC_STATS
  put32(m, at + 4, BLOCK);
  put32(m, at + 16, a.nlink);
  put32(m, at + 20, a.uid);
  put32(m, at + 24, a.gid);
  put16(m, at + 28, a.mode);
  put64(m, at + 32, id.ino);
  put64(m, at + 40, a.size);
  put64(m, at + 48, a.blocks);
  const time = (o: number, t: TimeSpec): void => {
    put64(m, at + o, t.sec);
    put32(m, at + o + 8, t.nsec);
  };
  time(64, a.atime);
  time(96, a.ctime);
  time(112, a.mtime);
  put32(m, at + 128, major(a.rdev));
  put32(m, at + 132, minor(a.rdev));
  put32(m, at + 136, major(id.dev));
  put32(m, at + 140, minor(id.dev));
}

/** struct statfs64 (84 bytes) or statfs (64 bytes). */
export function putStatfs(m: UserMemory, at: number, fs: FileSystemInfo, wide: boolean): void {
  cleared(m, at, wide ? 84 : 64);
  const { total, free } = fs.space();
  const blocks = Math.floor(total / BLOCK), available = Math.floor(free / BLOCK);
  put32(m, at, fs.magic);
  put32(m, at + 4, BLOCK);
  if (wide) {
    [blocks, available, available, 1e6, 1e6].forEach((v, i) => put64(m, at + 8 + i * 8, v));
    put32(m, at + 56, 255);
    put32(m, at + 60, BLOCK);
    put32(m, at + 64, fs.readOnly ? 1 : 0);
  } else {
    [blocks, available, available, 1e6, 1e6].forEach((v, i) => put32(m, at + 8 + i * 4, Math.min(v, 0x7fffffff)));
    put32(m, at + 36, 255);
    put32(m, at + 40, BLOCK);
    put32(m, at + 44, fs.readOnly ? 1 : 0);
  }
}

/** struct linux_dirent64: ino, offset, length, type, name; returns its size. */
export function dirent64(m: UserMemory, at: number, room: number, ino: number, offset: number, type: number, name: string): number {
  const size = (19 + name.length + 1 + 7) & ~7;
  if (size > room) return 0;
  put64(m, at, ino);
  put64(m, at + 8, offset);
  put16(m, at + 16, size);
  put8(m, at + 18, type >> 12);
  putName(m, at + 19, name, size - 19);
  return size;
}

/** struct linux_dirent: ino, offset, length, name, and the type in its last byte. */
export function dirent(m: UserMemory, at: number, room: number, ino: number, offset: number, type: number, name: string): number {
  const size = (10 + name.length + 2 + 3) & ~3;
  if (size > room) return 0;
  put32(m, at, ino);
  put32(m, at + 4, offset);
  put16(m, at + 8, size);
  putName(m, at + 10, name, size - 10);
  put8(m, at + size - 1, type >> 12);
  return size;
}

function putName(m: UserMemory, at: number, name: string, room: number): void {
  for (let i = 0; i < room; i++) put8(m, at + i, i < name.length ? name.charCodeAt(i) : 0);
}
