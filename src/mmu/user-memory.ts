import { GuestFault, type GuestMemory, PfCode, Vector } from "../ir/memory.js";
import { AccessLimits, LIMIT_TABLES } from "./access-limits.js";
import { CODE_AREA, type LinearMemory, linearMemory } from "./linear-memory.js";
import { PAGE_SHIFT, PAGE_SIZE, Perm, runAround } from "./perm.js";

/**
 * Memory of one user-mode process: a flat buffer in which the offset is the linear address, and one permission byte a page.
 *
 * Compiled code reads and writes the buffer directly where windows or limits say that it may (jit/emit-memory.ts); the methods here are the slow
 * path and what everything else uses.
 */

/**
 * The largest buffer. V8's second compiler, Maglev, which browsers and Node from 22 on have, takes offsets in a DataView for 31 bits: code that meets a larger one is thrown away, and from then on each access there is a
 * call, in what TurboFan makes of it as well (docs/performance.md). So guests have the address space of Linux with VMSPLIT_2G.
 */
export const LARGEST_MEMORY = 2 ** 31;
/** Bytes behind a buffer's end: any offset of 31 bits is good for any access to the largest buffer, which V8 then does not check. Nothing is ever there. */
const SLACK = 64;
/** `run` looks this many pages far to either side. */
const RUN = 4096;

/** Whoever caches translations of this memory. */
export interface CodeObserver {
  /** The bytes [addr, addr + size), in lines that hold translated code, are about to change. */
  codeWritten(addr: number, size: number): void;
  /** Pages marked CODE were unmapped, remapped or lost the right to execute; they are no longer marked. */
  codeUnmapped(firstPage: number, pages: number): void;
}

/**
 * Zeroed bytes that the host commits as they are touched. Where there are SharedArrayBuffers it is one: V8 takes the length of others for memory in use
 * (external memory), and collects garbage in full for each new address space; `MemoryPool` tells it what is really used.
 */
function lazyBuffer(size: number): ArrayBufferLike {
  return typeof SharedArrayBuffer === "function" ? new SharedArrayBuffer(size) : new ArrayBuffer(size);
}

/** Whoever also remembers what may be accessed. */
export interface MemoryObserver extends CodeObserver {
  /** Whether pages out of [first, end) may be read, or written without notice, is another than before. */
  rightsChanged(first: number, end: number): void;
}

export class UserMemory implements GuestMemory {
  readonly buffer: ArrayBufferLike;
  readonly bytes: Uint8Array;
  readonly D: DataView;
  readonly words: Int32Array;
  /** One byte for each of the 2^20 pages of the linear address space, whatever the buffer's size. */
  readonly perms = new Uint8Array(lazyBuffer(1 << 20));
  private readonly permWords = new Int32Array(this.perms.buffer);
  /** One bit for each 64-byte line that holds translated code, 2 words a page: data beside code may change without harm. */
  private readonly codeLines = new Int32Array(lazyBuffer(8 << 20));
  /** Pages that held something when they were unmapped, one bit each: the host has memory for them from then on. */
  private readonly committed = new Uint8Array(lazyBuffer(1 << 17));
  /** Their number. */
  committedPages = 0;
  observer: MemoryObserver | null = null;
  /** Told of a page (Perm.TRACKED) that is going to be written, before it is. */
  tracker: ((page: number) => void) | null = null;
  /**
   * A page of nobody's that can always be read and written. Compiled code starts its page windows here, so that a window is valid
   * from the start. Guests must not be given it (nor anything above it).
   */
  readonly home: number;
  /** Where the heap begins, once there is one: what lies there comes and goes, so that `run` does not go on from what lies before it. */
  heap = 0;
  /** Where accesses may begin, for compiled code; above all that guests may be given, or behind the memory if that ends before. */
  readonly limits: AccessLimits;

  /** The buffer as WebAssembly's, if it is. */
  readonly linear: LinearMemory | null;

