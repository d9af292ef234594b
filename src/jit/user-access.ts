import type { LibEnv } from "../ir/env.js";
import { PENDING } from "../ir/env.js";
import { Exit } from "../ir/exit.js";
import { GuestFault } from "../ir/memory.js";
import { EXIT } from "../ir/state.js";
import { Perm, runAround } from "../mmu/perm.js";
import type { UserMemory } from "../mmu/user-memory.js";
import type { Binding } from "./compile.js";
import { expectedAt, WINDOW_ACCESS, type WindowHint } from "./emit-memory.js";
import { Windows } from "./windows.js";

type Check = Binding["rd"];

/** Runs of pages are looked for this far, and remembered by address in units of it. */
const REACH_SHIFT = 24;
const REACH_PAGES = 1 << (REACH_SHIFT - 12);
const RUNS = 2 << (32 - REACH_SHIFT);

/**
 * Values of USER_STRATEGY's parameters: checks of the bytes of several accesses, made at the first of them, and where the tables of limits are. Whichever check is
 * refused, tier 0 has to go on from here, and will know.
 */
export function strategyValues({ rd, wr }: Pick<Binding, "rd" | "wr">, S: Int32Array, { limits }: UserMemory): unknown[] {
  const several = (check: Check): Check => (addr, size, W, i) => {
    const refused = check(addr, size, W, i);
    if (refused === 1) S[EXIT >> 2] = Exit.single;
    return refused;
  };
  return [several(rd), several(wr), ...limits.tables];
}

/** What compiled code is bound to for user-mode memory. */
export interface UserAccess extends Pick<Binding, "D" | "rd" | "wr" | "trap" | "strategy" | "windows"> {
  /** What may be accessed of the pages [first, end) is another than before. */
  rightsChanged(first: number, end: number): void;
}

/** The access checks of compiled code for user-mode memory (identity mapping, a permission byte a page): what USER_STRATEGY calls. */
export function userAccess(env: LibEnv, memory: UserMemory): UserAccess {
  const { perms, home } = memory;
  const { S } = env;
  /** Runs of pages that may be read, or written without notice, as windows; nothing is known of those whose reach is 0. */
  const readable = new Int32Array(RUNS), writable = new Int32Array(RUNS);
  /** An address that was read, and one that was written, last of those that no window showed. */
  const last = new Int32Array(2);

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

  /** Find the run of pages around `addr`, which has `right`. */
  const showRun = (addr: number, right: Perm.READ | Perm.FAST, W: Int32Array, i: number): number => {
    const runs = right === Perm.READ ? readable : writable, k = (addr >>> REACH_SHIFT) << 1;
    // At the end of a run that is known, where its window does not reach, there is nothing to look for.
    if ((addr - runs[k]!) >>> 0 >= runs[k + 1]! + WINDOW_ACCESS - 1) findRun(addr >>> 12, right, runs, k);
    W[i] = runs[k]!;
    W[i + 1] = runs[k + 1]!;
    last[+(right === Perm.FAST)] = addr;
    return 0;
  };
  const findRun = (page: number, right: Perm, runs: Int32Array, k: number): void => {
    const [first, end] = runAround(perms, page, right, Math.max(page - REACH_PAGES, 0), Math.min(page + REACH_PAGES, memory.size / 4096));
    runs[k] = first << 12;
    runs[k + 1] = (end - first) * 4096 - WINDOW_ACCESS + 1;
  };
  const rdSlow = (addr: number, size: number, W: Int32Array, i: number): number => {
    try {
      memory.probe(addr, size, false);
    } catch (e) {
      fault(e);
      return 1;
    }
    return wraps(addr, size) ? single() : showRun(addr, Perm.READ, W, i);
  };
  const wrSlow = (addr: number, size: number, W: Int32Array, i: number): number => {
    try {
      memory.probe(addr, size, true);
    } catch (e) {
      fault(e);
      return 1;
    }
    if (wraps(addr, size)) return single();
    // A page with translations: fine beside them, else tier 0 does the store and drops them.
    if (memory.holdsCode(addr, size)) return single();
    memory.noteStore(addr >>> 0, size);
    return perms[addr >>> 12]! & Perm.FAST ? showRun(addr, Perm.FAST, W, i) : 0;
  };
  const windows = new Windows(home | 0, (addr, write, W, i) => {
    const right = write ? Perm.FAST : Perm.READ;
    if (!(perms[addr >>> 12]! & right)) return false;
    if (!known(write ? writable : readable, addr, 1, W, i)) showRun(addr, right, W, i);
    return true;
  });
  const expected = (hint: WindowHint): number => {
    const addr = expectedAt(hint, S);
    return perms[addr >>> 12]! & (hint.write ? Perm.FAST : Perm.READ) ? addr : last[+hint.write]!;
  };
  const known = (runs: Int32Array, addr: number, size: number, W: Int32Array, i: number): boolean => {
    const k = (addr >>> REACH_SHIFT) << 1, start = runs[k]!, reach = runs[k + 1]!;
    if ((addr - start) >>> 0 >= reach - Math.max(size - WINDOW_ACCESS, 0)) return false;
    W[i] = start;
    W[i + 1] = reach;
    return true;
  };

  const rd: Check = (addr, size, W, i) => (known(readable, addr, size, W, i) ? 0 : rdSlow(addr, size, W, i));
  const wr: Check = (addr, size, W, i) => (known(writable, addr, size, W, i) ? 0 : wrSlow(addr, size, W, i));

  return {
    D: memory.D,
    strategy: strategyValues({ rd, wr }, S, memory),
    windows: {
      take: (hints) => windows.take(hints, expected),
      give: (part) => windows.give(part),
    },
    rightsChanged(first, end) {
      readable.fill(0);
      writable.fill(0);
      windows.refresh(first, end);
    },
    rd,
    wr,
    trap: (vector, errorCode) => {
      if (vector !== PENDING) env.fault = new GuestFault(vector, errorCode);
      S[EXIT >> 2] = Exit.fault;
    },
  };
}
