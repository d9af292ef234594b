import { liftBlock, type CodeSource } from "../frontend/block.js";
import type { Syntax } from "../frontend/disassemble.js";
import { USER32 } from "../frontend/mode.js";
import { GuestFault, PfCode, Vector } from "../ir/memory.js";
import { emitRegion } from "../jit/compile.js";
import { USER_STRATEGY } from "../jit/emit-memory.js";
import { PAGED_STRATEGY } from "../jit/emit-paged.js";
import { USER_ROLE } from "../mmu/role.js";
import { RegionCapture, type Translated } from "./inspect/capture.js";
import type { SymbolTable } from "./inspect/symbols.js";
import { growRegion } from "./region-builder.js";

export interface TranslateOptions {
  /** Execution mode (default: USER32, a 32-bit Linux program's). */
  readonly mode?: number;
  /** MMU role it would be filed under (default: that of user-mode processes). */
  readonly role?: number;
  /** How it reaches memory: "user" as programs do (default), "paged" as machines do. */
  readonly memory?: "user" | "paged";
  readonly syntax?: Syntax;
  /** Only the block at the address, not what it leads to. */
  readonly single?: boolean;
  /** Names for addresses. */
  readonly symbols?: SymbolTable | null;
  /** A comment line in the JavaScript wherever a guest instruction begins. */
  readonly comments?: boolean;
  /** For bytes: the address of the first (default 0). */
  readonly base?: number;
}

/** Instruction bytes at an address, as code to translate. */
export function bytesAsCode(bytes: Uint8Array, base: number): CodeSource {
  return {
    fetch(addr, into, max) {
      const at = (addr - base) | 0;
      if (at < 0 || at >= bytes.length) return 0;
      const part = bytes.subarray(at, at + max);
      into.set(part);
      return part.length;
    },
    fetchFault: (addr) => new GuestFault(Vector.PF, PfCode.I | PfCode.U, addr),
  };
}

/**
 * Translate code as the JIT would if all of it were hot, without running it: the region that begins at an address, in all its stages (assembly, IR as
 * lifted and after each pass, JavaScript, source map). `translate(bytes, options)` begins at the first byte. Throws GuestFault if the first instruction
 * cannot be fetched.
 */
export function translate(bytes: Uint8Array, options?: TranslateOptions): Translated;
export function translate(source: CodeSource, pc: number, options?: TranslateOptions): Translated;
export function translate(code: Uint8Array | CodeSource, at: number | TranslateOptions = {}, more: TranslateOptions = {}): Translated {
  const options = typeof at === "number" ? more : at;
  const { mode = USER32, role = USER_ROLE, single = false, base = 0 } = options;
  const source = code instanceof Uint8Array ? bytesAsCode(code, base) : code;
  const pc = (typeof at === "number" ? at : base) | 0;
  liftBlock(source, pc, mode, { maxInstructions: 1 });
  const region = growRegion(source, pc, mode, { count: () => (single ? 0 : 1) });
  const capture = new RegionCapture(region, source, { ...options, role });
  return capture.finish(emitRegion(region, capture.view, options.memory === "paged" ? PAGED_STRATEGY : USER_STRATEGY));
}
