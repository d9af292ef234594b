import type { Encoding } from "./encode.js";
import type { Case, Outcome } from "./layout.js";
import { AF, CF, COMPARED, ENVIRONMENT, OF, PF, SF, ZF } from "../vectors/masks.js";

/** What of an outcome is compared, as in ../vectors/masks.ts. */
export interface Mask {
  flags: number;
  fsw: number;
  mxcsr: number;
  /** General registers (mask by number) whose value is undefined. */
  registers: number;
  /** Ranges of bytes [offset from the case's address, length) that are not compared. */
  memory: readonly (readonly [number, number])[];
  /** Of a page fault only that there is one is compared. */
  anyPage: boolean;
  /** 32-bit lanes of XMM results may differ by this relative error (RCPPS, RSQRTPS). */
  relative: number;
}

export function maskOf(e: Encoding, undefinedBy: number, c: Case, o: Outcome): Mask {
  const { spec } = e, { name } = spec;
  const mask: Mask = { flags: COMPARED & ~(o.fault ? 0 : undefinedBy), fsw: 0xffff, mxcsr: 0xffff, registers: 0, memory: [], anyPage: false, relative: 0 };
  if (o.fault) {
    // in what order these touch their words, on two pages perhaps, is the model's affair
    if (/^(F(n?st|ld)env|Fn?save|Frstor|Fx)/.test(name)) mask.anyPage = true;
    return mask;
  }
  if (e.count > 1) return mask;
  if (spec.family === "shift") shifts(e, c, mask);
  // FXSAVE's from 416 on are free for software
  if (/^Fn?(st|sa)(env|ve)_/.test(name)) mask.memory = ENVIRONMENT[spec.memory]!;
  else if (name.startsWith("Fxsave")) mask.memory = [[6, 18], [28, 4], [416, 96]];
  // Intel promises a relative error below 1.5 * 2^-12
  if (/^R(cp|sqrt)[sp]s_/.test(name)) mask.relative = 1.5 / 4096;
  // sticky exception flags are not tracked with the default controls
  if (!/^(Ldmxcsr|Fxrstor)/.test(name) && (c.before.mxcsr & 0xffc0) === 0x1f80) mask.mxcsr &= ~0x3f;
  return mask;
}

function shifts(e: Encoding, c: Case, mask: Mask): void {
  const { name } = e.spec;
  const size = /rm8/.test(name) ? 8 : /rm16/.test(name) ? 16 : /rm64/.test(name) ? 64 : 32;
  const count = (name.endsWith("_CL") ? c.before.low(1) : name.endsWith("_1") ? 1 : c.code[c.code.length - 1]!) & (size === 64 ? 63 : 31);
  if (count === 0) {
    mask.flags = COMPARED;
    return;
  }
  if (count === 1) mask.flags |= OF;
  if (name.startsWith("Shld") || name.startsWith("Shrd")) {
    mask.flags &= ~AF;
    if (count > 1) mask.flags &= ~OF;
    if (count > size) {
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