  /**
   * `size`: bytes of the buffer, a multiple of 4096 up to 2^31. Addresses beyond it cannot be mapped. `length`: make the buffer at least that long. `linear`: let it be a
   * linear memory of WebAssembly's, whose length is what it is, if the host has any.
   */
  constructor(readonly size = LARGEST_MEMORY, length = 0, linear = false) {
    if (!(size > 0 && size <= LARGEST_MEMORY && size % PAGE_SIZE === 0)) throw new RangeError(`memory size ${size} is not a multiple of 4096 up to 2^31`);
    // Behind the memory, or at the end of the address space, clear of what compiled code has there.
    const limits = size + LIMIT_TABLES <= CODE_AREA ? size : LARGEST_MEMORY - LIMIT_TABLES;
    this.linear = linear ? linearMemory() : null;
    this.buffer = this.linear?.buffer ?? lazyBuffer(Math.max(size + SLACK, limits + LIMIT_TABLES + SLACK, length));
    this.bytes = new Uint8Array(this.buffer, 0, size);
    this.D = new DataView(this.buffer);
    this.words = new Int32Array(this.buffer, 0, size / 4);
    this.limits = new AccessLimits(this.perms, this.buffer, limits);
    this.home = Math.min(size, CODE_AREA) - 16 * PAGE_SIZE;
    this.perms[this.home / PAGE_SIZE] = Perm.MAPPED | Perm.READ | Perm.WRITE | Perm.FAST;
  }

  /** First address that guests cannot have mappings at. */
  get limit(): number {
    return this.home;
  }

  // Mappings. Addresses and lengths are multiples of the page size, unsigned; the caller keeps within `size`.

  /** Map zero-filled pages, replacing what was there. `prot`: Perm.READ, WRITE, EXEC. What is written to pages without access has to be told (`hold`). */
  map(addr: number, length: number, prot: number): void {
    const first = addr / PAGE_SIZE, end = (addr + length) / PAGE_SIZE, bits = this.protBits(prot);
    const before = this.clear(first, end);
    this.perms.fill(Perm.MAPPED | bits | (bits === 0 ? 0 : Perm.USED), first, end);
    if ((before | bits) & Perm.READ) this.rightsChanged(first, end);
  }

  unmap(addr: number, length: number): void {
    const first = addr / PAGE_SIZE, end = (addr + length) / PAGE_SIZE;
    if (this.clear(first, end) & Perm.READ) this.rightsChanged(first, end);
  }

  /** Pages that cannot be accessed get content nevertheless. */
  hold(addr: number, length: number): void {
    for (let p = addr >>> PAGE_SHIFT, end = Math.ceil((addr + length) / PAGE_SIZE); p < end; p++) this.perms[p]! |= Perm.USED;
  }

  /** Take the mappings of pages away; returns all bits that any of them had. */
  private clear(first: number, end: number): number {
    const all = this.bitsOf(first, end);
    if (all & Perm.CODE) this.dropCode(first, end);
    if (all & Perm.USED) {
      // Pages that were never touched stay so: writing zeros would commit them.
      for (let p = first; p < end; p++) if (this.perms[p]! & Perm.USED && !this.isZero(p)) this.wipe(p);
    }
    if (all !== 0) this.perms.fill(0, first, end);
    return all;
  }

  /** All bits that any of these pages has: reservations of gigabytes come and go, so four pages at a time. */
  private bitsOf(first: number, end: number): number {
    const { perms, permWords } = this;
    let all = 0, p = first;
    for (; p < end && p & 3; p++) all |= perms[p]!;
    for (; p + 4 <= end; p += 4) all |= permWords[p >> 2]!;
    for (; p < end; p++) all |= perms[p]!;
    return (all | (all >> 8) | (all >> 16) | (all >> 24)) & 0xff;
  }

