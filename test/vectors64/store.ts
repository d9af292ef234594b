import { changesOf, Has, hasOf, readFault, readRest, type Reader, writeFault, type Writer, writeRest } from "../vectors/store.js";
import type { Case, Fault, Outcome } from "./layout.js";

/**
 * Outcomes of 64-bit cases, as those of 32-bit ones (../vectors/store.ts), but for wider numbers: the address of #PF is a u64, general registers are a u16 mask and u64
 * each, the mask of XMM registers is a u16.
 */

function put64(w: Writer, v: bigint): void {
  w.u32(Number(v & 0xffffffffn));
  w.u32(Number(BigInt.asUintN(64, v) >> 32n));
}

function get64(r: Reader): bigint {
  const low = BigInt(r.u32());
  return low | (BigInt(r.u32()) << 32n);
}

export function writeOutcome(w: Writer, c: Case, o: Outcome): void {
  const { before } = c, { after, fault } = o;
  const next = Number(before.rip) + (fault ? 0 : c.code.length), rip = Number(after.rip), changes = changesOf(before, after, 16);
  const flags = (before.rflags ^ after.rflags) & 0xffff;
  w.u8(hasOf(o, next !== rip, flags !== 0, changes));
  if (fault) writeFault(w, fault, () => put64(w, fault.address));
  if (next !== rip) w.signed((rip - next) | 0);
  if (flags) w.u16(after.rflags);
  if (changes.gprs) {
    w.u16(changes.gprs);
    for (let i = 0; i < 16; i++) if (changes.gprs & (1 << i)) put64(w, after.gpr(i));
  }
  writeRest(w, c.at, o, changes, 16);
}

export function readOutcome(r: Reader, c: Case): Outcome {
  const has = r.u8();
  const after = c.before.copy();
  let fault: Fault | null = null;
  if (has & Has.FAULT) fault = readFault(r, () => get64(r), 0n);
  else after.rip += BigInt(c.code.length);
  if (has & Has.PC) after.rip += BigInt(r.signed());
  if (has & Has.FLAGS) after.rflags = (after.rflags & ~0xffff) | r.u16();
  if (has & Has.GPR) {
    const mask = r.u16();
    for (let i = 0; i < 16; i++) if (mask & (1 << i)) after.setGpr(i, get64(r));
  }
  return { after, fault, writes: readRest(r, has, c.at, after, 16) };
}
