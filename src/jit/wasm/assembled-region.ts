import type { Op } from "../../ir/op.js";
import { PC } from "../../ir/state.js";
import { FRONT_AT, FRONT_SIZE, STATE_AT, type WasmModule } from "../../mmu/linear-memory.js";
import { LIMITS_STRATEGY, SILENT_STRATEGY } from "../emit-memory.js";
import { libraryName, RegionEmitter } from "../emit-region.js";
import { optimizeRegion } from "../optimize.js";
import type { Region } from "../region.js";
import type { Reliance } from "../settled-pages.js";
import { Bytes, I32, VOID, W } from "./encoder.js";
import { type Import, type Place, Unsupported } from "./expression-assembler.js";
import { FunctionAssembler } from "./function-assembler.js";

/**
 * A region as the body of a WebAssembly function, for any module of any process: what depends on the module is left open. The function has no parameters and returns what its caller in
 * JavaScript has to do ({@link Next}); to code that it knows it jumps itself, by tail calls.
 */
export interface AssembledRegion {
  readonly pc: number;
  readonly mode: number;
  /** Declarations of locals and code, as in a module's code section, without its size. */
  readonly bytes: Uint8Array;
  /** Where the offset goes of the byte that says whether the function is good in this process. */
  readonly valid: number;
  readonly calls: ReadonlyArray<Place<Import>>;
  /** Where functions go that it jumps to: the region at a PC if it is in the module, else (and for null always) the one that looks for what is at the state's PC. */
  readonly links: ReadonlyArray<Place<number | null>>;
  readonly reliances: readonly Reliance[];
  /** Whether it asks about accesses that the tables of limits refuse. */
  readonly asks: boolean;
  /** The module that has it, and its number there. */
  home: { readonly module: AssembledModule; readonly at: number } | null;
}

/** A module with some regions' functions (module.ts). */
export interface AssembledModule {
  readonly module: WasmModule;
  readonly regions: readonly AssembledRegion[];
  /** Functions that it calls, in the order of its imports. */
  readonly imports: readonly Import[];
}

/** What a function of a region returns: the run loop is to look at the state; or to find what runs at the state's PC. */
export const enum Next { stop, find }

/**
 * Optimise and assemble a region, whose memory's tables of limits are there. The blocks of its nodes are replaced. `asks`: see AssembledRegion. Null: it has to be JavaScript.
 */
export function assembleRegion(region: Region, limits: readonly [number, number], asks: boolean): AssembledRegion | null {
  const { statements, libraries, exits, reliances } = new RegionEmitter(region, optimizeRegion(region), asks ? LIMITS_STRATEGY : SILENT_STRATEGY).emitParts();
  const a = new FunctionAssembler({ state: STATE_AT, limits }, new Map(libraries.map((op): [string, Op] => [libraryName(op), op])));
  const { code } = a, links: Array<Place<number | null>> = [];
  try {
    // Whoever jumps here does not know whether the guest's code is still the same.
    code.indexed(W.global_get, 0);
    code.byte(W.i32_load8_u);
    code.unsigned(0);
    const valid = code.reserve();
    code.byte(W.i32_eqz);
    code.byte(W.if);
    code.byte(VOID);
    code.byte(W.return_call);
    links.push([code.reserve(), null]);
    code.byte(W.end);
    a.list(statements);
    leave(a, exits, links);
    const types = a.localTypes(), bytes = new Uint8Array(types.length + code.length), shift = types.length;
    bytes.set(types);
    bytes.set(code.view(), shift);
    const moved = <T>([at, what]: Place<T>): Place<T> => [at + shift, what];
    return { pc: region.pc, mode: region.mode, bytes, valid: valid + shift, calls: a.calls.map(moved), links: links.map(moved), reliances, asks, home: null };
  } catch (e) {
    if (!(e instanceof Unsupported)) throw e;
    return null;
  }
}

/** The end of a function: `k` says by which exit it is left (0: stop; negative: to a computed PC), the budget whether it may go on. */
function leave(a: FunctionAssembler, exits: readonly number[], links: Array<Place<number | null>>): void {
  const { code } = a, count = exits.length;
  a.get("n");
  code.constant(0);
  code.byte(W.i32_lt_s);
  code.byte(W.if);
  code.byte(VOID);
  code.constant(Next.stop);
  code.byte(W.return);
  code.byte(W.end);
  for (let i = 0; i <= count; i++) {
    code.byte(W.block);
    code.byte(VOID);
  }
  a.get("k");
  code.byte(W.br_table);
  code.unsigned(count);
  for (let k = 0; k <= count; k++) code.unsigned(k);
  code.byte(W.end);
  code.constant(Next.stop);
  code.byte(W.return);
  for (let k = 1; k < count; k++) {
    code.byte(W.end);
    code.byte(W.return_call);
    links.push([code.reserve(), exits[k]!]);
  }
  code.byte(W.end);
  find(code, a.local("pc").index, a.local("k").index);
  code.byte(W.end);
}

/** Go on with the region at the PC in a local, if the front has it; another local is free for use. */
function find(code: Bytes, pc: number, free: number): void {
  code.indexed(W.local_get, pc);
  code.indexed(W.local_get, pc);
  code.constant(FRONT_HASH_SHIFT);
  code.byte(W.i32_shr_u);
  code.byte(W.i32_xor);
  code.constant(FRONT_SIZE - 1);
  code.byte(W.i32_and);
  code.constant(3);
  code.byte(W.i32_shl);
  code.indexed(W.local_tee, free);
  code.access(W.i32_load, 2, FRONT_AT);
  code.indexed(W.local_get, pc);
  code.byte(W.i32_eq);
  code.byte(W.if);
  code.byte(VOID);
  code.indexed(W.local_get, free);
  code.access(W.i32_load, 2, FRONT_AT + 4);
  code.byte(W.return_call_indirect);
  code.unsigned(0);
  code.unsigned(0);
  code.byte(W.end);
  code.constant(Next.find);
}

const FRONT_HASH_SHIFT = 12;

/** A PC's pair in the front, as an index of words. */
export function frontIndex(pc: number): number {
  return ((pc ^ (pc >>> FRONT_HASH_SHIFT)) & (FRONT_SIZE - 1)) << 1;
}

/** The function that goes on with what is at the state's PC. */
export function finderBody(): Uint8Array {
  const code = new Bytes();
  code.unsigned(1);
  code.unsigned(2);
  code.byte(I32);
  code.constant(STATE_AT + PC);
  code.access(W.i32_load, 2);
  code.indexed(W.local_set, 0);
  find(code, 0, 1);
  code.byte(W.end);
  return code.view();
}
