import { type CommonMask, ENVIRONMENT, fullMask, maskShift } from "../vectors/masks.js";
import type { Encoding } from "./encode.js";
import type { Case, Outcome } from "./layout.js";

/** What of an outcome is not compared, as in ../vectors/masks.ts. */
export interface Mask extends CommonMask {
  /** Of a page fault only that there is one is compared. */
  anyPage: boolean;
}

export function maskOf(e: Encoding, undefinedBy: number, c: Case, o: Outcome): Mask {
  const { spec } = e, { name } = spec;
  const mask: Mask = { ...fullMask(o.fault ? 0 : undefinedBy), anyPage: false };
  if (o.fault) {
    // in what order these touch their words, on two pages perhaps, is the model's affair
    if (/^(F(n?st|ld)env|Fn?save|Frstor|Fx)/.test(name)) mask.anyPage = true;
    return mask;
  }
  if (e.count > 1) return mask;
  if (spec.family === "shift") maskShift(e, c.code, c.before.low(1), mask);
  // FXSAVE's from 416 on are free for software
  if (/^Fn?(st|sa)(env|ve)_/.test(name)) mask.memory = ENVIRONMENT[spec.memory]!;
  else if (name.startsWith("Fxsave")) mask.memory = [[6, 18], [28, 4], [416, 96]];
  // Intel promises a relative error below 1.5 * 2^-12
  if (/^R(cp|sqrt)[sp]s_/.test(name)) mask.relative = 1.5 / 4096;
  // sticky exception flags are not tracked with the default controls
  if (!/^(Ldmxcsr|Fxrstor)/.test(name) && (c.before.mxcsr & 0xffc0) === 0x1f80) mask.mxcsr &= ~0x3f;
  return mask;
}
