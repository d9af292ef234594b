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
  /** Forget the pages: the mapping, the accessor or what pages hold translations may have changed. */
  forget(): void;
}

const SIZE = 512;
/** No page has this address. */
const NONE = 1;

export function pagedAccess(env: LibEnv, memory: PagedMemory): PagedAccess {
  const { S } = env;
  const readable = new Int32Array(SIZE).fill(NONE), readDifference = new Int32Array(SIZE);
  const writable = new Int32Array(SIZE).fill(NONE), writeDifference = new Int32Array(SIZE);

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
    (write ? writable : readable)[k] = addr & -4096;
    (write ? writeDifference : readDifference)[k] = difference;
    return difference;
  };

  return {
    D: memory.D,
    home: 0,
    strategy: [],
    rd: (addr, size) => {
      const k = (addr >>> 12) & (SIZE - 1);
      return readable[k] === (addr & -4096) && (addr & 0xfff) <= 4096 - size ? readDifference[k]! : slow(addr, size, false);
    },
    wr: (addr, size) => {
      const k = (addr >>> 12) & (SIZE - 1);
      return writable[k] === (addr & -4096) && (addr & 0xfff) <= 4096 - size ? writeDifference[k]! : slow(addr, size, true);
    },
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
    forget() {
      readable.fill(NONE);
      writable.fill(NONE);
    },
  };
}
