import { PAGE_SIZE } from "../../mmu/perm.js";
import type { OpenFile } from "./contract.js";
import type { Backing } from "./shared.js";

/** PROT_* of mmap; equal to Perm for READ only, so see `permOf` in mm.ts. */
export const enum Prot { NONE = 0, READ = 1, WRITE = 2, EXEC = 4 }

/** A stretch of address space with one kind of content; start and end are multiples of the page size. */
export interface Vma {
  start: number;
  end: number;
  prot: number;
  /** The file whose content it shows at `offset`; null: anonymous. */
  readonly file: OpenFile | null;
  offset: number;
  /** MAP_SHARED: what it shares; `offset` counts in it too. */
  readonly shared: Backing | null;
  /** "[heap]", "[stack]", "[vdso]" or empty. */
  readonly name: string;
  /** Whether a shared mapping may become writable. */
  readonly mayWrite: boolean;
  /** What a child gets of it, if not a copy: zeros (MADV_WIPEONFORK) or nothing (MADV_DONTFORK). */
  onFork?: "wipe" | "leave" | undefined;
}

/** The mappings of an address space, in order and without overlap. */
export class VmaList {
  readonly list: Vma[] = [];

  /** Index of the first mapping that ends above `addr`. */
  indexAt(addr: number): number {
    let lo = 0, hi = this.list.length;
    while (lo < hi) {
      const mid = (lo + hi) >> 1;
      if (this.list[mid]!.end <= addr) lo = mid + 1;
      else hi = mid;
    }
    return lo;
  }

  find(addr: number): Vma | null {
    const v = this.list[this.indexAt(addr)];
    return v && v.start <= addr ? v : null;
  }

  /** Mappings that touch [start, end). */
  *within(start: number, end: number): Generator<Vma> {
    for (let i = this.indexAt(start); i < this.list.length && this.list[i]!.start < end; i++) yield this.list[i]!;
  }

  isFree(start: number, end: number): boolean {
    const v = this.list[this.indexAt(start)];
    return !v || v.start >= end;
  }

  /** Whether every page of [start, end) is mapped. */
  isFull(start: number, end: number): boolean {
    let at = start;
    for (const v of this.within(start, end)) {
      if (v.start > at) return false;
      at = v.end;
    }
    return at >= end;
  }

  /** Split so that mappings begin and end at these addresses. */
  splitAt(addr: number): void {
    const i = this.indexAt(addr);
    const v = this.list[i];
    if (!v || v.start >= addr) return;
    const upper: Vma = { ...v, start: addr, offset: v.offset + addr - v.start };
    v.end = addr;
    v.file?.retain();
    v.shared?.retain();
    this.list.splice(i + 1, 0, upper);
  }

  /** Take the mappings of [start, end) out of the list; the caller releases what they hold. */
  cut(start: number, end: number): Vma[] {
    this.splitAt(start);
    this.splitAt(end);
    const i = this.indexAt(start);
    let j = i;
    while (j < this.list.length && this.list[j]!.start < end) j++;
    return this.list.splice(i, j - i);
  }

  /** Enter a mapping where nothing is; joins anonymous neighbours of the same kind. */
  insert(v: Vma): void {
    const i = this.indexAt(v.start);
    this.list.splice(i, 0, v);
    this.join(i);
    if (i > 0) this.join(i - 1);
  }

  /** Join mapping i with its successor if they are one. */
  private join(i: number): void {
    const a = this.list[i], b = this.list[i + 1];
    if (!a || !b || a.end !== b.start || a.prot !== b.prot || a.name !== b.name || a.file !== b.file || a.shared !== b.shared || a.onFork !== b.onFork) return;
    if ((a.file || a.shared) && a.offset + a.end - a.start !== b.offset) return;
    b.file?.release();
    b.shared?.release();
    a.end = b.end;
    this.list.splice(i + 1, 1);
  }

  joinWithin(start: number, end: number): void {
    for (let i = Math.max(0, this.indexAt(start) - 1); i + 1 < this.list.length && this.list[i]!.start <= end; ) {
      const before = this.list.length;
      this.join(i);
      if (this.list.length === before) i++;
    }
  }

  /** Highest free stretch of `length` bytes within [low, high), or -1. */
  findTopDown(length: number, low: number, high: number): number {
    let top = high;
    for (let i = this.list.length - 1; i >= 0; i--) {
      const v = this.list[i]!;
      if (v.start >= top) continue;
      if (v.end <= top && top - v.end >= length && top - length >= low) return top - length;
      top = v.start;
      if (top < low + length) return -1;
    }
    return top - length >= low ? top - length : -1;
  }

  /** Lowest free stretch of `length` bytes within [low, high), or -1. */
  findBottomUp(length: number, low: number, high: number): number {
    let at = low;
    for (const v of this.list) {
      if (v.end <= at) continue;
      if (v.start - at >= length) break;
      at = v.end;
    }
    return at + length <= high ? at : -1;
  }
}

export function pageUp(n: number): number {
  return Math.ceil(n / PAGE_SIZE) * PAGE_SIZE;
}
