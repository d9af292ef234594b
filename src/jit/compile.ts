import { generate } from "astring";
import type { LibEnv } from "../ir/env.js";
import type { Op } from "../ir/op.js";
import { RESULT } from "../ir/op.js";
import { nanfix } from "../ir/lib/nan.js";
import { type MemoryStrategy, type WindowHint, USER_STRATEGY } from "./emit-memory.js";
import { factoryNames, RegionEmitter } from "./emit-region.js";
import { optimizeRegion } from "./optimize.js";
import { sourceName } from "./local-constants.js";
import { type CodePosition, printPositions, type RegionView } from "./positions.js";
import type { Region } from "./region.js";
import type { Reliance } from "./settled-pages.js";
import * as js from "./ast.js";

/** A compiled region: call it to run until it leaves; it returns what runs next (`stop`: nothing, look at the state). */
export type RegionFunction = () => RegionFunction;

/** Links of a region: [0] is `stop`, [k] the function that exit k goes on with, or null while that is not known. */
export type Links = (RegionFunction | null)[];

export interface WindowRoom {
  /** A region's windows; given back when it is no more. */
  take(hints: readonly WindowHint[]): Int32Array;
  give(part: Int32Array): void;
}

const NOTHING = new Int32Array(0);
export const NO_ROOM: WindowRoom = { take: () => NOTHING, give() {} };

/** What compiled code is bound to: one processor with its memory. */
export interface Binding {
  readonly env: LibEnv;
  readonly D: DataView;
  /**
   * Permission checks, as the memory strategy calls them: 1 means to leave the region at this instruction. In user mode the window at W[i] and W[i + 1] shows
   * afterwards what later accesses may go to unchecked.
   */
  readonly rd: (addr: number, size: number, W: Int32Array, i: number) => number;
  readonly wr: (addr: number, size: number, W: Int32Array, i: number) => number;
  /** Gives regions room for their windows, and takes it back (NO_ROOM where its strategy does not keep them). */
  readonly windows: WindowRoom;
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
  /** The windows that it keeps. */
  readonly windows: readonly WindowHint[];
  /** Pages whose rights are built in: where they have them no more, it must not run. */
  readonly reliances: readonly Reliance[];
  /** A function that the factory made has been primed (prime.ts). */
  primed?: boolean;
}

/** A region as source text. */
export interface EmittedCode {
  readonly code: string;
  readonly libraries: readonly Op[];
  readonly exits: readonly number[];
  readonly windows: readonly WindowHint[];
  /** Where it comes from, if a view was asked for. */
  readonly positions: readonly CodePosition[];
  /** Parameters that its memory strategy adds. */
  readonly parameters: readonly string[];
  readonly reliances: readonly Reliance[];
}

/** Optimise and emit a region. The blocks of its nodes are replaced by their optimised form. */
export function emitRegion(region: Region, view?: RegionView, strategy: MemoryStrategy = USER_STRATEGY): EmittedCode {
  const locals = optimizeRegion(region);
  const emitter = new RegionEmitter(region, locals, strategy, view);
  const { body, libraries, exits, windows, reliances } = emitter.emit();
  const program = js.block(body);
  const rest = { libraries, exits, windows, parameters: strategy.parameters, reliances };
  if (emitter.positions === "none") return { code: generate(program, { indent: " " }), positions: [], ...rest };
  return { ...printPositions(program, " ", view?.comment), ...rest };
}

/** Lines that `new Function` puts before the code. */
export const FUNCTION_HEAD = 2;

/** `footer`: lines below the code, for debuggers: `//# sourceURL=…`. */
export function compileEmitted({ code, libraries, exits, windows, parameters, reliances }: EmittedCode, footer = ""): CompiledRegion {
  const names = factoryNames(parameters, libraries);
  // Unlike parameters, V8 takes what `const` holds for constant in code that exists in one copy: no more loads of maps, lengths and addresses of buffers.
  const constants = `"use strict"; const ${names.map((n) => `${sourceName(n)} = $${n}`).join(", ")};`;
  const factory = new Function(...names.map((n) => `$${n}`), `${constants} ${code}${footer ? `\n${footer}` : ""}`) as CompiledRegion["factory"];
  return { size: code.length, factory, libraries, exits, windows, reliances };
}

export function compileRegion(region: Region, strategy: MemoryStrategy = USER_STRATEGY): CompiledRegion {
  return compileEmitted(emitRegion(region, undefined, strategy));
}

/** Links of a region that is to be bound: nothing is known of where they lead. */
export function freshLinks(c: CompiledRegion, stop: RegionFunction): Links {
  const links: Links = new Array<RegionFunction | null>(c.exits.length).fill(null);
  links[0] = stop;
  return links;
}

/** Bind a compiled region to a processor whose memory fits the strategy it was compiled with. */
export function bindRegion(c: CompiledRegion, b: Binding, links: Links, windows: Int32Array = b.windows.take(c.windows)): RegionFunction {
  const { state } = b.env;
  return c.factory(
    state.S, state.F, state.G, b.D, b.env, RESULT, links, windows, b.rd, b.wr, b.go, b.link, b.stop, b.trap,
    nanfix, Math.imul, Math.clz32, Math.fround, Math.sqrt, Math.abs,
    ...b.strategy,
    ...c.libraries.map((op) => op.lib!.fn),
  );
}