  private wipe(page: number): void {
    this.bytes.fill(0, page * PAGE_SIZE, (page + 1) * PAGE_SIZE);
    const bit = 1 << (page & 7);
    if (this.committed[page >> 3]! & bit) return;
    this.committed[page >> 3]! |= bit;
    this.committedPages++;
  }

  /** Whether a page holds nothing but zeros. */
  isZero(page: number): boolean {
    const { words } = this;
    for (let i = page << 10, end = i + 1024; i < end; i += 8) {
      if (words[i]! | words[i + 1]! | words[i + 2]! | words[i + 3]! | words[i + 4]! | words[i + 5]! | words[i + 6]! | words[i + 7]!) return false;
    }
    return true;
  }

  /** Change the protection of mapped pages. */
  protect(addr: number, length: number, prot: number): void {
    const first = addr / PAGE_SIZE, end = (addr + length) / PAGE_SIZE;
    if (!(prot & Perm.EXEC) && this.bitsOf(first, end) & Perm.CODE) this.dropCode(first, end);
    const bits = this.protBits(prot) | (prot === 0 ? 0 : Perm.USED);
    let changed = 0;
    for (let p = first; p < end; p++) {
      const kept = this.perms[p]! & (Perm.CODE | Perm.TRACKED | Perm.USED);
      const now = Perm.MAPPED | kept | (kept & (Perm.CODE | Perm.TRACKED) ? bits & ~Perm.FAST : bits);
      changed |= this.perms[p]! ^ now;
      this.perms[p] = now;
    }
    if (changed & (Perm.READ | Perm.FAST)) this.rightsChanged(first, end);
  }

  private rightsChanged(first: number, end: number): void {
    this.limits.update(first, end);
    this.observer?.rightsChanged(first, end);
  }

  private protBits(prot: number): number {
    // As on x86 hardware there is no write-only and no execute-only page.
    let bits = prot & (Perm.READ | Perm.EXEC);
    if (prot & Perm.WRITE) bits |= Perm.READ | Perm.WRITE | Perm.FAST;
    if (prot & Perm.EXEC) bits |= Perm.READ;
    return bits;
  }

  isMapped(addr: number): boolean {
    return (this.perms[addr >>> PAGE_SHIFT]! & Perm.MAPPED) !== 0;
  }

  // Tracking.

  /** The first store to each of these pages from now on is to be told. */
  track(addr: number, length: number): void {
    const { perms } = this, first = addr / PAGE_SIZE, end = (addr + length) / PAGE_SIZE;
    let changed = 0;
    for (let p = first; p < end; p++) {
      changed |= perms[p]!;
      perms[p] = (perms[p]! | Perm.TRACKED) & ~Perm.FAST;
    }
    if (changed & Perm.FAST) this.rightsChanged(first, end);
  }

  /** The same for single pages. */
  trackPages(pages: readonly number[]): void {
    let first = Infinity, last = 0;
    for (const p of pages) {
      this.perms[p] = (this.perms[p]! | Perm.TRACKED) & ~Perm.FAST;
      this.limits.update(p, p + 1);
      first = Math.min(first, p);
      last = Math.max(last, p);
    }
    if (pages.length > 0) this.observer?.rightsChanged(first, last + 1);
  }

  /** The bytes [addr, addr + size) are going to be written, or may be. */
  noteStore(addr: number, size: number): void {
    for (let page = addr >>> PAGE_SHIFT, last = (addr + size - 1) >>> PAGE_SHIFT; page <= last; page++) {
      const p = this.perms[page]!;
      if (!(p & Perm.TRACKED)) continue;
      this.tracker?.(page);
      this.perms[page] = (p & (Perm.WRITE | Perm.CODE)) === Perm.WRITE ? (p & ~Perm.TRACKED) | Perm.FAST : p & ~Perm.TRACKED;
      // Windows find it when they miss.
      this.limits.update(page, page + 1);
    }
  }

  // Translations.

