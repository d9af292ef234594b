import { Mode } from "../../../frontend/mode.js";
import { EFL, MXCSR, Seg, SEG_ATTR, SEG_BASE, SEG_READ, SEG_WRITE } from "../../../ir/state.js";
import { x87Mode } from "../../x87-mode.js";
import { A_DB, CR0_EM, CR0_MP, CR0_PE, CR0_TS, CR4_OSFXSR, FL_VM } from "./bits.js";
import type { Processor } from "./processor.js";

/** SEG_READ or SEG_WRITE of a segment that reaches all of memory. */
const WHOLE = 0xfffffff1 | 0;
const DEFAULT_MXCSR = 0x1f80, MXCSR_CONTROL = 0xffc0;

/** CS, DS, ES and SS have base 0 and no limits. */
export function isFlat(S: Int32Array): boolean {
  const base = SEG_BASE >> 2, read = SEG_READ >> 2, write = SEG_WRITE >> 2;
  return (S[base + Seg.CS * 2]! | S[base + Seg.DS * 2]! | S[base + Seg.ES * 2]! | S[base + Seg.SS * 2]!) === 0
    && S[read + Seg.CS] === WHOLE && S[write + Seg.DS] === WHOLE && S[write + Seg.ES] === WHOLE && S[write + Seg.SS] === WHOLE;
}

/** The execution mode (frontend/mode.ts) that the processor's registers make. */
export function executionMode(p: Processor): number {
  const { S, mmu } = p;
  const { cr0 } = mmu;
  let mode: number = Mode.SYSTEM;
  if (!(cr0 & CR0_PE)) mode |= Mode.REAL;
  if (S[(SEG_ATTR >> 2) + Seg.CS]! & A_DB) mode |= Mode.CODE32;
  if (S[(SEG_ATTR >> 2) + Seg.SS]! & A_DB) mode |= Mode.STACK32;
  if (isFlat(S)) mode |= Mode.FLAT;
  const { cpl } = p;
  if (cpl === 3) mode |= S[EFL >> 2]! & FL_VM ? Mode.CPL3 | Mode.V86 : Mode.CPL3;
  else if (cpl !== 0) mode |= Mode.CPL12;
  if ((S[MXCSR >> 2]! & MXCSR_CONTROL) !== DEFAULT_MXCSR) mode |= Mode.SOFT_FLOAT;
  if (cr0 & (CR0_TS | CR0_EM)) mode |= Mode.NO_FPU | (cr0 & CR0_EM ? Mode.EM : 0) | ((cr0 & (CR0_TS | CR0_MP)) === (CR0_TS | CR0_MP) ? Mode.WAIT_NM : 0);
  else mode |= x87Mode(S);
  if (!(mmu.cr4 & CR4_OSFXSR)) mode |= Mode.NO_SSE;
  return mode;
}
