import { Exit } from "../../ir/exit.js";
import { MASKED_STORE } from "../../ir/lib/sse-memory.js";
import { Vector } from "../../ir/memory.js";
import { MXCSR } from "../../ir/state.js";
import { type Insn, Mnemonic, type Operand, RegClass } from "../decode.js";
import { isClass, type Lift, type LiftContext, type LiftTable } from "./context.js";
import { address, lanesOf, leave, readVector, stateOf, touchMmx, typeOf, vector, writeVector } from "./vector.js";

// Moves of MMX and SSE data (Intel SDM vol. 2). All bits go through integers: as floating-point numbers NaNs would change.

/** Whole vectors. */
function moveVector(aligned: boolean): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    if (dst.isMem) {
      const addr = address(c, dst, aligned);
      c.b.store(typeOf(src) === "i64" ? "i64" : "v128", addr, c.b.get(typeOf(src), stateOf(src)));
      leave(c, insn);
    } else writeVector(c, dst, readVector(c, src, typeOf(dst), aligned));
  });
}

/** MOVQ: between MMX registers, general registers and memory, or 64 bits of XMM registers where a register written gets a high half of zeros. */
const movq: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  const value = src.isMem ? b.load("i64", c.addr(src)) : isClass(src, RegClass.gpr) ? c.readReg(src.index, 8) : b.get("i64", stateOf(src));
  if (dst.isMem) b.store("i64", c.addr(dst), value);
  else if (isClass(dst, RegClass.gpr)) {
    leave(c, insn);
    return c.writeReg(dst.index, 8, value);
  }
  else if (typeOf(dst) === "i64") return writeVector(c, dst, value);
  else {
    b.set(stateOf(dst), value);
    b.set(stateOf(dst) + 8, b.i64(0, 0));
  }
  leave(c, insn);
});

/** MOVD: 32 bits between a general register or memory and a vector register, the rest of which becomes 0. */
const movd: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  const value = src.isMem ? b.load("i32", c.addr(src)) : src.size === 4 ? c.gpr(src.index) : b.get("i32", stateOf(src));
  if (dst.isMem) {
    b.store("i32", c.addr(dst), value);
    leave(c, insn);
  } else if (dst.size === 4) {
    leave(c, insn);
    c.setGpr(dst.index, value);
  } else {
    const type = typeOf(dst);
    writeVector(c, dst, b.pack(type, type === "i64" ? [value, b.i32(0)] : [value, b.i32(0), b.i32(0), b.i32(0)]));
  }
});

/** MOVSS: from memory it clears the rest of the register, from a register it keeps it. */
const movss: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  if (dst.isMem) b.store("i32", c.addr(dst), b.get("i32", stateOf(src)));
  else if (src.isMem) writeVector(c, dst, b.pack("v128", [b.load("i32", c.addr(src)), b.i32(0), b.i32(0), b.i32(0)]));
  else b.set(stateOf(dst), b.get("i32", stateOf(src)));
});

const movsd: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  if (dst.isMem) b.store("i64", c.addr(dst), b.get("i64", stateOf(src)));
  else if (src.isMem) {
    b.set(stateOf(dst), b.load("i64", c.addr(src)));
    b.set(stateOf(dst) + 8, b.i64(0, 0));
  } else b.set(stateOf(dst), b.get("i64", stateOf(src)));
});

/** MOVLPS MOVHPS …: one half of a register from or to memory. */
function moveHalf(delta: 0 | 8): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    if (dst.isMem) c.b.store("i64", c.addr(dst), c.b.get("i64", stateOf(src) + delta));
    else c.b.set(stateOf(dst) + delta, c.b.load("i64", c.addr(src)));
  });
}

const movq2dq: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  const b = c.b;
  b.set(stateOf(dst), b.get("i64", stateOf(src)));
  b.set(stateOf(dst) + 8, b.i64(0, 0));
  touchMmx(c);
});

const movdq2q: Lift = vector((c, insn) => {
  const [dst, src] = insn.ops as [Operand, Operand];
  writeVector(c, dst, c.b.get("i64", stateOf(src)));
});

