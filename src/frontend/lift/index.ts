import { type Code, type Insn, Mnemonic } from "../decode.js";
import { ARITH_LIFTS } from "./arith.js";
import { BCD_LIFTS } from "./bcd.js";
import { BIT_LIFTS } from "./bits.js";
import { CONTROL_LIFTS } from "./control.js";
import { FLAG_LIFTS } from "./flags.js";
import { MOVE_LIFTS } from "./move.js";
import { MULDIV_LIFTS } from "./muldiv.js";
import { SHIFT_LIFTS } from "./shift.js";
import { SSE_CONVERT_LIFTS } from "./sse-convert.js";
import { SSE_FLOAT_LIFTS } from "./sse-float.js";
import { SSE_INT_LIFTS } from "./sse-int.js";
import { SSE_MOVE_LIFTS } from "./sse-move.js";
import { SSE_SHUFFLE_LIFTS } from "./sse-shuffle.js";
import { SSE4_LIFTS } from "./sse4.js";
import { STACK_LIFTS } from "./stack.js";
import { STRING_CODES, STRING_LIFTS } from "./string.js";
import { SYSTEM_LIFTS } from "./system.js";
import { X87_LIFTS } from "./x87.js";
import { X87_CONTROL_LIFTS } from "./x87-control.js";
import type { Lift, LiftContext } from "./context.js";

/** Lifter of each supported mnemonic. */
const table = new Map<Mnemonic, Lift>();

const families = [
  ARITH_LIFTS, BCD_LIFTS, BIT_LIFTS, CONTROL_LIFTS, FLAG_LIFTS, MOVE_LIFTS, MULDIV_LIFTS, SHIFT_LIFTS, STACK_LIFTS, STRING_LIFTS, SYSTEM_LIFTS,
  X87_LIFTS, X87_CONTROL_LIFTS, SSE_MOVE_LIFTS, SSE_INT_LIFTS, SSE_SHUFFLE_LIFTS, SSE_FLOAT_LIFTS, SSE_CONVERT_LIFTS, SSE4_LIFTS,
];
/** Where a mnemonic has two meanings. */
const byCode = new Map<Code, Lift>(STRING_CODES);

for (const family of families) {
  for (const [mnemonic, lift] of family) {
    if (table.has(mnemonic)) throw new Error(`mnemonic ${mnemonic} has two lifters`);
    table.set(mnemonic, lift);
  }
}

/** Lifted for 16- and 32-bit code only: what they do with descriptors and far pointers is another matter in 64-bit code. */
const NOT_WIDE: ReadonlySet<Mnemonic> = new Set([
  Mnemonic.Retf, Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss, Mnemonic.Enter, Mnemonic.Sysenter, Mnemonic.Sysexit,
  Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Lgdt, Mnemonic.Lidt, Mnemonic.Sldt, Mnemonic.Str, Mnemonic.Smsw, Mnemonic.Lldt, Mnemonic.Ltr, Mnemonic.Lmsw,
  Mnemonic.Lar, Mnemonic.Lsl, Mnemonic.Verr, Mnemonic.Verw, Mnemonic.Xsave, Mnemonic.Xrstor,
]);

/** Append an instruction's IR; what is not supported raises #UD when it executes, in 64-bit code it leaves with Exit.unsupported. */
export function lift(c: LiftContext, insn: Insn): void {
  const fn = byCode.get(insn.code) ?? table.get(insn.mnemonic);
  c.insn = insn;
  if (c.wide && (!fn || NOT_WIDE.has(insn.mnemonic))) c.unsupported();
  else if (fn) fn(c, insn);
  else c.undefined();
}

export function isSupported(mnemonic: Mnemonic): boolean {
  return table.has(mnemonic);
}
