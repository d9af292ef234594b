import { AF, CF, FlagFamily, FlagSize } from "../../ir/flags.js";
import type { Inst } from "../../ir/inst.js";
import { AAA, AAD, AAM, AAS, DAA, DAS } from "../../ir/lib/bcd.js";
import { Vector } from "../../ir/memory.js";
import type { Op } from "../../ir/op.js";
import { Reg } from "../../ir/state.js";
import { Mnemonic } from "../decode.js";
import type { Lift, LiftContext, LiftTable } from "./context.js";

// AAA AAD AAM AAS DAA DAS (Intel SDM vol. 2)

function apply(c: LiftContext, op: Op, operand: Inst): void {
  const b = c.b;
  const packed = b.lib(op, [c.readReg(Reg.EAX, 2), operand]);
  c.writeReg(Reg.EAX, 2, packed);
  b.fset(FlagFamily.RAW, FlagSize.B32, b.shr(packed, b.i32(16)), b.i32(0));
}

/** Adjustment that depends on AF and CF. */
function adjust(op: Op): Lift {
  return (c) => apply(c, op, c.b.fget(AF | CF));
}

/** Adjustment to the base in the immediate. */
function toBase(op: Op, divides: boolean): Lift {
  return (c, insn) => {
    const base = insn.ops[0]!.value & 0xff;
    if (divides && base === 0) return c.trap(Vector.DE);
    apply(c, op, c.b.i32(base));
  };
}

export const BCD_LIFTS: LiftTable = [
  [Mnemonic.Daa, adjust(DAA)],
  [Mnemonic.Das, adjust(DAS)],
  [Mnemonic.Aaa, adjust(AAA)],
  [Mnemonic.Aas, adjust(AAS)],
  [Mnemonic.Aam, toBase(AAM, true)],
  [Mnemonic.Aad, toBase(AAD, false)],
];
