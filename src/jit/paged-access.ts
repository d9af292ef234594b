import type { LibEnv } from "../ir/env.js";
import { PENDING } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { GuestFault } from "../ir/memory.js";
import { EXIT, HOME_WRITE, WINDOW } from "../ir/state.js";
import { type PagedMemory, PAGES } from "../mmu/paged-memory.js";
import { Perm } from "../mmu/perm.js";
import { type Binding, NO_ROOM } from "./compile.js";
import { type KnownPages, type UniformAccess, uniformAccess } from "./uniform-access.js";

/**
 * The access checks of compiled code for the paged memory of a whole processor (emit-paged.ts). In front of the TLB are two tables of what is added to
 * addresses in pages that may be read and written as things are now, by page number; the pages that hold translations are in none.
 */
export interface PagedAccess extends Pick<Binding, "D" | "trap" | "strategy" | "windows">, PageChecks {
  /** What regions of a uniform strategy are bound to instead. */
  readonly uniform: UniformAccess;
  /** The difference that they were compiled for. */
  setDistance(distance: number): void;
  /**
   * Use the pages known under this mapping (the MMU's version), this accessor and this state of what pages hold translations; those found again soon are
   * still known. Returns the name of what is known: it is good as long as that is the one selected, and others have others.
   */
  select(version: number, table: number, marks: number): number;
}

interface PageChecks {
  readonly rd: (addr: number, size: number) => number;
  readonly wr: (addr: number, size: number) => number;
}

/** Pages that are cleared together. */
const CHUNK = 1 << 10;
/** Stamps, in the low bits of the tables' entries: 0 is no one's. */
const STAMPS = 4096;
/** Mappings remembered. */
const KEPT = 4;

export function pagedAccess(env: LibEnv, memory: PagedMemory): PagedAccess {
  const { S } = env;
  // Zeros that nobody looked at take no room.
  const readable = new Int32Array(PAGES), writable = new Int32Array(PAGES);
  const touched = new Uint8Array(PAGES / CHUNK);
  /** What the tables' entries of now are marked with, and the last few marks: version, table, marks, stamp and name each. */
  let stamp = 0, names = 0;
  const pages: KnownPages = {
    readable, writable, distance: 0, mark: 0, misses: 0,
    touch: (first, end) => touched.fill(1, (first / CHUNK) | 0, Math.ceil(end / CHUNK)),
  };
  const setStamp = (s: number): void => {
    stamp = s;
    pages.mark = pages.distance | s;
  };
  const kept = new Float64Array(KEPT * 5).fill(-1);
  let last = 0;
  /** Which of them goes next; not one that was used since it was the last to come. */
  let oldest = 0;

  const single = (): number => {
    S[EXIT >> 2] = Exit.single;
    return 1;
  };
  /** The difference for bytes that the TLB lets through, which may go on in the next page if that lies alike; else 1. */
  const known = (addr: number, size: number, write: boolean): number => {
    const end = (addr + size - 1) | 0, across = ((addr ^ end) & -4096) !== 0;
    const here = across ? 4096 - (addr & 0xfff) : size;
    const perm: Perm.READ | Perm.FAST = write ? Perm.FAST : Perm.READ;
    let i = memory.direct(addr, perm);
    // Stores beside code are fine, but each has to be looked at.
    let beside = i < 0 && write;
    if (beside) i = memory.directBeside(addr, here);
    if (i < 0) return 1;
    const difference = memory.differenceAt(i);
    if (across) {
      const next = end & -4096;
      let j = memory.direct(next, perm);
      if (j < 0 && write) {
        j = memory.directBeside(next, size - here);
        beside = true;
      }
      if (j < 0 || memory.differenceAt(j) !== difference) return 1;
    }
    if (beside) {
      if (difference !== S[(HOME_WRITE >> 2) + 1]) return 1;
      S[WINDOW >> 2] = S[HOME_WRITE >> 2]!;
      return difference;
    }
    const page = addr >>> 12;
    touched[(page / CHUNK) | 0] = 1;
    (write ? writable : readable)[page] = difference | stamp;
    S[WINDOW >> 2] = addr & -4096;
    return difference;
  };
  /** Look in the TLB, and fill it; what is no plain memory is left to tier 0. */
  const slow = (addr: number, size: number, write: boolean): number => {
    const at = known(addr, size, write);
    if (at !== 1) return at;
    try {
      memory.probe(addr, size, write);
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      env.fault = e;
      S[EXIT >> 2] = Exit.fault;
      return 1;
    }
    const found = known(addr, size, write);
    return found === 1 ? single() : found;
  };
  /** The same for several accesses, of which only the first is sure to happen: without A and D bits that were not set. */
  const slowSeveral = (addr: number, size: number, write: boolean): number => {
    const at = known(addr, size, write);
    if (at !== 1) return at;
    const found = memory.probeQuietly(addr, size, write) ? known(addr, size, write) : 1;
    return found === 1 ? single() : found;
  };
  const checks = (miss: typeof slow): [PageChecks["rd"], PageChecks["wr"]] => [
    (addr, size) => {
      const d = readable[addr >>> 12]! ^ stamp;
      return (d & 0xfff) === 0 && (addr & 0xfff) <= 4096 - size ? d : miss(addr, size, false);
    },
    (addr, size) => {
      const d = writable[addr >>> 12]! ^ stamp;
      if ((d & 0xfff) !== 0 || (addr & 0xfff) > 4096 - size) return miss(addr, size, true);
      S[WINDOW >> 2] = addr & -4096;
      return d;
    },
  ];
  const [rd, wr] = checks(slow);

  const uniform = uniformAccess(env, memory, pages, slow, slowSeveral);

  return {
    D: memory.D,
    uniform,
    setDistance(d) {
      pages.distance = d;
      pages.mark = d | stamp;
    },
    strategy: checks(slowSeveral),
    windows: NO_ROOM,
    rd,
    wr,
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
    select(version, table, marks) {
      for (let i = 0; i < KEPT * 5; i += 5) {
        if (kept[i] !== version || kept[i + 1] !== table || kept[i + 2] !== marks) continue;
        setStamp(kept[i + 3]!);
        if (i === oldest) oldest = (oldest + 5) % (KEPT * 5);
        return kept[i + 4]!;
      }
      if (++last === STAMPS) {
        for (let c = 0; c < touched.length; c++) {
          if (touched[c] === 0) continue;
          readable.fill(0, c * CHUNK, (c + 1) * CHUNK);
          writable.fill(0, c * CHUNK, (c + 1) * CHUNK);
        }
        touched.fill(0);
        kept.fill(-1);
        uniform.forget();
        last = 1;
      }
      setStamp(last);
      pages.misses = 0;
      kept[oldest] = version;
      kept[oldest + 1] = table;
      kept[oldest + 2] = marks;
      kept[oldest + 3] = stamp;
      kept[oldest + 4] = ++names;
      oldest = (oldest + 5) % (KEPT * 5);
      return names;
    },
  };
}
