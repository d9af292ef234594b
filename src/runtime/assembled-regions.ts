import { type Op, RESULT } from "../ir/op.js";
import { PC } from "../ir/state.js";
import type { CodeFront } from "../jit/cache.js";
import type { Binding, RegionFunction } from "../jit/compile.js";
import { type AssembledModule, type AssembledRegion, frontIndex, Next } from "../jit/wasm/assembled-region.js";
import type { Import } from "../jit/wasm/expression-assembler.js";
import { compileModule, IMPORTS, keyOf, type ModuleExports } from "../jit/wasm/module.js";
import { FRONT_AT, FRONT_SIZE, type LinearMemory, MOST_VALID, VALID_AT, type WasmTable, webAssembly } from "../mmu/linear-memory.js";

/** A region in use by a process. */
export interface Placed {
  readonly region: AssembledRegion;
  /** To run it, and what follows it. */
  readonly fn: RegionFunction;
  /** Of the process' table. */
  readonly slot: number;
  /** It is no more. */
  discard(): void;
}

/** A module as a process has it. */
interface Instance {
  readonly exports: ModuleExports;
  readonly module: AssembledModule;
  /** Where its regions' bytes begin in `valid`. */
  readonly first: number;
  /** Regions of it that are in use. */
  used: number;
}

interface Entry extends Placed {
  instance: Instance;
  at: number;
}

/** Regions that are waited for before they are compiled together, and blocks that tier 0 runs meanwhile at the most. */
const BATCH = 16, PATIENCE = 4_000;
/** The same where one of them was hot in earlier runs, from none for the first module on. */
const KNOWN_PATIENCE = 200, KNOWN_PATIENCE_STEP = 8;
/** Regions outside of the large module at least before there is a larger one. */
const LEAST_LOOSE = 64;
/** Instructions without new regions after which they go there, too, if they are this part of it; later fewer are enough. */
const CALM = 100e6, CALM_PART = 1 / 4;
/** In the first pair of the front, where a PC of 0 is looked for; one that is looked for elsewhere. */
const NOWHERE = 1;
const NO_WINDOW = new Int32Array(2);
const TABLE_STEP = 1024;
/** Functions that there is room for in any case, when one is taken into use. */
const ROOM = 4096;

/**
 * Regions of one process as WebAssembly. New ones wait until there are several, as a module costs more than a function. In a module code jumps to other regions directly; between modules it
 * goes by the front, which takes several times as long. So from time to time all that is in use is compiled again as one module: V8 takes functions anew as they are called,
 * and those that are hot it optimises in the background.
 */
export class AssembledRegions implements CodeFront {
  private readonly pending: Array<{ readonly region: AssembledRegion; readonly place: (p: Placed | null) => void; readonly same: () => boolean }> = [];
  /** What tier 0 ran since the first of them, and may run. */
  private waited = 0;
  private patience = PATIENCE;
  private modules = 0;
  private readonly entries = new Set<Entry>();
  private readonly runners = new WeakSet<RegionFunction>();
  private readonly instances = new Map<AssembledModule, Instance>();
  private large: AssembledModule | null = null;
  private readonly table: WasmTable;
  private enter: (slot: number) => number = () => Next.stop;
  private readonly freeSlots: number[] = [];
  /** Slot 0 is no region's: pairs of the front that nobody set lead to it. */
  private slots = 1;
  private readonly valid: Uint8Array;
  /** Bytes of `valid` that instances have, and parts of it given back by their length. */
  private validEnd = 0;
  private readonly freeValid = new Map<number, number[]>();
  private readonly front: Int32Array;
  private readonly functions = new Map<string, unknown>();
  /** Instructions that had retired when the last region came, or when modules were put together. */
  private since = -1;

  constructor(
    private readonly memory: LinearMemory,
    private readonly binding: Binding,
    /** How many are compiled together at least. */
    private readonly batch = BATCH,
  ) {
    this.table = new (webAssembly()!.Table)({ element: "anyfunc", initial: TABLE_STEP });
    this.valid = new Uint8Array(memory.buffer, VALID_AT, MOST_VALID);
    this.front = new Int32Array(memory.buffer, FRONT_AT, FRONT_SIZE * 2);
    this.front[0] = NOWHERE;
  }

  /**
   * Take a region into use: `place` is told at once if it is in a module, else when it is compiled, null if it is made of the `same` bytes no more. `known`: as it was hot in
   * an earlier run, it is not waited for as long. False: there is no room.
   */
  add(region: AssembledRegion, known: boolean, place: (p: Placed | null) => void, same: () => boolean): boolean {
    if (!this.hasRoom(ROOM + (region.home?.module.regions.length ?? 0))) return false;
    if (region.home) {
      place(this.placed(region));
      return true;
    }
    if (this.pending.length === 0) {
      this.waited = 0;
      this.patience = PATIENCE;
    }
    if (known) this.patience = Math.min(this.patience, KNOWN_PATIENCE, this.modules * KNOWN_PATIENCE_STEP);
    this.since = -1;
    this.pending.push({ region, place, same });
    if (this.pending.length >= this.batch) this.flush();
    return true;
  }

  private hasRoom(regions: number): boolean {
    return this.validEnd + regions <= MOST_VALID;
  }

  /** Tier 0 ran a block: whether `flush` is due. */
  waitedFor(): boolean {
    return this.pending.length > 0 && ++this.waited > this.patience;
  }

