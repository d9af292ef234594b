import { Builder } from "../ir/builder.js";
import { GuestFault, Vector } from "../ir/memory.js";
import { Block } from "../ir/inst.js";
import { DecodeStatus, InsnDecoder, MAX_LENGTH } from "./decode.js";
import { lift } from "./lift/index.js";
import { LiftContext } from "./lift/context.js";

/** Where instruction bytes come from. */
export interface CodeSource {
  /**
   * Copy up to `max` instruction bytes at a linear address into `into`; returns how many can be fetched without a fault (0: the first
   * byte faults).
   */
  fetch(addr: number, into: Uint8Array, max: number): number;
  /** The fault that fetching the byte at this address raises. */
  fetchFault(addr: number): GuestFault;
}

export interface BlockOptions {
  /** Most instructions in the block; 1 for single-stepping. */
  readonly maxInstructions?: number | undefined;
  /** Addresses of breakpoints: blocks end before these. */
  readonly stops?: ReadonlySet<number> | null;
}

const PAGE = 4096;
/** Most instructions in a block, of 8 bytes on average, unless told. */
export const BLOCK_LIMIT = 64;
const window = new Uint8Array(PAGE + MAX_LENGTH);

const PREFIXES: ReadonlySet<number> = new Set([0x26, 0x2e, 0x36, 0x3e, 0x64, 0x65, 0x66, 0x67, 0xf0, 0xf2, 0xf3]);

/** Whether bytes that do not decode are an instruction of more than 15 bytes, which is #GP: prefixes make it so, thus without some of them it decodes. */
function isTooLong(mode: number, bytes: Uint8Array): boolean {
  for (let skip = 1; skip < bytes.length && PREFIXES.has(bytes[skip - 1]!); skip++) {
    const decoder = new InsnDecoder(mode, bytes.subarray(skip), 0);
    const insn = decoder.next();
    decoder.free();
    if (insn) return skip + insn.length > MAX_LENGTH;
  }
  return false;
}

/** The first bytes of MOV of a register to a segment register. */
function loadsSegment(opcode: number, modrm: number): boolean {
  return opcode === 0x8e && modrm >= 0xc0;
}

/**
 * Decode and lift the block at `pc`: up to and including the first instruction that does not simply fall through, the end of the page
 * (its last instruction may reach into the next one) or the limit.
 * Throws GuestFault if the first instruction cannot be fetched. An undecodable or unsupported instruction becomes a #UD trap
 * (#GP if it is too long).
 */
export function liftBlock(source: CodeSource, pc: number, mode: number, options: BlockOptions = {}): Block {
  const max = options.maxInstructions ?? BLOCK_LIMIT;
  const stops = options.stops ?? null;
  const inPage = PAGE - (pc & (PAGE - 1));
  const want = Math.min(inPage, max * MAX_LENGTH, Math.max(max, BLOCK_LIMIT) * 8);
  const available = source.fetch(pc, window, want + MAX_LENGTH);
  const block = new Block(pc);
  const b = new Builder(block);
  const c = new LiftContext(b, mode);
  const decoder = new InsnDecoder(mode, window.subarray(0, available), pc);
  try {
    for (;;) {
      const at = decoder.position;
      const insn = at < available ? decoder.next() : null;
      if (!insn) {
        const short = at >= available || decoder.status === DecodeStatus.short;
        if (short && available - at < MAX_LENGTH && (available < want + MAX_LENGTH || at === 0)) {
          // The bytes ended at a page that cannot be fetched: that page faults, once control gets here.
          if (block.count === 0) throw source.fetchFault((pc + available) | 0);
          c.jump(pc + at);
        } else if (short) {
          c.jump(pc + at);
        } else {
          b.insn(pc + at, 0);
          block.count++;
          block.end = (pc + Math.min(at + 1, available)) | 0;
          const vector = isTooLong(mode, window.subarray(at, available)) ? Vector.GP : Vector.UD;
          b.end({ kind: "trap", vector, errorCode: 0, next: (pc + at) | 0 });
        }
        return block;
      }
      b.insn(insn.pc, insn.length);
      block.count++;
      block.end = insn.next;
      const goesOn = block.count < max && decoder.position < want && !(stops !== null && stops.has(insn.next | 0));
      c.segmentFollows = goesOn && decoder.position + 1 < available && loadsSegment(window[decoder.position]!, window[decoder.position + 1]!);
      lift(c, insn);
      if (c.done) return block;
      if (!goesOn) {
        c.jump(insn.next);
        return block;
      }
    }
  } finally {
    decoder.free();
  }
}
