import type { UserMemory } from "../../../mmu/user-memory.js";
import type { SignalInfo } from "../contract.js";
import { SI_TIMER, Sig } from "../signal.js";
import { get32, put32, writableView } from "../user.js";

/** siginfo_t of 32-bit programs: signo, errno, code, then a union by kind; 128 bytes (asm-generic/siginfo.h). */
export const SIGINFO_SIZE = 128;

/** Signals whose positive codes describe a fault: si_addr. */
const FAULTS: ReadonlySet<number> = new Set([Sig.ILL, Sig.FPE, Sig.SEGV, Sig.BUS, Sig.TRAP]);

export function putSigInfo(m: UserMemory, at: number, info: SignalInfo): void {
  writableView(m, at, SIGINFO_SIZE).fill(0);
  put32(m, at, info.signo);
  put32(m, at + 4, info.errno ?? 0);
  put32(m, at + 8, info.code);
  const words = unionWords(info);
  words.forEach((w, i) => put32(m, at + 12 + i * 4, w));
}

function unionWords(i: SignalInfo): number[] {
  if (i.code === SI_TIMER) return [i.timerId ?? 0, i.overrun ?? 0, i.value ?? 0];
  if (i.code > 0 && i.code < 0x80) {
    if (FAULTS.has(i.signo)) return [i.address ?? 0];
    if (i.signo === Sig.CHLD) return [i.pid ?? 0, i.uid ?? 0, i.status ?? 0, i.utime ?? 0, i.stime ?? 0];
    if (i.signo === Sig.IO) return [i.band ?? 0, i.fd ?? 0];
  }
  return [i.pid ?? 0, i.uid ?? 0, i.value ?? 0];
}

/** As rt_sigqueueinfo takes it from the guest. */
export function getSigInfo(m: UserMemory, at: number, signo: number): SignalInfo {
  return { signo, errno: get32(m, at + 4), code: get32(m, at + 8), pid: get32(m, at + 12), uid: get32(m, at + 16), value: get32(m, at + 20) };
}
