import { MODE_LIMIT } from "../frontend/mode.js";
import type { Block } from "../ir/inst.js";
import { Vector } from "../ir/memory.js";
import type { CompiledRegion } from "../jit/compile.js";
import { PAGE_SHIFT, Perm } from "../mmu/perm.js";
import type { UserMemory } from "../mmu/user-memory.js";

/**
 * Translations by what they were made of: processes that run the same code at the same address (forks, and every start of the same program and
 * libraries) share lifted blocks and compiled regions. An entry is used only where the memory holds its very bytes, executable.
 */

export interface StoredBlock {
  readonly block: Block;
  readonly bytes: Uint8Array;
  /** Times it ran in tier 0 in processes that have ended, and how many of these there were. */
  count: number;
  lives: number;
}

/**
 * Runs in a process that make it worth while to compile what many processes run: each of them has to bind the region, which takes as long as some
 * runs in tier 0. (A start of a dynamic program is thousands of blocks that run once or twice.)
 */
const WORTH_BINDING = 16;

/** The count that a block has from other processes, when a new one begins to run it. */
export function inheritedCount(s: StoredBlock): number {
  return s.count >= s.lives * WORTH_BINDING ? s.count : 0;
}

export interface StoredRegion {
  readonly compiled: CompiledRegion;
  /** [start, end) pairs. */
  readonly ranges: readonly number[];
  readonly bytes: readonly Uint8Array[];
  readonly truncated: boolean;
}

/** Different code at the same address that is remembered: that many programs. */
const WAYS = 6;

export class TranslationStore {
  private blocks = new Map<number, StoredBlock[]>();
  private regions = new Map<number, StoredRegion[]>();
  private insts = 0;
  private regionBytes = 0;

  constructor(
    /** Most IR instructions in blocks (at some 150 bytes each), and most bytes of JavaScript; then everything goes. */
    private readonly limits = { insts: 1_500_000, bytes: 96 << 20 },
  ) {}

  private key(pc: number, mode: number): number {
    return (pc >>> 0) * MODE_LIMIT + mode; // below 2^52, so exact
  }

  block(memory: UserMemory, pc: number, mode: number): StoredBlock | null {
    const list = this.blocks.get(this.key(pc, mode));
    if (list) for (const s of list) if (matches(memory, pc, s.bytes)) return s;
    return null;
  }

  addBlock(memory: UserMemory, mode: number, block: Block): StoredBlock | null {
    const { term, pc, end } = block;
    // What does not decode depends on more bytes than the block's.
    if (term.kind === "trap" && (term.vector === Vector.UD || term.vector === Vector.GP)) return null;
    if (pc >>> 0 >= end >>> 0) return null;
    if (this.insts >= this.limits.insts) {
      this.blocks = new Map();
      this.insts = 0;
    }
    // One that pushes out another counts as well: better early than never.
    this.insts += block.insts.length;
    const stored = { block, bytes: memory.bytes.slice(pc >>> 0, end >>> 0), count: 0, lives: 0 };
    add(this.blocks, this.key(pc, mode), stored);
    return stored;
  }

  region(memory: UserMemory, pc: number, mode: number): StoredRegion | null {
    const list = this.regions.get(this.key(pc, mode));
    if (list) for (const s of list) if (s.bytes.every((b, i) => matches(memory, s.ranges[i * 2]!, b))) return s;
    return null;
  }

  addRegion(memory: UserMemory, pc: number, mode: number, compiled: CompiledRegion, ranges: readonly number[], truncated: boolean): void {
    const bytes: Uint8Array[] = [];
    for (let i = 0; i < ranges.length; i += 2) bytes.push(memory.bytes.slice(ranges[i]! >>> 0, ranges[i + 1]! >>> 0));
    const key = this.key(pc, mode);
    // One made of the same code has had its day: what replaces it has grown by more experience.
    const others: StoredRegion[] = [];
    for (const o of this.regions.get(key) ?? []) {
      if (others.length < WAYS - 1 && !o.bytes.every((b, i) => matches(memory, o.ranges[i * 2]!, b))) others.push(o);
      else this.regionBytes -= o.compiled.size;
    }
    this.regionBytes += compiled.size;
    if (this.regionBytes > this.limits.bytes) {
      this.regions = new Map();
      this.regionBytes = compiled.size;
      others.length = 0;
    }
    this.regions.set(key, [{ compiled, ranges, bytes, truncated }, ...others]);
  }
}

/** Add in front; the oldest of too many goes. */
function add<T>(map: Map<number, T[]>, key: number, entry: T): void {
  const list = map.get(key);
  if (!list) {
    map.set(key, [entry]);
    return;
  }
  list.unshift(entry);
  if (list.length > WAYS) list.pop();
}

function matches(memory: UserMemory, pc: number, bytes: Uint8Array): boolean {
  const start = pc >>> 0, last = start + bytes.length - 1;
  const { perms } = memory;
  for (let page = start >>> PAGE_SHIFT; page <= last >>> PAGE_SHIFT; page++) if (!(perms[page]! & Perm.EXEC)) return false;
  const m = memory.bytes;
  for (let i = 0; i < bytes.length; i++) if (m[start + i] !== bytes[i]) return false;
  return true;
}
