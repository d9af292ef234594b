import type { Inst } from "../ir/inst.js";
import { C } from "../ir/ops.js";
import { placeOf } from "../ir/passes/forward-memory.js";
import { type AccessGroup, checkedAccess } from "./access-groups.js";
import { expectedAddress } from "./emit-memory.js";
import type { RegionNode } from "./region.js";
import { LARGEST_MEMORY } from "../mmu/user-memory.js";

/**
 * Pages whose rights are built into code. An access whose address is a constant and something has a window whose bounds are constants, too: they cost no
 * register, and nothing on entry. One whose address can only be in pages that may be accessed, as that of a table with a masked index, is not checked at all.
 * Who runs such code has to throw it away when one of the pages loses the right (`Reliance`).
 */

/** Which pages may be accessed, as code that is compiled now may rely on. */
export interface PageRights {
  /** The run of pages around an address (unsigned) that may be read, or written without notice, as [start, end); null: its page may not. */
  run(addr: number, write: boolean): Run | null;
}

export interface Run {
  readonly start: number;
  readonly end: number;
}

/** Pages that code relies on: [first, end) may be read, or written without notice. */
export interface Reliance {
  readonly first: number;
  end: number;
  readonly write: boolean;
}

/** An access that needs no check, or one with bounds to compare with. */
export type Settled = { readonly always: true } | { readonly always: false; readonly run: Run };

/** Constants below are no addresses of anything. */
const LEAST_ADDRESS = 0x1000;
/** How deep sums are looked into. */
const DEPTH = 6;

/** The least and the greatest value that an address can have, as numbers without wrapping around; null: that is not known. */
function rangeOf(a: Inst, depth = DEPTH): { min: number; max: number } | null {
  if (a.isConst) return { min: a.imm, max: a.imm };
  if (depth === 0 || a.type !== "i32") return null;
  const of = (k: number): { min: number; max: number } | null => rangeOf(a.args[k]!, depth - 1);
  switch (a.op.code as C) {
    case C.add: {
      const x = of(0), y = x && of(1);
      return y && { min: x.min + y.min, max: x.max + y.max };
    }
    case C.and: {
      const mask = a.args[1]!;
      return mask.isConst && mask.imm >= 0 ? { min: 0, max: mask.imm } : null;
    }
    case C.shl: {
      const x = of(0), by = a.args[1]!;
      return x && x.min >= 0 && by.isConst && x.max * 2 ** (by.imm & 31) < 2 ** 31 ? { min: x.min * 2 ** (by.imm & 31), max: x.max * 2 ** (by.imm & 31) } : null;
    }
    case C.shr: {
      const by = a.args[1]!;
      return by.isConst && (by.imm & 31) > 0 ? { min: 0, max: 2 ** (32 - (by.imm & 31)) - 1 } : null;
    }
    case C.zext: return { min: 0, max: 1 };
    case C.load: return a.mem === "i8" ? { min: 0, max: 0xff } : a.mem === "i16" ? { min: 0, max: 0xffff } : null;
    default: return null;
  }
}

/** Rights as they are when they are first asked for: code is the same whenever it is made again. */
export function remembered(rights: PageRights): PageRights {
  const runs: Array<{ write: boolean; page: number; run: Run | null }> = [];
  return {
    run(addr, write) {
      const page = Math.floor(addr / 4096);
      let known = runs.find((r) => r.write === write && (r.page === page || (r.run !== null && addr >= r.run.start && addr < r.run.end)));
      if (!known) runs.push((known = { write, page, run: rights.run(addr, write) }));
      return known.run;
    },
  };
}

/** What is settled of a region's accesses (of those in groups, all of the group). `apart`: those that are checked otherwise. */
export function settleAccesses(nodes: readonly RegionNode[], groups: ReadonlyMap<RegionNode, ReadonlyMap<Inst, AccessGroup>>, apart: ReadonlySet<Inst>, rights: PageRights): {
  readonly accesses: ReadonlyMap<Inst, Settled>;
  readonly reliances: readonly Reliance[];
} {
  const accesses = new Map<Inst, Settled>(), reliances = new Reliances();
  const ofGroups = new Map<AccessGroup, Settled | null>();
  const settle = (address: Inst, start: number, end: number, write: boolean): Settled | null => {
    const range = rangeOf(address);
    if (range) {
      const from = range.min + start, to = range.max + end;
      const run = from >= LEAST_ADDRESS && to <= LARGEST_MEMORY ? rights.run(from, write) : null;
      if (run && to <= run.end) {
        reliances.add(from, to, write);
        return { always: true };
      }
    }
    const anchor = (expectedAddress(address).constant + start) >>> 0;
    const run = anchor >= LEAST_ADDRESS ? rights.run(anchor, write) : null;
    if (!run || run.end - run.start < end - start) return null;
    reliances.add(run.start, run.end, write);
    return { always: false, run };
  };
  for (const node of nodes) {
    for (const i of node.block.insts) {
      const access = apart.has(i) ? null : checkedAccess(i);
      if (!access) continue;
      const address = i.args[0]!, group = groups.get(node)?.get(i);
      let settled: Settled | null | undefined;
      if (!group) settled = settle(address, 0, access.size, access.write);
      else if ((settled = ofGroups.get(group)) === undefined) {
        const { offset } = placeOf(address);
        ofGroups.set(group, (settled = settle(address, group.start - offset, group.end - offset, group.write)));
      }
      if (settled) accesses.set(i, settled);
    }
  }
  return { accesses, reliances: reliances.list };
}

/** Collects what code relies on, each run of pages once. */
class Reliances {
  readonly list: Reliance[] = [];

  add(start: number, end: number, write: boolean): void {
    const first = Math.floor(start / 4096), last = Math.ceil(end / 4096);
    const same = this.list.find((r) => r.write === write && r.first === first);
    if (same) same.end = Math.max(same.end, last);
    else if (!this.list.some((r) => r.write === write && r.first <= first && r.end >= last)) this.list.push({ first, end: last, write });
  }
}

interface Relying<T> extends Reliance {
  readonly on: Set<T>;
}

/** Who relies on which pages. Most rely on the same few runs. */
export class Reliants<T> {
  private readonly runs = new Map<string, Relying<T>>();

  add(reliances: readonly Reliance[], who: T): void {
    for (const { first, end, write } of reliances) {
      const key = `${first} ${end} ${write}`;
      let run = this.runs.get(key);
      if (!run) this.runs.set(key, (run = { first, end, write, on: new Set() }));
      run.on.add(who);
    }
  }

  remove(reliances: readonly Reliance[], who: T): void {
    for (const { first, end, write } of reliances) {
      const key = `${first} ${end} ${write}`, run = this.runs.get(key);
      if (run?.on.delete(who) && run.on.size === 0) this.runs.delete(key);
    }
  }

  /** Those who relied on what is no more: some of the pages [from, to) have other rights than before. `grants`: whether all of some pages still have one. */
  disappointed(from: number, to: number, grants: (first: number, end: number, write: boolean) => boolean): T[] {
    const found = new Set<T>();
    for (const { first, end, write, on } of this.runs.values()) {
      if (first >= to || end <= from || grants(Math.max(first, from), Math.min(end, to), write)) continue;
      for (const who of on) found.add(who);
    }
    return [...found];
  }
}