/** Sign bits of the elements, of so many lanes each, into a general register. */
function signs(lanes: 1 | 2): Lift {
  return vector((c, insn) => {
    const [dst, src] = insn.ops as [Operand, Operand];
    const b = c.b;
    const x = lanesOf(c, b.get("v128", stateOf(src))).filter((_, l) => (l | (lanes - 1)) === l);
    c.setGpr(dst.index, x.map((v, k) => b.shl(b.shr(v, b.i32(31)), b.i32(k))).reduce((p, q) => b.or(p, q)));
  });
}

const maskedStore: Lift = vector((c, insn) => {
  const [mem, data, mask] = insn.ops as [Operand, Operand, Operand];
  const b = c.b;
  const type = typeOf(data);
  const full = (op: Operand) => {
    const v = b.get(type, stateOf(op));
    return type === "v128" ? v : b.pack("v128", [...lanesOf(c, v), b.i32(0), b.i32(0)]);
  };
  const addr = c.addr(mem);
  leave(c, insn); // even if the store faults
  b.probe(addr, data.size, true);
  b.lib(MASKED_STORE, [addr, full(data), full(mask)], data.size);
});

/** Bits of MXCSR that may be set. */
const MXCSR_MASK = 0xffff;

const ldmxcsr: Lift = vector((c, insn) => {
  const b = c.b;
  const value = b.load("i32", c.addr(insn.ops[0]!));
  b.trapif(b.nonzero(b.and(value, b.i32(~MXCSR_MASK))), Vector.GP);
  b.set(MXCSR, value);
  c.exit(Exit.mode); // rounding and masks decide how SSE is translated
});

const stmxcsr: Lift = vector((c, insn) => c.b.store("i32", c.addr(insn.ops[0]!), c.b.get("i32", MXCSR)));

function movnti(c: LiftContext, insn: Insn): void {
  c.write(insn.ops[0]!, c.read(insn.ops[1]!));
}

/** Memory is ordered as the program is, and always near. */
function nothing(): void {}

export const SSE_MOVE_LIFTS: LiftTable = [
  [Mnemonic.Movaps, moveVector(true)], [Mnemonic.Movapd, moveVector(true)], [Mnemonic.Movdqa, moveVector(true)],
  [Mnemonic.Movups, moveVector(false)], [Mnemonic.Movupd, moveVector(false)], [Mnemonic.Movdqu, moveVector(false)], [Mnemonic.Lddqu, moveVector(false)],
  [Mnemonic.Movntps, moveVector(true)], [Mnemonic.Movntpd, moveVector(true)], [Mnemonic.Movntdq, moveVector(true)], [Mnemonic.Movntdqa, moveVector(true)],
  [Mnemonic.Movntq, moveVector(false)], [Mnemonic.Movnti, movnti],
  [Mnemonic.Movq, movq], [Mnemonic.Movd, movd], [Mnemonic.Movss, movss], [Mnemonic.Movsd, movsd],
  [Mnemonic.Movlps, moveHalf(0)], [Mnemonic.Movlpd, moveHalf(0)], [Mnemonic.Movhps, moveHalf(8)], [Mnemonic.Movhpd, moveHalf(8)],
  [Mnemonic.Movq2dq, movq2dq], [Mnemonic.Movdq2q, movdq2q],
  [Mnemonic.Movmskps, signs(1)], [Mnemonic.Movmskpd, signs(2)],
  [Mnemonic.Maskmovdqu, maskedStore], [Mnemonic.Maskmovq, maskedStore],
  [Mnemonic.Ldmxcsr, ldmxcsr], [Mnemonic.Stmxcsr, stmxcsr],
  [Mnemonic.Prefetchnta, nothing], [Mnemonic.Prefetcht0, nothing], [Mnemonic.Prefetcht1, nothing], [Mnemonic.Prefetcht2, nothing],
  [Mnemonic.Sfence, nothing], [Mnemonic.Lfence, nothing], [Mnemonic.Mfence, nothing],
];
