import { DIRTY } from "../ir/state.js";
import { GuestFault, type GuestMemory } from "../ir/memory.js";

/** What a debugger wants a processor to stop at. Addresses are linear, int32. */
export interface StopPoints {
  /** Before the instructions at these addresses. */
  readonly code: ReadonlySet<number>;
  /** After an instruction that accesses one of these. */
  readonly data: readonly Watchpoint[];
}

export interface Watchpoint {
  readonly address: number;
  /** Bytes, at least 1. */
  readonly size: number;
  readonly kind: "write" | "read" | "access";
}

/** Whether two sets of points are the same; null: none. */
export function samePoints(a: StopPoints | null, b: StopPoints | null): boolean {
  if (!a || !b) return a === b;
  return a.code.size === b.code.size && [...a.code].every((x) => b.code.has(x)) && sameWatches(a.data, b.data);
}

export function sameWatches(a: readonly Watchpoint[], b: readonly Watchpoint[]): boolean {
  return a.length === b.length && a.every((w) => b.some((x) => x.address === w.address && x.size === w.size && x.kind === w.kind));
}

export interface WatchHit {
  readonly watch: Watchpoint;
  /** Where the access began. */
  readonly address: number;
}

/** What compiled code meets at a watched access: the instruction has to run in tier 0. Never seen by the guest. */
export const WATCHED = new GuestFault(-2);

const PAGE = 4096;

/**
 * A processor's memory while something in it is watched. Accesses by tier 0 go through and are noted, and end the block; those by library
 * functions of compiled code are refused with WATCHED. Compiled code's own accesses never come here: its page windows exclude `watchesPage`.
 */
export class WatchedMemory implements GuestMemory {
  /** False while compiled code runs. */
  precise = true;
  hit: WatchHit | null = null;
  private readonly pages = new Set<number>();
  readonly bytes: Uint8Array;

  constructor(
    private readonly inner: GuestMemory,
    private readonly watches: readonly Watchpoint[],
    private readonly S: Int32Array,
  ) {
    this.bytes = inner.bytes;
    for (const w of watches) {
      for (let p = w.address >>> 12; ; p = (p + 1) & 0xfffff) {
        this.pages.add(p);
        if (p === ((w.address + w.size - 1) | 0) >>> 12) break;
      }
    }
  }

  /** Whether [addr, addr + size) touches a page with something watched in it. */
  watchesPage(addr: number, size: number): boolean {
    return this.pages.has(addr >>> 12) || this.pages.has(((addr + size - 1) | 0) >>> 12);
  }

  private note(addr: number, size: number, write: boolean): void {
    for (const w of this.watches) {
      if (w.kind === (write ? "read" : "write")) continue;
      // Half-open stretches on the circle of addresses: either begins within the other.
      if ((addr - w.address) >>> 0 >= w.size && (w.address - addr) >>> 0 >= size) continue;
      if (!this.precise) throw WATCHED;
      // A write tells more than the read before it.
      if (!this.hit || (write && this.hit.watch.kind === "read")) this.hit = { watch: w, address: addr };
      this.S[DIRTY >> 2] = 1;
    }
  }

  private look(addr: number, size: number, write: boolean): void {
    if (this.watchesPage(addr, size)) this.note(addr, size, write);
  }

  load8(addr: number): number {
    const v = this.inner.load8(addr);
    this.look(addr, 1, false);
    return v;
  }

  load16(addr: number): number {
    const v = this.inner.load16(addr);
    this.look(addr, 2, false);
    return v;
  }

  load32(addr: number): number {
    const v = this.inner.load32(addr);
    this.look(addr, 4, false);
    return v;
  }

  store8(addr: number, value: number): void {
    this.probe(addr, 1, true);
    this.look(addr, 1, true);
    this.inner.store8(addr, value);
  }

  store16(addr: number, value: number): void {
    this.probe(addr, 2, true);
    this.look(addr, 2, true);
    this.inner.store16(addr, value);
  }

  store32(addr: number, value: number): void {
    this.probe(addr, 4, true);
    this.look(addr, 4, true);
    this.inner.store32(addr, value);
  }

  probe(addr: number, size: number, write: boolean): void {
    this.inner.probe(addr, size, write);
  }

  /** Bulk operations stay off watched pages, so that they come through the accessors there. */
  flatRun(addr: number, max: number, write: boolean): number {
    const n = this.inner.flatRun(addr, max, write);
    for (let done = 0; done < n; done += PAGE - (((addr + done) >>> 0) % PAGE)) {
      if (this.pages.has(((addr + done) | 0) >>> 12)) return done;
    }
    return n;
  }

  flatOffset(addr: number): number {
    return this.inner.flatOffset(addr);
  }
}