  /** Note that [addr, end), within one page, was translated: stores to it leave the fast path. */
  markCode(addr: number, end: number): void {
    const page = addr >>> PAGE_SHIFT;
    const before = this.perms[page]!;
    this.perms[page] = (before | Perm.CODE) & ~Perm.FAST;
    if (before & Perm.FAST) this.rightsChanged(page, page + 1);
    for (let line = (addr & 0xfff) >> 6, last = ((end - 1) & 0xfff) >> 6; line <= last; line++) this.codeLines[page * 2 + (line >> 5)]! |= 1 << line;
  }

  /** Whether a line of [addr, addr + size) holds translated code; size up to 4096. */
  holdsCode(addr: number, size: number): boolean {
    for (let a = addr & ~63, n = ((addr & 63) + size + 63) >> 6; n > 0; n--, a = (a + 64) | 0) {
      if (this.codeLines[(a >>> PAGE_SHIFT) * 2 + ((a >> 11) & 1)]! & (1 << ((a >> 6) & 31))) return true;
    }
    return false;
  }

  /** The page holds no translations any more. */
  unmarkCode(page: number): void {
    this.codeLines[page * 2] = this.codeLines[page * 2 + 1] = 0;
    const p = this.perms[page]! & ~Perm.CODE;
    this.perms[page] = (p & (Perm.WRITE | Perm.TRACKED)) === Perm.WRITE ? p | Perm.FAST : p;
    // Windows find it when they miss.
    this.limits.update(page, page + 1);
  }

  private dropCode(first: number, end: number): void {
    for (let p = first; p < end; p++) {
      if (!(this.perms[p]! & Perm.CODE)) continue;
      let q = p + 1;
      while (q < end && this.perms[q]! & Perm.CODE) q++;
      for (let i = p; i < q; i++) this.unmarkCode(i);
      this.observer?.codeUnmapped(p, q - p);
      p = q;
    }
  }

  // GuestMemory.

  load8(addr: number): number {
    if (!(this.perms[addr >>> PAGE_SHIFT]! & Perm.READ)) throw this.fault(addr, 0);
    return this.bytes[addr >>> 0]!;
  }

  load16(addr: number): number {
    if ((addr & 0xfff) > 0xffe || !(this.perms[addr >>> PAGE_SHIFT]! & Perm.READ)) {
      this.probe(addr, 2, false);
      if (addr === -1) return this.bytes[0xffffffff]! | (this.bytes[0]! << 8);
    }
    return this.D.getUint16(addr >>> 0, true);
  }

  load32(addr: number): number {
    if ((addr & 0xfff) > 0xffc || !(this.perms[addr >>> PAGE_SHIFT]! & Perm.READ)) {
      this.probe(addr, 4, false);
      if (addr >>> 0 > 0xfffffffc) return this.wrapped32(addr);
    }
    return this.D.getInt32(addr >>> 0, true);
  }

  store8(addr: number, value: number): void {
    if (!(this.perms[addr >>> PAGE_SHIFT]! & Perm.FAST)) this.slowStore(addr, 1);
    this.bytes[addr >>> 0] = value;
  }

  store16(addr: number, value: number): void {
    if ((addr & 0xfff) > 0xffe || !(this.perms[addr >>> PAGE_SHIFT]! & Perm.FAST)) {
      this.slowStore(addr, 2);
      if (addr === -1) {
        this.bytes[0xffffffff] = value;
        this.bytes[0] = value >> 8;
        return;
      }
    }
    this.D.setInt16(addr >>> 0, value, true);
  }

  store32(addr: number, value: number): void {
    if ((addr & 0xfff) > 0xffc || !(this.perms[addr >>> PAGE_SHIFT]! & Perm.FAST)) {
      this.slowStore(addr, 4);
      if (addr >>> 0 > 0xfffffffc) {
        for (let i = 0; i < 4; i++) this.bytes[(addr + i) >>> 0] = value >> (8 * i);
        return;
      }
    }
    this.D.setInt32(addr >>> 0, value, true);
  }

