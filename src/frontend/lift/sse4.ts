import { CF, OF, SF, ZF, ARITH } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { CRC32C, EXPAND_MASK, MPSADBW, PCMPESTR, PCMPISTR, PHMINPOSUW, STRING_INDEX } from "../../ir/lib/vec-wide.js";
import { Reg, XMM } from "../../ir/state.js";
import { type Insn, Mnemonic, type Operand } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";
import { lanesOf, readVector, stateOf, vector, writeVector } from "./vector.js";

// SSE4 instructions that work on whole vectors or set flags, and CRC32.

function or(c: LiftContext, values: readonly Inst[]): Inst {
  return values.reduce((x, y) => c.b.or(x, y));
}

/** ZF: no common bit; CF: no bit of the source outside the destination's. */
const ptest: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  const y = lanesOf(c, readVector(c, src, "v128")), x = lanesOf(c, b.get("v128", stateOf(dst)));
  const common = or(c, x.map((v, l) => b.and(v, y[l]!)));
  const outside = or(c, x.map((v, l) => b.and(b.xor(v, b.i32(-1)), y[l]!)));
  const zf = b.shl(b.zext(b.eq(common, b.i32(0))), b.i32(6));
  b.fmod(ARITH, b.or(zf, b.zext(b.eq(outside, b.i32(0)))));
});

const mpsadbw: Lift = vector((c, insn) => {
  const [dst, src, imm] = insn.ops as [Operand, Operand, Operand];
  const y = readVector(c, src, "v128");
  writeVector(c, dst, c.b.lib(MPSADBW, [c.b.get("v128", stateOf(dst)), y], imm.value & 7));
});

const phminposuw: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  const least = b.lib(PHMINPOSUW, [readVector(c, src, "v128")]);
  writeVector(c, dst, b.pack("v128", [least, b.i32(0), b.i32(0), b.i32(0)]));
});

/** A length of 64 bits as one of 32 that means the same: all beyond the operand's elements are alike. */
function saturated(c: LiftContext, v: Inst): Inst {
  const b = c.b;
  const low = b.lane(v, 0), high = b.lane(v, 1), sign = b.sar(high, b.i32(31));
  return b.select(b.eq(high, b.sar(low, b.i32(31))), low, b.xor(sign, b.i32(0x7fffffff)));
}

/** PCMPxSTRx: result index in ECX or mask in XMM0. */
function strings(explicit: boolean, mask: boolean, long = false): Lift {
  return vector((c, insn) => {
    const [first, second, op] = insn.ops as [Operand, Operand, Operand];
    const b = c.b;
    const imm = op.value & 0x7f;
    const y = readVector(c, second, "v128", false), x = b.get("v128", stateOf(first));
    const r = explicit ? b.lib(PCMPESTR, [x, y, ...[Reg.EAX, Reg.EDX].map((r) => (long ? saturated(c, c.readReg(r, 8)) : c.gpr(r)))], imm) : b.lib(PCMPISTR, [x, y], imm);
    if (!mask) c.setGpr(Reg.ECX, b.lib(STRING_INDEX, [r], imm));
    else if (imm & 0x40) {
      const per = imm & 1 ? 2 : 4;
      b.set(XMM, b.pack("v128", [0, 1, 2, 3].map((l) => b.lib(EXPAND_MASK, [b.shr(r, b.i32(l * per))], imm))));
    } else b.set(XMM, b.pack("v128", [b.and(r, b.i32(0xffff)), b.i32(0), b.i32(0), b.i32(0)]));
    b.fmod(ARITH, b.and(b.shr(r, b.i32(16)), b.i32(CF | ZF | SF | OF)));
  });
}

function crc32(c: LiftContext, insn: Insn): void {
  const [dst, src] = insn.ops as [Operand, Operand];
  const value = c.read(src);
  const words = value.type === "i64" ? [c.b.lane(value, 0), c.b.lane(value, 1)] : [value];
  c.setGpr(dst.index, words.reduce((crc, v) => c.b.lib(CRC32C, [crc, v], Math.min(src.size, 4)), c.gpr(dst.index)));
}

export const SSE4_LIFTS: LiftTable = [
  [Mnemonic.Ptest, ptest], [Mnemonic.Mpsadbw, mpsadbw], [Mnemonic.Phminposuw, phminposuw],
  [Mnemonic.Pcmpestri, strings(true, false)], [Mnemonic.Pcmpestrm, strings(true, true)],
  [Mnemonic.Pcmpestri64, strings(true, false, true)], [Mnemonic.Pcmpestrm64, strings(true, true, true)],
  [Mnemonic.Pcmpistri, strings(false, false)], [Mnemonic.Pcmpistrm, strings(false, true)],
  [Mnemonic.Crc32, crc32],
];
