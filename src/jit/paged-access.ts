import type { LibEnv } from "../ir/env.js";
import { PENDING } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { GuestFault } from "../ir/memory.js";
import { EXIT } from "../ir/state.js";
import type { PagedMemory } from "../mmu/paged-memory.js";
import { Perm } from "../mmu/user-memory.js";
import type { Binding } from "./compile.js";

/** The access checks of compiled code for the paged memory of a whole processor (emit-paged.ts). */
export function pagedAccess(env: LibEnv, memory: PagedMemory): Pick<Binding, "D" | "home" | "rd" | "wr" | "trap" | "strategy"> {
  const { S } = env;
  const W = new Int32Array(1);

  const single = (): number => {
    S[EXIT >> 2] = Exit.single;
    return 1;
  };
  /** Fill the TLB, and go on through it; what is no plain memory within a page is left to tier 0. */
  const slow = (addr: number, size: number, write: boolean): number => {
    try {
      memory.probe(addr, size, write);
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      env.fault = e;
      S[EXIT >> 2] = Exit.fault;
      return 1;
    }
    if ((addr & 0xfff) > 4096 - size) return single();
    const i = memory.direct(addr, write ? Perm.FAST : Perm.READ);
    if (i < 0) return single();
    W[0] = memory.differenceAt(i);
    return addr & -4096;
  };

  return {
    D: memory.D,
    home: 0,
    strategy: [W],
    rd: (addr, size) => {
      if ((addr & 0xfff) > 4096 - size) return slow(addr, size, false);
      const i = memory.direct(addr, Perm.READ);
      if (i < 0) return slow(addr, size, false);
      W[0] = memory.differenceAt(i);
      return addr & -4096;
    },
    wr: (addr, size) => {
      if ((addr & 0xfff) > 4096 - size) return slow(addr, size, true);
      const i = memory.direct(addr, Perm.FAST);
      if (i < 0) return slow(addr, size, true);
      W[0] = memory.differenceAt(i);
      return addr & -4096;
    },
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
  };
}
