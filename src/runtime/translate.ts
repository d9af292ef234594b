import { liftBlock, type CodeSource } from "../frontend/block.js";
import { disassemble, type DisassembledInsn, type Syntax } from "../frontend/disassemble.js";
import { USER32 } from "../frontend/mode.js";
import { GuestFault, PfCode, Vector } from "../ir/memory.js";
import { printBlock } from "../ir/text.js";
import { emitRegion } from "../jit/compile.js";
import { growRegion } from "./region-builder.js";

/** One block of a translated region in all its stages. */
export interface TranslatedBlock {
  readonly pc: number;
  readonly size: number;
  readonly asm: readonly DisassembledInsn[];
  /** IR as lifted, and as it is after the passes. */
  readonly ir: string;
  readonly opt: string;
}

export interface Translated {
  readonly pc: number;
  readonly mode: number;
  readonly blocks: readonly TranslatedBlock[];
  /** JavaScript of the region. */
  readonly js: string;
}

export interface TranslateOptions {
  readonly mode?: number;
  readonly syntax?: Syntax;
  /** Only the block at the address, not what it leads to. */
  readonly single?: boolean;
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
 * Translate the code at an address as the JIT would if all of it were hot, without running it. Throws GuestFault if the first instruction cannot
 * be fetched.
 */
export function translate(source: CodeSource, pc: number, options: TranslateOptions = {}): Translated {
  const { mode = USER32, syntax = "intel", single = false } = options;
  liftBlock(source, pc, mode, { maxInstructions: 1 });
  const region = growRegion(source, pc, mode, () => (single ? 0 : 1));
  const lifted = region.nodes.map((n) => n.block);
  const irs = lifted.map(printBlock);
  const { code } = emitRegion(region);
  const blocks = region.nodes.map((n, k) => {
    const { pc: start, end } = lifted[k]!;
    const size = (end - start) >>> 0;
    const bytes = new Uint8Array(size + 16);
    source.fetch(start, bytes, size);
    return { pc: start, size, asm: disassemble(bytes.subarray(0, size), start, mode, syntax), ir: irs[k]!, opt: printBlock(n.block) };
  });
  return { pc, mode, blocks, js: code };
}
