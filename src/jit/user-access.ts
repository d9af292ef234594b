import type { LibEnv } from "../ir/env.js";
import { PENDING } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { GuestFault } from "../ir/memory.js";
import { EXIT } from "../ir/state.js";
import { Perm, type UserMemory } from "../mmu/user-memory.js";
import type { Binding } from "./compile.js";

type Check = Binding["rd"];

/**
 * Values of USER_STRATEGY's parameters: checks of the bytes of several accesses, made at the first of them. Whichever is refused, tier 0 has to
 * go on from here, and will know.
 */
export function severalChecks({ rd, wr }: Pick<Binding, "rd" | "wr">, S: Int32Array): [Check, Check] {
  const several = (check: Check): Check => (addr, size) => {
    const page = check(addr, size);
    if (page === 1) S[EXIT >> 2] = Exit.single;
    return page;
  };
  return [several(rd), several(wr)];
}

/** The access checks of compiled code for user-mode memory (identity mapping, a permission byte a page): what USER_STRATEGY calls. */
export function userAccess(env: LibEnv, memory: UserMemory): Pick<Binding, "D" | "home" | "rd" | "wr" | "trap" | "strategy"> {
  const { perms, home } = memory;
  const { S } = env;

  const fault = (e: unknown): void => {
    if (!(e instanceof GuestFault)) throw e;
    env.fault = e;
    S[EXIT >> 2] = Exit.fault;
  };
  const single = (): number => {
    S[EXIT >> 2] = Exit.single;
    return 1;
  };
  /** An access over the end of the address space, or that straddles the end of the buffer, goes through tier 0. */
  const wraps = (addr: number, size: number): boolean => (addr >>> 0) + size > memory.size;

  const rdSlow = (addr: number, size: number): number => {
    try {
      memory.probe(addr, size, false);
    } catch (e) {
      fault(e);
      return 1;
    }
    return wraps(addr, size) ? single() : addr & -4096;
  };
  const wrSlow = (addr: number, size: number): number => {
    try {
      memory.probe(addr, size, true);
    } catch (e) {
      fault(e);
      return 1;
    }
    if (wraps(addr, size)) return single();
    // A page with translations: fine beside them, else tier 0 does the store and drops them.
    if (memory.holdsCode(addr, size)) return single();
    return perms[addr >>> 12]! & Perm.FAST ? addr & -4096 : home;
  };

  const rd: Check = (addr, size) => ((addr & 0xfff) <= 4096 - size && perms[addr >>> 12]! & Perm.READ ? addr & -4096 : rdSlow(addr, size));
  const wr: Check = (addr, size) => ((addr & 0xfff) <= 4096 - size && perms[addr >>> 12]! & Perm.FAST ? addr & -4096 : wrSlow(addr, size));

  return {
    D: memory.D,
    home: home | 0,
    strategy: severalChecks({ rd, wr }, S),
    rd,
    wr,
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
  };
}
