import { FCW, FSW, MXCSR, PC } from "../../ir/state.js";
import { type GuestFault, PfCode, Vector } from "../../ir/memory.js";
import type { SignalInfo } from "./contract.js";
import { SI_KERNEL, Sig } from "./signal.js";
import type { GuestThread } from "./thread.js";

/** Signals for processor exceptions (Linux arch/x86/kernel/traps.c, mm/fault.c). */

const SEGV_MAPERR = 1, SEGV_ACCERR = 2, BUS_ADRALN = 1, BUS_ADRERR = 2, FPE_INTDIV = 1, ILL_ILLOPN = 2, TRAP_BRKPT = 1, TRAP_TRACE = 2;

function hasErrorCode(vector: number): boolean {
  return vector === Vector.AC || (vector >= Vector.TS && vector <= Vector.PF);
}

/** si_code of unmasked floating-point exceptions: x87 status and control, or both halves of MXCSR, have the same order of bits. */
function fpeCode(raised: number): number {
  if (raised & 1) return 7; // FPE_FLTINV
  if (raised & 4) return 3; // FPE_FLTDIV
  if (raised & 8) return 4; // FPE_FLTOVF
  if (raised & 0x12) return 5; // FPE_FLTUND
  return raised & 0x20 ? 6 : 0; // FPE_FLTRES
}

/**
 * Turn a fault into a pending signal. Returns false where the instruction can simply run again: a page that a file's growth made accessible, or the
 * stack's growth.
 */
export function raiseFault(t: GuestThread, f: GuestFault): boolean {
  const { S } = t;
  const pc = S[PC >> 2]!;
  t.trap.number = f.vector;
  t.trap.error = f.errorCode;
  t.kernel.options.trace?.exception(f.vector, hasErrorCode(f.vector) ? f.errorCode : null, f.vector === Vector.PF ? f.address : null, pc);
  const raise = (signo: number, code: number, address = 0): true => {
    const info: SignalInfo = { signo, code, address };
    t.faultInfo = info;
    t.kernel.signals.fault(t, info);
    return true;
  };
  switch (f.vector) {
    case Vector.DE:
      return raise(Sig.FPE, FPE_INTDIV, pc);
    case Vector.DB:
      return raise(Sig.TRAP, TRAP_TRACE, pc);
    case Vector.BP:
      return raise(Sig.TRAP, SI_KERNEL);
    case Vector.UD:
      t.kernel.noteIllegal(t);
      return raise(Sig.ILL, ILL_ILLOPN, pc);
    case Vector.PF: {
      if (t.space.map.growStack(f.address) || t.space.map.refreshEnd(f.address)) return false;
      t.trap.address = f.address;
      const why = t.space.map.explainFault(f.address, (f.errorCode & PfCode.W) !== 0);
      if (why === "bus") return raise(Sig.BUS, BUS_ADRERR, f.address);
      return raise(Sig.SEGV, why === "access" ? SEGV_ACCERR : SEGV_MAPERR, f.address);
    }
    case Vector.MF:
      return raise(Sig.FPE, fpeCode(~S[FCW >> 2]! & S[FSW >> 2]! & 0x3f), pc);
    case Vector.XM:
      return raise(Sig.FPE, fpeCode(~(S[MXCSR >> 2]! >> 7) & S[MXCSR >> 2]! & 0x3f), pc);
    case Vector.AC:
      return raise(Sig.BUS, BUS_ADRALN);
    case Vector.NP:
    case Vector.SS:
      return raise(Sig.BUS, SI_KERNEL);
    default:
      return raise(Sig.SEGV, SI_KERNEL);
  }
}

/** INT n and its short forms: the gates that user mode may use besides 80h. */
export function raiseInterrupt(t: GuestThread, vector: number): void {
  t.trap.number = vector;
  t.trap.error = 0;
  t.kernel.options.trace?.exception(vector, null, null, t.S[PC >> 2]!, `int 0x${vector.toString(16)}`);
  const [signo, code] = vector === Vector.BP ? [Sig.TRAP, SI_KERNEL] : vector === Vector.DB ? [Sig.TRAP, TRAP_BRKPT] : [Sig.SEGV, SI_KERNEL];
  const info: SignalInfo = { signo, code, address: vector === Vector.DB ? t.S[PC >> 2]! : 0 };
  t.faultInfo = info;
  t.kernel.signals.fault(t, info);
}
