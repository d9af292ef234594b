import type { Insn, Mnemonic } from "../decode.js";
import { ARITH_LIFTS } from "./arith.js";
import type { Lift, LiftContext } from "./context.js";

/** Lifter of each supported mnemonic. */
const table = new Map<Mnemonic, Lift>();

for (const family of [ARITH_LIFTS]) {
  for (const [mnemonic, lift] of family) {
    if (table.has(mnemonic)) throw new Error(`mnemonic ${mnemonic} has two lifters`);
    table.set(mnemonic, lift);
  }
}

/** Append an instruction's IR; what is not supported raises #UD when it executes. */
export function lift(c: LiftContext, insn: Insn): void {
  const fn = table.get(insn.mnemonic);
  c.insn = insn;
  if (fn) fn(c, insn);
  else c.undefined();
}

export function isSupported(mnemonic: Mnemonic): boolean {
  return table.has(mnemonic);
}
