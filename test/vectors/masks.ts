import { Decoder, DecoderOptions, type Instruction, MemorySizeExt, Mnemonic, OpKind, Register, RflagsBits } from "iced-x86";
import type { CodeSpec } from "./codes.js";
import type { Encoding } from "./encode.js";
import { type Case, type Outcome, READ_ONLY, UNMAPPED } from "./layout.js";

/** What of an outcome is not compared, and why, in either kind of code. Everything else must be equal bit by bit. */
export interface CommonMask {
  /** The case is not compared at all. */
  skip: boolean;
  /** EFLAGS bits to compare. */
  flags: number;
  /** FSW bits to compare. */
  fsw: number;
  /** MXCSR bits to compare. */
  mxcsr: number;
  /** General registers (mask by number) whose value is undefined. */
  registers: number;
  /** Ranges of bytes [offset from the case's address, length) that are not compared. */
  memory: readonly (readonly [number, number])[];
  /** x87 results may differ by this many units in the last place. */
  ulp: number;
  /** 32-bit lanes of XMM results may differ by this relative error (RCPPS, RSQRTPS). */
  relative: number;
}

export interface Mask extends CommonMask {
  /** Bits of a page fault's address to compare. */
  faultAddress: number;
}

/** Everything but what these instructions leave undefined. */
export function fullMask(undefinedBy: number): CommonMask {
  return { skip: false, flags: COMPARED & ~undefinedBy, fsw: 0xffff, mxcsr: 0xffff, registers: 0, memory: [], ulp: 0, relative: 0 };
}

const CF = 1, PF = 4, AF = 0x10, ZF = 0x40, SF = 0x80, OF = 0x800;
/** CF PF AF ZF SF IF DF OF IOPL NT; RF is of the recording signal's making, TF never set. */
const COMPARED = 0x7ed5;

const FROM_ICED: readonly (readonly [number, number])[] = [
  [RflagsBits.CF, CF], [RflagsBits.PF, PF], [RflagsBits.AF, AF], [RflagsBits.ZF, ZF], [RflagsBits.SF, SF], [RflagsBits.OF, OF],
];

function x86Flags(bits: number): number {
  let flags = 0;
  for (const [iced, x86] of FROM_ICED) if (bits & iced) flags |= x86;
  return flags;
}

/**
 * Flags that Intel's manual leaves undefined after some instructions, -1 if one of them uses a flag that one before it left undefined. A single
 * instruction's shift count is looked at by maskOf.
 */
export function undefinedFlags(code: Uint8Array, bits: 32 | 64 = 32): number {
  const decoder = new Decoder(bits, code, DecoderOptions.None);
  let flags = 0;
  for (let first = true; decoder.canDecode; first = false) {
    const insn = decoder.decode();
    const reads = x86Flags(insn.rflagsRead);
    let written = x86Flags(insn.rflagsModified), undefinedHere = x86Flags(insn.rflagsUndefined);
    if (/^(Ro|Rc|Sh|Sa)[lr]/.test(Mnemonic[insn.mnemonic]!) && insn.mnemonic !== Mnemonic.Salc) {
      // by CL maybe by 0, which changes nothing
      if (insn.opKind(insn.opCount - 1) === OpKind.Register) written = 0;
      else if ((insn.immediate8 & countMask(insn)) === 0) written = undefinedHere = 0;
      else if ((insn.immediate8 & countMask(insn)) === 1) undefinedHere &= ~OF;
      if (written === 0 && !first) undefinedHere |= OF | AF | CF;
      if (/^Sh[lr]d/.test(Mnemonic[insn.mnemonic]!)) undefinedHere |= AF;
      if (/^S[ha][lr]$/.test(Mnemonic[insn.mnemonic]!)) undefinedHere |= AF | CF | OF;
    }
    insn.free();
    if (reads & flags) {
      flags = -1;
      break;
    }
    flags = (flags & ~written) | undefinedHere;
  }
  decoder.free();
  return flags;
}

/** Bits of a shift's count that count. */
function countMask(insn: Instruction): number {
  const r = insn.op0Register;
  const wide = insn.op0Kind === OpKind.Memory ? MemorySizeExt.size(insn.memorySize) === 8 : r >= Register.RAX && r <= Register.R15;
  return wide ? 63 : 31;
}

