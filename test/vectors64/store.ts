import { differs, type Reader, Writer } from "../vectors/store.js";
import { type Case, type Fault, IMAGE_ST, type Outcome } from "./layout.js";

/**
 * Outcomes of 64-bit cases, as differences from their inputs: u8 of `Has` bits, then in this order what they announce. Files are those of
 * ../vectors/store.ts.
 */
const enum Has {
  /** u8 vector, varint error code, for #PF u64 address */
  FAULT = 1,
  /** zigzag varint: RIP - the next instruction's (the instruction's own with a fault) */
  RIP = 2,
  /** u16: low half of RFLAGS */
  FLAGS = 4,
  /** u16 mask, u64 each */
  GPR = 8,
  /** varint count, each zigzag varint address - case.at, varint length, bytes */
  MEMORY = 16,
  /** u8 (1 FCW, 2 FSW, 4 FTW), u16 each; u8 mask of ST, 10 bytes each */
  X87 = 32,
  /** u16 mask, 16 bytes each */
  XMM = 64,
  /** u32 */
  MXCSR = 128,
}


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
  const next = Number(before.rip) + (fault ? 0 : c.code.length), rip = Number(after.rip);
  let gprs = 0, sts = 0, xmms = 0, control = 0;
  for (let i = 0; i < 16; i++) {
    if (before.gpr(i) !== after.gpr(i)) gprs |= 1 << i;
    if (differs(before.xmm(i), after.xmm(i))) xmms |= 1 << i;
  }
  for (let i = 0; i < 8; i++) if (differs(before.st(i), after.st(i))) sts |= 1 << i;
  if (before.fcw !== after.fcw) control |= 1;
  if (before.fsw !== after.fsw) control |= 2;
  if (before.ftw !== after.ftw) control |= 4;
  const flags = (before.rflags ^ after.rflags) & 0xffff;
  w.u8((fault ? Has.FAULT : 0) | (next !== rip ? Has.RIP : 0) | (flags ? Has.FLAGS : 0) | (gprs ? Has.GPR : 0) | (o.writes.length ? Has.MEMORY : 0) |
    (sts || control ? Has.X87 : 0) | (xmms ? Has.XMM : 0) | (before.mxcsr !== after.mxcsr ? Has.MXCSR : 0));
  if (fault) {
    w.u8(fault.vector);
    w.varint(fault.errorCode);
    if (fault.vector === 14) put64(w, fault.address);
  }
  if (next !== rip) w.signed((rip - next) | 0);
  if (flags) w.u16(after.rflags);
  if (gprs) {
    w.u16(gprs);
    for (let i = 0; i < 16; i++) if (gprs & (1 << i)) put64(w, after.gpr(i));
  }
  if (o.writes.length) {
    w.varint(o.writes.length);
    for (const run of o.writes) {
      w.signed((run.address - c.at) | 0);
      w.varint(run.bytes.length);
      w.bytes(run.bytes);
    }
  }
  if (sts || control) {
    w.u8(control);
    if (control & 1) w.u16(after.fcw);
    if (control & 2) w.u16(after.fsw);
    if (control & 4) w.u16(after.ftw);
    w.u8(sts);
    for (let i = 0; i < 8; i++) if (sts & (1 << i)) w.bytes(after.st(i));
  }
  if (xmms) {
    w.u16(xmms);
    for (let i = 0; i < 16; i++) if (xmms & (1 << i)) w.bytes(after.xmm(i));
  }
  if (before.mxcsr !== after.mxcsr) w.u32(after.mxcsr);
}

export function readOutcome(r: Reader, c: Case): Outcome {
  const has = r.u8();
  const after = c.before.copy();
  let fault: Fault | null = null;
  if (has & Has.FAULT) {
    const vector = r.u8(), errorCode = r.varint();
    fault = { vector, errorCode, address: vector === 14 ? get64(r) : 0n };
  } else after.rip += BigInt(c.code.length);
  if (has & Has.RIP) after.rip += BigInt(r.signed());
  if (has & Has.FLAGS) after.rflags = (after.rflags & ~0xffff) | r.u16();
  if (has & Has.GPR) {
    const mask = r.u16();
    for (let i = 0; i < 16; i++) if (mask & (1 << i)) after.setGpr(i, get64(r));
  }
  const writes = [];
  if (has & Has.MEMORY) {
    for (let n = r.varint(); n > 0; n--) {
      const address = (r.signed() + c.at) >>> 0;
      writes.push({ address, bytes: r.bytes(r.varint()) });
    }
  }
  if (has & Has.X87) {
    const control = r.u8();
    if (control & 1) after.fcw = r.u16();
    if (control & 2) after.fsw = r.u16();
    if (control & 4) after.ftw = r.u16();
    const mask = r.u8();
    for (let i = 0; i < 8; i++) if (mask & (1 << i)) after.bytes.set(r.bytes(10), IMAGE_ST + 16 * i);
  }
  if (has & Has.XMM) {
    const mask = r.u16();
    for (let i = 0; i < 16; i++) if (mask & (1 << i)) after.xmm(i).set(r.bytes(16));
  }
  if (has & Has.MXCSR) after.mxcsr = r.u32();
  return { after, fault, writes };
}