  /** Compile what is pending. */
  flush(): void {
    const all = this.pending.splice(0).map((p) => ({ ...p, good: p.same() })), fresh: AssembledRegion[] = [], keys = new Set<string>();
    for (const { region, good } of all) {
      const key = `${region.mode}:${region.pc}`;
      if (region.home || keys.has(key) || !good) continue;
      keys.add(key);
      fresh.push(region);
    }
    if (fresh.length > 0) {
      compileModule(fresh);
      this.modules++;
    }
    for (const { region, place, good } of all) place(region.home && good ? this.placed(region) : null);
    const loose = this.entries.size - this.usedOf(this.large);
    if (loose >= Math.max(LEAST_LOOSE, this.usedOf(this.large))) this.merge();
  }

  /** To be called now and then, with the number of instructions retired: put modules together if nothing has been added for long. */
  calm(retired: number): void {
    if (this.since < 0) this.since = retired;
    const calm = retired - this.since;
    if (calm < CALM) return;
    const used = this.usedOf(this.large), loose = this.entries.size - used;
    if (loose === 0 || calm * loose < CALM * CALM_PART * used) return;
    this.since = retired;
    this.merge();
  }

  private usedOf(module: AssembledModule | null): number {
    return (module && this.instances.get(module)?.used) ?? 0;
  }

  /** Compile all that is in use as one module. */
  private merge(): void {
    const entries = [...this.entries];
    if (!this.hasRoom(entries.length)) return;
    this.large = compileModule(entries.map((e) => e.region));
    const instance = this.instanceOf(this.large);
    entries.forEach((e, at) => {
      this.leave(e);
      e.instance = instance;
      e.at = at;
      this.use(e);
    });
  }

  private placed(region: AssembledRegion): Placed {
    const { stop, go, env: { S } } = this.binding, slot = this.freeSlots.pop() ?? this.slots++;
    if (slot >= this.table.length) this.table.grow(Math.max(TABLE_STEP, this.table.length));
    const entry: Entry = {
      region, slot, instance: this.instanceOf(region.home!.module), at: region.home!.at,
      fn: () => (this.enter(slot) === Next.stop ? stop : go(S[PC >> 2]!)),
      discard: () => {
        this.entries.delete(entry);
        this.leave(entry);
        const i = frontIndex(region.pc);
        if (this.front[i + 1] === slot) this.front[i] = i === 0 ? NOWHERE : 0;
        this.freeSlots.push(slot);
      },
    };
    this.runners.add(entry.fn);
    this.entries.add(entry);
    this.use(entry);
    return entry;
  }

  /** Whether that is some `Placed.fn`. */
  runs(fn: RegionFunction): boolean {
    return this.runners.has(fn);
  }

  private use({ instance, at, slot }: Entry): void {
    instance.exports.put(slot, at);
    this.valid[instance.first + at] = 1;
    instance.used++;
  }

  private leave({ instance, at }: Entry): void {
    this.valid[instance.first + at] = 0;
    if (--instance.used > 0) return;
    this.instances.delete(instance.module);
    const { length } = instance.module.regions, free = this.freeValid.get(length);
    if (free) free.push(instance.first);
    else this.freeValid.set(length, [instance.first]);
  }

  private instanceOf(module: AssembledModule): Instance {
    const known = this.instances.get(module);
    if (known) return known;
    const { length } = module.regions, first = this.freeValid.get(length)?.pop() ?? this.validEnd;
    if (first === this.validEnd) this.validEnd += length;
    const place = { [IMPORTS.memory]: this.memory, [IMPORTS.table]: this.table, [IMPORTS.valid]: VALID_AT + first };
    const functions = Object.fromEntries(module.imports.map((i, k) => [k, this.implementation(i)]));
    const exports = new (webAssembly()!.Instance)(module.module, { [IMPORTS.place]: place, [IMPORTS.functions]: functions }).exports as unknown as ModuleExports;
    const instance: Instance = { exports, module, first, used: 0 };
    this.instances.set(module, instance);
    this.enter = exports.enter;
    return instance;
  }

  // Functions that are called.

  private implementation(i: Import): unknown {
    const key = keyOf(i);
    let f = this.functions.get(key);
    if (!f) this.functions.set(key, (f = this.bound(i)));
    return f;
  }

  private bound({ name, op, params }: Import): unknown {
    const { rd, wr, strategy, trap, env } = this.binding;
    if (op) return boundOp(op, env, params.length);
    const check = (c: Binding["rd"]) => (addr: number, size: number): number => c(addr, size, NO_WINDOW, 0);
    switch (name) {
      case "rd": return check(rd);
      case "wr": return check(wr);
      case "rds": return check(strategy[0] as Binding["rd"]);
      case "wrs": return check(strategy[1] as Binding["wr"]);
      case "trap": return trap;
      case "toInt": return (x: number) => x | 0;
      case "lane": return (k: number) => RESULT[k];
      default: throw new Error(`compiled code calls ${name}, which nobody knows`);
    }
  }

  // What computed jumps find.

  found(pc: number, slot: number): void {
    const i = frontIndex(pc);
    this.front[i] = pc;
    this.front[i + 1] = slot;
  }

  forget(): void {
    this.front.fill(0);
    this.front[0] = NOWHERE;
  }

  /** Its process is no more: the memory is as it was before. */
  retire(): void {
    this.front.fill(0);
    this.valid.fill(0, 0, this.validEnd);
  }
}

/** A library op's function with its first argument given: a closure of its own for each, so that V8 knows what it calls. */
function boundOp(op: Op, env: Binding["env"], arity: number): unknown {
  const { fn, context } = op.lib!;
  if (context === "pure") return fn;
  const names = Array.from({ length: arity }, (_, k) => `a${k}`).join(", ");
  return (new Function("fn", "first", `"use strict"; return (${names}) => fn(first, ${names});`) as (...args: unknown[]) => unknown)(fn, context === "state" ? env.S : env);
}
