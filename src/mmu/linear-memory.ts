import { LIMIT_TABLES } from "./access-limits.js";

/**
 * Address spaces that WebAssembly can have for its linear memory: guest code that is assembled to it (jit/wasm) then reads and writes the guest's bytes without bounds checks. Besides what
 * it asks about pages (access-limits.ts) that code needs some things at addresses that are constants; they lie where no guest can have mappings.
 */

/** As much of the WebAssembly JavaScript interface as is used. */
export interface WasmModule { readonly [wasmModule]: true }
declare const wasmModule: unique symbol;
export interface LinearMemory { readonly buffer: ArrayBufferLike }
export interface WasmTable {
  readonly length: number;
  grow(by: number): number;
}
interface WasmInterface {
  validate(bytes: Uint8Array): boolean;
  Module: new (bytes: Uint8Array) => WasmModule;
  Instance: new (module: WasmModule, imports: Record<string, Record<string, unknown>>) => { readonly exports: Record<string, unknown> };
  Memory: new (limits: { initial: number; maximum: number; shared: boolean }) => LinearMemory;
  Table: new (limits: { element: "anyfunc"; initial: number }) => WasmTable;
}

const WASM_PAGE = 65536;
/** End of what accesses of 32-bit addresses are made to: the largest address space, and a page for what runs over its end. */
const SPACE = 2 ** 31;
/** WebAssembly pages of an address space. */
export const LINEAR_PAGES = SPACE / WASM_PAGE + 1;

/** Bytes for the code's own use, below the tables of limits. */
const AREA_SIZE = 4 << 20;
export const CODE_AREA_END = SPACE - LIMIT_TABLES, CODE_AREA = CODE_AREA_END - AREA_SIZE;
/** The vCPU's state (ir/state.ts). */
export const STATE_AT = CODE_AREA;
/** A byte for each function in use: 1 if the guest's code is still what it was made from. */
export const VALID_AT = CODE_AREA + (1 << 20);
export const MOST_VALID = 2 << 20;
/** Where code goes that jumps to a computed PC: pairs of a PC and its function's place in the table. */
export const FRONT_AT = CODE_AREA + (3 << 20);
/** Number of pairs, a power of two. */
export const FRONT_SIZE = 1 << 14;

/** A function that calls itself as the last thing it does, which takes no stack: engines before 2023 do not know `return_call`. */
const TAIL_CALL = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0, 10, 6, 1, 4, 0, 0x12, 0, 0x0b);

let found: WasmInterface | null | undefined;

/** The host's WebAssembly, if it has what is needed. */
export function webAssembly(): WasmInterface | null {
  if (found === undefined) {
    const w = (globalThis as { WebAssembly?: WasmInterface }).WebAssembly;
    found = w !== undefined && w.validate(TAIL_CALL) ? w : null;
  }
  return found;
}

/** Memory for an address space; null: the host has none. */
export function linearMemory(): LinearMemory | null {
  const w = webAssembly();
  if (w === null) return null;
  try {
    return new w.Memory({ initial: LINEAR_PAGES, maximum: LINEAR_PAGES, shared: sharedLinearMemory() });
  } catch (e) {
    if (e instanceof RangeError) return null;
    throw e;
  }
}

/** Whether linear memories are shared ones, as modules have to say. */
export function sharedLinearMemory(): boolean {
  return typeof SharedArrayBuffer === "function";
}