  private wrapped32(addr: number): number {
    let v = 0;
    for (let i = 0; i < 4; i++) v |= this.bytes[(addr + i) >>> 0]! << (8 * i);
    return v;
  }

  /** Permission check and notice of a store that is not plainly allowed; throws its fault. */
  private slowStore(addr: number, size: number): void {
    this.probe(addr, size, true);
    const first = addr >>> PAGE_SHIFT, last = ((addr + size - 1) | 0) >>> PAGE_SHIFT, all = this.perms[first]! | this.perms[last]!;
    if (all & Perm.CODE && this.holdsCode(addr, size)) this.observer?.codeWritten(addr, size);
    if (all & Perm.TRACKED) this.noteStore(addr >>> 0, size);
  }

  probe(addr: number, size: number, write: boolean): void {
    const need = write ? Perm.WRITE : Perm.READ;
    const last = ((addr + size - 1) | 0) >>> PAGE_SHIFT;
    let page = addr >>> PAGE_SHIFT;
    if (!(this.perms[page]! & need)) throw this.fault(addr, write ? PfCode.W : 0);
    while (page !== last) {
      page = (page + 1) & 0xfffff;
      if (!(this.perms[page]! & need)) throw this.fault(page << PAGE_SHIFT, write ? PfCode.W : 0);
    }
  }

  private fault(addr: number, code: number): GuestFault {
    // As the processor sees it: a PROT_NONE page is mapped, but not present.
    const present = this.perms[addr >>> PAGE_SHIFT]! & Perm.READ ? PfCode.P : 0;
    return new GuestFault(Vector.PF, code | present | PfCode.U, addr | 0);
  }

  flatRun(addr: number, max: number, write: boolean): number {
    const need = write ? Perm.FAST : Perm.READ;
    const start = addr >>> 0;
    const end = Math.min(start + max, this.size);
    let at = start;
    while (at < end && this.perms[at >>> PAGE_SHIFT]! & need) at = (at - (at % PAGE_SIZE)) + PAGE_SIZE;
    return Math.min(at, end) - start;
  }

  /** The pages around an address (unsigned) that may be read, or written without notice, as [start, end); null: its page may not. Of a longer run a part. */
  run(addr: number, write: boolean): { start: number; end: number } | null {
    const { perms, heap, limit } = this, need = write ? Perm.FAST : Perm.READ, page = Math.floor(addr / PAGE_SIZE);
    if (addr >= limit || !(perms[page]! & need)) return null;
    const least = Math.max(page - RUN, addr >= heap ? heap / PAGE_SIZE : 0), most = Math.min(page + RUN, (addr < heap ? heap : limit) / PAGE_SIZE);
    const [first, end] = runAround(perms, page, need, least, most);
    return { start: first * PAGE_SIZE, end: end * PAGE_SIZE };
  }

  /** Whether all of the pages [first, end) may be read, or written without notice. */
  grants(first: number, end: number, write: boolean): boolean {
    const need = write ? Perm.FAST : Perm.READ;
    for (let page = first; page < end; page++) if (!(this.perms[page]! & need)) return false;
    return true;
  }

  flatOffset(addr: number): number {
    return addr >>> 0;
  }

  // Instruction fetch (frontend's CodeSource).

  fetch(addr: number, into: Uint8Array, max: number): number {
    const start = addr >>> 0;
    let n = 0;
    while (n < max) {
      const a = start + n;
      if (a >= this.size || !(this.perms[a >>> PAGE_SHIFT]! & Perm.EXEC)) break;
      n = Math.min(max, n + PAGE_SIZE - (a % PAGE_SIZE));
    }
    into.set(this.bytes.subarray(start, start + n));
    return n;
  }

  fetchFault(addr: number): GuestFault {
    return this.fault(addr, PfCode.I);
  }
}
