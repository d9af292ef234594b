import type { AnyFault, AnyImage, AnyOutcome } from "./kind.js";
import type { Case, Fault, Outcome, Run } from "./layout.js";

/**
 * Recordings of one family: what the processor did, as differences from the case's inputs (which the generator makes again).
 *
 * File, before compression: u32 magic; u32 selectors of ds cs ss fs gs; u16 number of Codes; then for each: u8 length and name, u16 number of
 * cases, u32 digest of their inputs, u32 bytes of outcomes, outcomes. Numbers are little endian.
 *
 * Outcome: u8 of `Has` bits, then in this order what they announce.
 */
const MAGIC = 0x3130564c; // "LV01"

export const enum Has {
  /** u8 vector, varint error code, for #PF i32 zigzag varint address - case.at */
  FAULT = 1,
  /** zigzag varint: EIP - the next instruction's (the instruction's own with a fault) */
  PC = 2,
  /** u16: low half of EFLAGS */
  FLAGS = 4,
  /** u8 mask, u32 each */
  GPR = 8,
  /** varint count, each zigzag varint address - case.at, varint length, bytes */
  MEMORY = 16,
  /** u8 (1 FCW, 2 FSW, 4 FTW), u16 each; u8 mask of ST, 10 bytes each */
  X87 = 32,
  /** u8 mask, 16 bytes each */
  XMM = 64,
  /** u32 */
  MXCSR = 128,
}

export interface Recording {
  readonly name: string;
  readonly count: number;
  readonly digest: number;
  readonly outcomes: Uint8Array;
}

export interface FamilyFile {
  /** ds cs ss fs gs as the processor had them */
  readonly selectors: readonly number[];
  readonly recordings: readonly Recording[];
}

export class Writer {
  private readonly out: number[] = [];

  u8(v: number): void { this.out.push(v & 0xff); }
  u16(v: number): void { this.out.push(v & 0xff, (v >> 8) & 0xff); }
  u32(v: number): void { this.out.push(v & 0xff, (v >> 8) & 0xff, (v >> 16) & 0xff, v >>> 24); }
  varint(v: number): void {
    for (v >>>= 0; v > 127; v >>>= 7) this.out.push((v & 127) | 128);
    this.out.push(v);
  }
  signed(v: number): void { this.varint((v << 1) ^ (v >> 31)); }
  bytes(b: Uint8Array): void { for (const x of b) this.out.push(x); }
  done(): Uint8Array { return Uint8Array.from(this.out); }
}

export class Reader {
  private at = 0;

  constructor(private readonly data: Uint8Array) {}

  get atEnd(): boolean { return this.at >= this.data.length; }
  u8(): number { return this.data[this.at++]!; }
  u16(): number { return this.u8() | (this.u8() << 8); }
  u32(): number { return (this.u16() | (this.u16() << 16)) >>> 0; }
  varint(): number {
    let v = 0, shift = 0, b;
    do {
      b = this.u8();
      v |= (b & 127) << shift;
      shift += 7;
    } while (b & 128);
    return v >>> 0;
  }
  signed(): number {
    const v = this.varint();
    return (v >>> 1) ^ -(v & 1);
  }
  bytes(n: number): Uint8Array {
    this.at += n;
    return this.data.subarray(this.at - n, this.at);
  }
}

function differs(a: Uint8Array, b: Uint8Array): boolean {
  return a.some((v, i) => v !== b[i]);
}

/** What a case changed of the registers but PC and flags: masks by number, of FCW, FSW and FTW by 1, 2 and 4. */
export interface Changes {
  readonly gprs: number;
  readonly sts: number;
  readonly xmms: number;
  readonly control: number;
  readonly mxcsr: boolean;
}

/** `registers`: how many general and XMM ones there are. */
export function changesOf(before: AnyImage, after: AnyImage, registers: number): Changes {
  let gprs = 0, sts = 0, xmms = 0, control = 0;
  for (let i = 0; i < registers; i++) {
    if (before.gpr(i) !== after.gpr(i)) gprs |= 1 << i;
    if (differs(before.xmm(i), after.xmm(i))) xmms |= 1 << i;
  }
  for (let i = 0; i < 8; i++) if (differs(before.st(i), after.st(i))) sts |= 1 << i;
  if (before.fcw !== after.fcw) control |= 1;
  if (before.fsw !== after.fsw) control |= 2;
  if (before.ftw !== after.ftw) control |= 4;
  return { gprs, sts, xmms, control, mxcsr: before.mxcsr !== after.mxcsr };
}

/** The first byte of an outcome. */
export function hasOf(o: AnyOutcome, pc: boolean, flags: boolean, { gprs, sts, xmms, control, mxcsr }: Changes): number {
  return (o.fault ? Has.FAULT : 0) | (pc ? Has.PC : 0) | (flags ? Has.FLAGS : 0) | (gprs ? Has.GPR : 0) | (o.writes.length ? Has.MEMORY : 0) |
    (sts || control ? Has.X87 : 0) | (xmms ? Has.XMM : 0) | (mxcsr ? Has.MXCSR : 0);
}

