import { PAGE_SIZE } from "../../../mmu/perm.js";
import { E, fail } from "../errno.js";
import { Map } from "../mm.js";
import type { GuestThread } from "../thread.js";
import { get32, writableView } from "../user.js";
import { pageUp } from "../vma.js";

/** brk, mmap and their kin. */

export function brk(t: GuestThread, addr: number): number {
  return t.space.map.brk(addr >>> 0) | 0;
}

/** `offset` in bytes. */
export function mmap(t: GuestThread, addr: number, length: number, prot: number, flags: number, fd: number, offset: number): number {
  const file = flags & Map.ANONYMOUS ? null : t.process.files!.get(fd);
  if (flags & Map.HUGETLB) fail(E.NOMEM);
  return t.space.map.mmap(addr >>> 0, length >>> 0, prot, flags, file, offset) | 0;
}

/** Offset in units of 4096 bytes. */
export function mmap2(t: GuestThread, addr: number, length: number, prot: number, flags: number, fd: number, pages: number): number {
  return mmap(t, addr, length, prot, flags, fd, (pages >>> 0) * PAGE_SIZE);
}

/** The old call: its six arguments are in memory, the offset in bytes. */
export function oldMmap(t: GuestThread, at: number): number {
  const a = (i: number): number => get32(t.memory, at + i * 4);
  if ((a(5) >>> 0) % PAGE_SIZE) fail(E.INVAL);
  return mmap(t, a(0), a(1), a(2), a(3), a(4), a(5) >>> 0);
}

export function munmap(t: GuestThread, addr: number, length: number): number {
  t.space.map.munmap(addr >>> 0, length >>> 0);
  return 0;
}

export function mprotect(t: GuestThread, addr: number, length: number, prot: number): number {
  t.space.map.mprotect(addr >>> 0, length >>> 0, prot);
  return 0;
}

export function mremap(t: GuestThread, old: number, oldLength: number, newLength: number, flags: number, target: number): number {
  return t.space.map.mremap(old >>> 0, oldLength >>> 0, newLength >>> 0, flags, target >>> 0) | 0;
}

/** A page-aligned range that must be mapped throughout; returns its end. */
function range(t: GuestThread, addr: number, length: number): number {
  const start = addr >>> 0;
  if (start % PAGE_SIZE) fail(E.INVAL);
  const end = start + pageUp(length >>> 0);
  if (end > t.memory.limit) fail(E.NOMEM);
  return end;
}

const MADV_DONTNEED = 4, MADV_FREE = 8, MADV_REMOVE = 9;
/** What becomes of memory in children: MADV_DONTFORK, MADV_DOFORK, MADV_WIPEONFORK, MADV_KEEPONFORK. */
const ON_FORK: Readonly<Record<number, "leave" | "copy" | "wipe">> = { 10: "leave", 11: "copy", 18: "wipe", 19: "copy" };
/** Advice that changes nothing a program can see here. */
const HINTS: ReadonlySet<number> = new Set([0, 1, 2, 3, MADV_FREE, 12, 13, 14, 15, 16, 17, 20, 21]);

export function madvise(t: GuestThread, addr: number, length: number, advice: number): number {
  const end = range(t, addr, length);
  if (advice === MADV_DONTNEED) {
    const { map } = t.space;
    map.discard(addr >>> 0, end);
    return map.vmas.isFull(addr >>> 0, end) ? 0 : -E.NOMEM;
  }
  const onFork = ON_FORK[advice];
  if (onFork) {
    const { map } = t.space;
    map.inheritAs(addr >>> 0, end, onFork === "copy" ? undefined : onFork);
    return map.vmas.isFull(addr >>> 0, end) ? 0 : -E.NOMEM;
  }
  if (advice === MADV_REMOVE || !HINTS.has(advice)) fail(E.INVAL);
  return t.space.map.vmas.isFull(addr >>> 0, end) ? 0 : -E.NOMEM;
}

export function msync(t: GuestThread, addr: number, length: number, flags: number): number {
  const ASYNC = 1, INVALIDATE = 2, SYNC = 4;
  if (flags & ~7 || (flags & (ASYNC | SYNC)) === (ASYNC | SYNC)) fail(E.INVAL);
  const end = range(t, addr, length);
  const { map } = t.space;
  if (map.sharing) map.push();
  if (flags & INVALIDATE) map.pull();
  return map.vmas.isFull(addr >>> 0, end) ? 0 : -E.NOMEM;
}

export function mlock(t: GuestThread, addr: number, length: number): number {
  const start = (addr >>> 0) - ((addr >>> 0) % PAGE_SIZE);
  return t.space.map.vmas.isFull(start, pageUp((addr >>> 0) + (length >>> 0))) ? 0 : -E.NOMEM;
}

export function mlock2(t: GuestThread, addr: number, length: number, flags: number): number {
  return flags & ~1 ? -E.INVAL : mlock(t, addr, length);
}

export function mlockall(_t: GuestThread, flags: number): number {
  return flags & ~7 || !(flags & 3) ? -E.INVAL : 0;
}

export function munlockall(): number {
  return 0;
}

export function mincore(t: GuestThread, addr: number, length: number, into: number): number {
  const end = range(t, addr, length);
  if (!t.space.map.vmas.isFull(addr >>> 0, end)) fail(E.NOMEM);
  const n = (end - (addr >>> 0)) / PAGE_SIZE;
  if (writableView(t.memory, into, n).fill(1).length < n) fail(E.FAULT);
  return 0;
}
