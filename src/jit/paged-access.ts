import type { LibEnv } from "../ir/env.js";
import { PENDING } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { GuestFault } from "../ir/memory.js";
import { EXIT } from "../ir/state.js";
import type { PagedMemory } from "../mmu/paged-memory.js";
import { Perm } from "../mmu/user-memory.js";
import type { Binding } from "./compile.js";

/**
 * The access checks of compiled code for the paged memory of a whole processor (emit-paged.ts). In front of the TLB are two small tables of pages
 * that may be read and written as things are now, by the low bits of the page number: its address, and the difference.
 */
export interface PagedAccess extends Pick<Binding, "D" | "home" | "rd" | "wr" | "trap" | "strategy"> {
  /**
   * Use the pages known under this mapping (the MMU's version), this accessor and this state of what pages hold translations; those found again soon are
   * still known.
   */
  select(version: number, table: number, marks: number): void;
}

const SIZE = 4096;
/** Stamps, in the low bits of the tables' addresses: 0 is no one's. */
const STAMPS = 4096;
/** Mappings remembered. */
const KEPT = 4;

export function pagedAccess(env: LibEnv, memory: PagedMemory): PagedAccess {
  const { S } = env;
  const readable = new Int32Array(SIZE), readDifference = new Int32Array(SIZE);
  const writable = new Int32Array(SIZE), writeDifference = new Int32Array(SIZE);
  /** What the tables' entries of now are marked with, and the last few marks: version, table, marks, stamp each. */
  let stamp = 0;
  const kept = new Float64Array(KEPT * 4).fill(-1);
  let last = 0;
  let oldest = 0;

  const single = (): number => {
    S[EXIT >> 2] = Exit.single;
    return 1;
  };
  /** Look in the TLB, and fill it; what is no plain memory within a page is left to tier 0. */
  const slow = (addr: number, size: number, write: boolean): number => {
    const perm: Perm.READ | Perm.FAST = write ? Perm.FAST : Perm.READ;
    const within = (addr & 0xfff) <= 4096 - size;
    let i = within ? memory.direct(addr, perm) : -1;
    if (i < 0) {
      try {
        memory.probe(addr, size, write);
      } catch (e) {
        if (!(e instanceof GuestFault)) throw e;
        env.fault = e;
        S[EXIT >> 2] = Exit.fault;
        return 1;
      }
      if (!within) return single();
      i = memory.direct(addr, perm);
      if (i < 0) return single();
    }
    const difference = memory.differenceAt(i);
    const k = (addr >>> 12) & (SIZE - 1);
    (write ? writable : readable)[k] = (addr & -4096) | stamp;
    (write ? writeDifference : readDifference)[k] = difference;
    return difference;
  };

  return {
    D: memory.D,
    home: 0,
    strategy: [],
    rd: (addr, size) => {
      const k = (addr >>> 12) & (SIZE - 1);
      return readable[k] === ((addr & -4096) | stamp) && (addr & 0xfff) <= 4096 - size ? readDifference[k]! : slow(addr, size, false);
    },
    wr: (addr, size) => {
      const k = (addr >>> 12) & (SIZE - 1);
      return writable[k] === ((addr & -4096) | stamp) && (addr & 0xfff) <= 4096 - size ? writeDifference[k]! : slow(addr, size, true);
    },
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
    select(version, table, marks) {
      for (let i = 0; i < KEPT * 4; i += 4) {
        if (kept[i] !== version || kept[i + 1] !== table || kept[i + 2] !== marks) continue;
        stamp = kept[i + 3]!;
        return;
      }
      if (++last === STAMPS) {
        readable.fill(0);
        writable.fill(0);
        kept.fill(-1);
        last = 1;
      }
      stamp = last;
      kept[oldest] = version;
      kept[oldest + 1] = table;
      kept[oldest + 2] = marks;
      kept[oldest + 3] = stamp;
      oldest = (oldest + 4) % (KEPT * 4);
    },
  };
}