/** What follows the general registers. */
export function writeRest(w: Writer, at: number, o: AnyOutcome, { sts, xmms, control, mxcsr }: Changes, registers: number): void {
  const { after } = o;
  if (o.writes.length) {
    w.varint(o.writes.length);
    for (const run of o.writes) {
      w.signed((run.address - at) | 0);
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
    if (registers > 8) w.u16(xmms);
    else w.u8(xmms);
    for (let i = 0; i < registers; i++) if (xmms & (1 << i)) w.bytes(after.xmm(i));
  }
  if (mxcsr) w.u32(after.mxcsr);
}

/** The same read: gives the changed memory. */
export function readRest(r: Reader, has: number, at: number, after: AnyImage, registers: number): Run[] {
  const writes: Run[] = [];
  if (has & Has.MEMORY) {
    for (let n = r.varint(); n > 0; n--) {
      const address = (r.signed() + at) >>> 0;
      writes.push({ address, bytes: r.bytes(r.varint()) });
    }
  }
  if (has & Has.X87) {
    const control = r.u8();
    if (control & 1) after.fcw = r.u16();
    if (control & 2) after.fsw = r.u16();
    if (control & 4) after.ftw = r.u16();
    const mask = r.u8();
    for (let i = 0; i < 8; i++) if (mask & (1 << i)) after.st(i).set(r.bytes(10));
  }
  if (has & Has.XMM) {
    const mask = registers > 8 ? r.u16() : r.u8();
    for (let i = 0; i < registers; i++) if (mask & (1 << i)) after.xmm(i).set(r.bytes(16));
  }
  if (has & Has.MXCSR) after.mxcsr = r.u32();
  return writes;
}

/** A fault; only #PF has an address, which `address` writes as wide as it is. */
export function writeFault(w: Writer, { vector, errorCode }: AnyFault, address: () => void): void {
  w.u8(vector);
  w.varint(errorCode);
  if (vector === 14) address();
}

export function readFault<A extends number | bigint>(r: Reader, address: () => A, none: A): Omit<AnyFault, "address"> & { readonly address: A } {
  const vector = r.u8(), errorCode = r.varint();
  return { vector, errorCode, address: vector === 14 ? address() : none };
}

export function writeOutcome(w: Writer, c: Case, o: Outcome): void {
  const { before } = c, { after, fault } = o;
  const next = before.eip + (fault ? 0 : c.code.length), changes = changesOf(before, after, 8);
  const flags = (before.eflags ^ after.eflags) & 0xffff;
  w.u8(hasOf(o, next !== after.eip, flags !== 0, changes));
  if (fault) writeFault(w, fault, () => w.signed((fault.address - c.at) | 0));
  if (next !== after.eip) w.signed((after.eip - next) | 0);
  if (flags) w.u16(after.eflags);
  if (changes.gprs) {
    w.u8(changes.gprs);
    for (let i = 0; i < 8; i++) if (changes.gprs & (1 << i)) w.u32(after.gpr(i));
  }
  writeRest(w, c.at, o, changes, 8);
}

export function readOutcome(r: Reader, c: Case): Outcome {
  const has = r.u8();
  const after = c.before.copy();
  let fault: Fault | null = null;
  if (has & Has.FAULT) fault = readFault(r, () => (r.signed() + c.at) >>> 0, 0);
  else after.eip += c.code.length;
  if (has & Has.PC) after.eip = (after.eip + r.signed()) >>> 0;
  if (has & Has.FLAGS) after.eflags = (after.eflags & ~0xffff) | r.u16();
  if (has & Has.GPR) {
    const mask = r.u8();
    for (let i = 0; i < 8; i++) if (mask & (1 << i)) after.setGpr(i, r.u32());
  }
  return { after, fault, writes: readRest(r, has, c.at, after, 8) };
}

export function writeFile(file: FamilyFile): Uint8Array {
  const w = new Writer();
  w.u32(MAGIC);
  for (const s of file.selectors) w.u32(s);
  w.u16(file.recordings.length);
  for (const r of file.recordings) {
    w.u8(r.name.length);
    w.bytes(new TextEncoder().encode(r.name));
    w.u16(r.count);
    w.u32(r.digest);
    w.u32(r.outcomes.length);
    w.bytes(r.outcomes);
  }
  return w.done();
}

export function readFile(data: Uint8Array): FamilyFile {
  const r = new Reader(data);
  if (r.u32() !== MAGIC) throw new Error("not a file of recordings");
  const selectors = [r.u32(), r.u32(), r.u32(), r.u32(), r.u32()];
  const recordings: Recording[] = [];
  for (let n = r.u16(); n > 0; n--) {
    const name = new TextDecoder().decode(r.bytes(r.u8()));
    const count = r.u16(), digest = r.u32();
    recordings.push({ name, count, digest, outcomes: r.bytes(r.u32()) });
  }
  return { selectors, recordings };
}
