import { generate } from "astring";
import type { LibEnv } from "../ir/env.js";
import type { Op } from "../ir/op.js";
import { RESULT } from "../ir/op.js";
import { nanfix } from "../ir/lib/nan.js";
import { type MemoryStrategy, USER_STRATEGY } from "./emit-memory.js";
import { libraryName, RegionEmitter } from "./emit-region.js";
import { optimizeRegion } from "./optimize.js";
import { PARAMETERS } from "./names.js";
import { type CodePosition, printPositions, type RegionView } from "./positions.js";
import type { Region } from "./region.js";
import * as js from "./ast.js";

/** A compiled region: call it to run until it leaves; it returns what runs next (`stop`: nothing, look at the state). */
export type RegionFunction = () => RegionFunction;

/** Links of a region: [0] is `stop`, [k] the function that exit k goes on with, or null while that is not known. */
export type Links = (RegionFunction | null)[];

/** What compiled code is bound to: one processor with its memory. */
export interface Binding {
  readonly env: LibEnv;
  readonly D: DataView;
  /** A page that may always be read and written. */
  readonly home: number;
  /**
   * Permission checks: returns what the memory strategy keeps for the page that later accesses may go to unchecked (user mode: its base), or 1: leave the
   * region at this instruction.
   */
  readonly rd: (addr: number, size: number) => number;
  readonly wr: (addr: number, size: number) => number;
  /** Values of the parameters that the memory strategy of its regions asks for (emit-memory.ts). */
  readonly strategy: readonly unknown[];
  /** Raise an exception (vector; PENDING: env.fault is set already). */
  readonly trap: (vector: number, errorCode: number) => void;
  readonly go: (pc: number) => RegionFunction;
  readonly link: (links: Links, k: number, pc: number) => RegionFunction;
  readonly stop: RegionFunction;
}

/** A region as JavaScript, not yet bound to a processor. */
export interface CompiledRegion {
  /** Characters of JavaScript. The text itself is V8's alone: as it was put together it would take many times its length. */
  readonly size: number;
  readonly factory: (...args: unknown[]) => RegionFunction;
  readonly libraries: readonly Op[];
  readonly exits: readonly number[];
  /** A function that the factory made has been primed (prime.ts). */
  primed?: boolean;
}

/** A region as source text. */
export interface EmittedCode {
  readonly code: string;
  readonly libraries: readonly Op[];
  readonly exits: readonly number[];
  /** Where it comes from, if a view was asked for. */
  readonly positions: readonly CodePosition[];
  /** Parameters that its memory strategy adds. */
  readonly parameters: readonly string[];
}

/** Optimise and emit a region. The blocks of its nodes are replaced by their optimised form. */
export function emitRegion(region: Region, view?: RegionView, strategy: MemoryStrategy = USER_STRATEGY): EmittedCode {
  const locals = optimizeRegion(region);
  const { body, libraries, exits } = new RegionEmitter(region, locals, strategy, view).emit();
  const program = js.block(body);
  const rest = { libraries, exits, parameters: strategy.parameters };
  if (!view) return { code: generate(program, { indent: " " }), positions: [], ...rest };
  return { ...printPositions(program, " ", view.comment), ...rest };
}

/** Lines that `new Function` puts before the code. */
export const FUNCTION_HEAD = 2;

/** `footer`: lines below the code, for debuggers: `//# sourceURL=…`. */
export function compileEmitted({ code, libraries, exits, parameters }: EmittedCode, footer = ""): CompiledRegion {
  const factory = new Function(...PARAMETERS, ...parameters, ...libraries.map(libraryName), footer ? `${code}\n${footer}` : code) as CompiledRegion["factory"];
  return { size: code.length, factory, libraries, exits };
}

export function compileRegion(region: Region, strategy: MemoryStrategy = USER_STRATEGY): CompiledRegion {
  return compileEmitted(emitRegion(region, undefined, strategy));
}

/** Bind a compiled region to a processor whose memory fits the strategy it was compiled with. */
export function bindRegion(c: CompiledRegion, b: Binding, links: Links): RegionFunction {
  const { state } = b.env;
  return c.factory(
    state.S, state.F, state.G, b.D, b.env, RESULT, links, b.home, b.rd, b.wr, b.go, b.link, b.stop, b.trap,
    nanfix, Math.imul, Math.clz32, Math.fround, Math.sqrt, Math.abs,
    ...b.strategy,
    ...c.libraries.map((op) => op.lib!.fn),
  );
}
