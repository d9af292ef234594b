import { type Type, LANES } from "./types.js";

/**
 * What an op may do besides computing its result. Passes rely on nothing else.
 *
 * pure      nothing: may be removed, merged and moved
 * read      reads guest memory or vCPU state, may fault if `faults`
 * write     changes guest memory or vCPU state
 * faults    may leave the block with a guest exception: everything the guest can see must be exact before it
 */
export interface Effects {
  readonly reads?: boolean;
  readonly writes?: boolean;
  readonly faults?: boolean;
  /** A library op that reads or writes vector registers in the state (as FXSAVE does), beside its operands. */
  readonly vectors?: boolean;
  /** A library op that asks the host, who may look at the number of instructions retired: LEFT is up to date then. */
  readonly host?: boolean;
  /** Words of the state that the op changes, by offset, where that is all it changes. */
  readonly sets?: readonly number[];
}

/** How a library op is called: with vCPU state, with guest memory, or with its operands' lanes only. */
export type LibContext = "pure" | "state" | "memory";

/**
 * A library op: implemented once as a JavaScript function that both tiers call with the lanes of its operands (and, last, its
 * immediate if it has one). A result of one lane is returned; one of several lanes is stored into RESULT[0…] and nothing returned.
 * A function of context "state" gets the vCPU state `S` (Int32Array) first; of context "memory" the `LibEnv`.
 */
export interface LibSpec {
  readonly args: readonly Type[];
  readonly result: Type;
  readonly context: LibContext;
  readonly imm: boolean;
  readonly fn: (...args: any[]) => any;
  /**
   * Lane-wise: fn takes one int32 lane of each operand and returns that lane of the result; it serves i64, v128 and v256 alike.
   * The operands' types are then the result's, and `args` says only how many there are.
   */
  readonly lanewise: boolean;
}

/** Result lanes of library functions that return more than one; read at once by the caller. */
export const RESULT = new Int32Array(16);

export interface Op {
  readonly name: string;
  /** Core ops: the interpreter's switch index (ops.ts). Library ops: LIBRARY_CODE and up, in order of definition. */
  readonly code: number;
  readonly effects: Effects;
  readonly lib: LibSpec | null;
}

const registry = new Map<string, Op>();
const list: Op[] = [];

const LIBRARY_CODE = 256;

export function registerOp(name: string, effects: Effects, lib: LibSpec | null, code = LIBRARY_CODE + list.length): Op {
  if (registry.has(name)) throw new Error(`op ${name} is defined twice`);
  const op: Op = { name, code, effects, lib };
  registry.set(name, op);
  list.push(op);
  return op;
}

/** The op of a name, or undefined. */
export function findOp(name: string): Op | undefined {
  return registry.get(name);
}

export function allOps(): readonly Op[] {
  return list;
}

const PURE: Effects = {};
const STATEFUL: Effects = { reads: true, writes: true };
/** Of ops that read or write vector registers in the state. */
export const VECTORS: Effects = { reads: true, writes: true, vectors: true };
/** Of memorial ops that ask the host about more than segments. */
export const HOST: Effects = { reads: true, writes: true, host: true };

/** Define a pure library op. `imm`: the function takes the instruction's immediate as last argument. */
export function pure(name: string, args: readonly Type[], result: Type, fn: (...args: any[]) => any, imm = false): Op {
  return registerOp(name, PURE, { args, result, context: "pure", imm, fn, lanewise: false });
}

/** Define a pure lane-wise library op of `arity` operands: one function for every integer vector width. */
export function lanewise(name: string, arity: number, fn: (...lanes: number[]) => number, imm = false): Op {
  return registerOp(name, PURE, { args: new Array<Type>(arity).fill("v128"), result: "v128", context: "pure", imm, fn, lanewise: true });
}

/** Define a library op that reads or changes vCPU state other than general registers and flags (x87, MXCSR, …). Its function gets S first. */
export function stateful(name: string, args: readonly Type[], result: Type, fn: (S: Int32Array, ...args: any[]) => any, imm = false, effects: Effects = STATEFUL): Op {
  return registerOp(name, effects, { args, result, context: "state", imm, fn, lanewise: false });
}

/** Define a library op that accesses guest memory; its function gets the LibEnv first. It must not throw: see LibEnv. */
export function memorial(name: string, args: readonly Type[], result: Type, fn: (env: any, ...args: any[]) => any, imm = false, effects: Effects = STATEFUL): Op {
  return registerOp(name, effects, { args, result, context: "memory", imm, fn, lanewise: false });
}

/** Number of JavaScript numbers a value of this type is. */
export function lanesOf(type: Type): number {
  return LANES[type];
}