/** FSAVE-like images: the instruction and data pointers, their selectors and the opcode. AMD processors keep them for pending exceptions only. */
export const ENVIRONMENT: Readonly<Record<number, readonly (readonly [number, number])[]>> = {
  14: [[6, 8]], 94: [[6, 8]], 28: [[12, 16]], 108: [[12, 16]],
  // FXSAVE: FOP, FIP, FCS, FDP, FDS; MXCSR_MASK is the model's; from 288 on what is not there in 32-bit mode, and 464 on is free for software
  512: [[6, 18], [28, 4], [288, 224]],
};

const MANY_WORDS = /^(Fldenv|Fn?stenv|Fn?save|Frstor|Fxsave|Fxrstor)_/;

export function maskOf(e: Encoding, undefinedBy: number, c: Case, o: Outcome): Mask {
  const { spec } = e, { name } = spec;
  const mask: Mask = { ...fullMask(o.fault ? 0 : undefinedBy), faultAddress: -1 };
  if (o.fault) {
    // their microcode may have stored some of the words when a later one faults; here the stack stays as it was
    if (/^(Pusha|Enter)/.test(name)) mask.memory = [[0, 2 ** 32]];
    // in what order these touch their words is the model's affair
    if (MANY_WORDS.test(name)) mask.faultAddress = ~0xfff;
    return mask;
  }
  if (e.sequence) return mask;
  if (spec.family === "shift") maskShift(e, c.code, c.before.gpr(1), mask);
  // does not store what it does not change, so may succeed in a read-only page
  if (/^Arpl/.test(name) && e.mem && (o.after.eflags & ZF) === 0 && c.at + 2 > READ_ONLY && c.at < UNMAPPED) mask.skip = true;
  if (/^Fn?(st|sa)(env|ve)_|^Fxsave/.test(name)) mask.memory = ENVIRONMENT[spec.memory]!;
  // transcendental functions: Intel promises less than 1 ulp, and processors differ
  if (/^(F2xm1|Fyl2x|Fyl2xp1|Fptan|Fpatan|Fsin|Fcos|Fsincos)$/.test(name)) {
    mask.ulp = 1;
    // C1, whether the result was rounded up, goes with that
    mask.fsw &= ~0x200;
  }
  // Intel promises a relative error below 1.5 * 2^-12
  if (/^R(cp|sqrt)[sp]s_/.test(name)) mask.relative = 1.5 / 4096;
  // sticky exception flags are not tracked with the default controls
  if (!name.startsWith("Ldmxcsr") && (c.before.mxcsr & 0xffc0) === 0x1f80) mask.mxcsr &= ~0x3f;
  return mask;
}

/** A shift or rotation, whose count says what of it is undefined. */
export function maskShift(e: { readonly spec: CodeSpec; readonly mem: unknown; readonly registers: readonly number[] }, code: Uint8Array, cl: number, mask: CommonMask): void {
  const { name } = e.spec;
  const size = /rm8/.test(name) ? 8 : /rm16/.test(name) ? 16 : /rm64/.test(name) ? 64 : 32;
  const count = (name.endsWith("_CL") ? cl : name.endsWith("_1") ? 1 : code[code.length - 1]!) & (size === 64 ? 63 : 31);
  if (count === 0) {
    // nothing changes, no flag is undefined
    mask.flags = COMPARED;
    return;
  }
  if (count === 1) mask.flags |= OF;
  if (name.startsWith("Shld") || name.startsWith("Shrd")) {
    mask.flags &= ~AF;
    if (count > 1) mask.flags &= ~OF;
    if (count > size) {
      // 16-bit operands shifted by more than 16: destination and flags are undefined
      mask.flags &= ~(CF | PF | AF | ZF | SF | OF);
      if (e.mem) mask.memory = [[0, 2]];
      else mask.registers |= 1 << e.registers[0]!;
    }
  } else if (/^(Shl|Shr|Sal|Sar)_/.test(name)) {
    mask.flags &= ~AF;
    if (count > 1) mask.flags &= ~OF;
    if (count >= size && !name.startsWith("Sar")) mask.flags &= ~CF;
  } else if (count > 1) mask.flags &= ~OF;
}
