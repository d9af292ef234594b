import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { Mode, USER64 } from "../../src/frontend/mode.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { type GuestFault, Vector } from "../../src/ir/memory.js";
import { type CpuState, FCW, FSW, FTOP, FTW, GPR, GPR64_NAMES, MXCSR, PC, Seg, SEG_BASE, ST, XMM } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Executor, type TestTier } from "../support/execute.js";
import { DATA_FOLDER } from "../vectors/cases.js";
import { AREAS, FS_BASE, MEMORY_BYTES, Prot } from "../vectors/layout.js";
import { undefinedFlags } from "../vectors/masks.js";
import { type FamilyFile, readFile, Reader } from "../vectors/store.js";
import { caseOf, digest, encodingOf, encodingsOf, type Family, specsOf, statesOf } from "./cases.js";
import { type Case, Image, type Outcome } from "./layout.js";
import { type Mask, maskOf } from "./masks.js";
import { readOutcome } from "./store.js";

/** What went wrong with the cases of one Code on one tier. */
export interface Discrepancies {
  readonly name: string;
  readonly tier: TestTier;
  readonly failed: number;
  readonly total: number;
  /** The first few, readable. */
  readonly examples: readonly string[];
}

const EXAMPLES = 2;
const formatter = new Formatter(FormatterSyntax.Intel);

export function loadFamily(family: Family): FamilyFile {
  return readFile(brotliDecompressSync(readFileSync(join(import.meta.dirname, DATA_FOLDER, `${family}.br`))));
}

function makeMemory(): UserMemory {
  const memory = new UserMemory(MEMORY_BYTES);
  for (const a of AREAS) {
    memory.map(a.address, a.bytes, (a.prot & Prot.READ ? Perm.READ : 0) | (a.prot & Prot.WRITE ? Perm.WRITE : 0) | (a.prot & Prot.EXEC ? Perm.EXEC : 0));
    memory.bytes.set(a.initial, a.address);
  }
  return memory;
}

const WRITABLE = AREAS.filter((a) => a.prot & Prot.WRITE);

/** Differences of memory after a case from its content before with what the processor wrote. */
function compareMemory(memory: UserMemory, c: Case, o: Outcome, mask: Mask, out: string[]): void {
  for (const a of WRITABLE) {
    const want = a.initial.slice();
    const put = (address: number, bytes: Uint8Array): void => {
      if (address >= a.address && address < a.address + a.bytes) want.set(bytes, address - a.address);
    };
    for (const p of c.patches) put(p.address, p.bytes);
    for (const w of o.writes) put(w.address, w.bytes);
    const got = memory.bytes.subarray(a.address, a.address + a.bytes);
    if (Buffer.compare(got, want) === 0) continue;
    for (let k = 0, shown = 0; k < a.bytes && shown < 12; k++) {
      const offset = a.address + k - c.at;
      if (got[k] === want[k] || mask.memory.some(([from, n]) => offset >= from && offset < from + n)) continue;
      shown++;
      out.push(`[${(a.address + k).toString(16)}] ${got[k]!.toString(16)} not ${want[k]!.toString(16)}`);
    }
  }
}

function load(state: CpuState, i: Image): void {
  const { S, bytes } = state;
  bytes.fill(0);
  bytes.set(i.bytes.subarray(0, 128), GPR);
  S[PC >> 2] = Number(i.rip);
  writeEflags(S, i.rflags);
  S[MXCSR >> 2] = i.mxcsr;
  S[FCW >> 2] = i.fcw;
  S[FSW >> 2] = i.fsw & ~0x3800;
  const top = (S[FTOP >> 2] = (i.fsw >> 11) & 7);
  S[FTW >> 2] = i.ftw;
  for (let r = 0; r < 8; r++) bytes.set(i.st(r), ST + 16 * ((top + r) & 7));
  for (let r = 0; r < 16; r++) bytes.set(i.xmm(r), XMM + 32 * r);
  S[(SEG_BASE >> 2) + 2 * Seg.GS] = FS_BASE;
}

function save(state: CpuState): Image {
  const { S, bytes } = state;
  const i = new Image();
  i.bytes.set(bytes.subarray(GPR, GPR + 128));
  i.rip = BigInt(S[PC >> 2]! >>> 0);
  i.rflags = readEflags(S);
  i.mxcsr = S[MXCSR >> 2]!;
  i.fcw = S[FCW >> 2]!;
  const top = S[FTOP >> 2]! & 7;
  i.fsw = S[FSW >> 2]! | (top << 11);
  i.ftw = S[FTW >> 2]!;
  for (let r = 0; r < 8; r++) i.st(r).set(bytes.subarray(ST + 16 * ((top + r) & 7), ST + 16 * ((top + r) & 7) + 10));
  for (let r = 0; r < 16; r++) i.xmm(r).set(bytes.subarray(XMM + 32 * r, XMM + 32 * r + 16));
  return i;
}

function faultText(f: { vector: number; errorCode: number; address: bigint } | null, mask: Mask): string {
  if (!f) return "no fault";
  if (f.vector !== Vector.PF) return `#${f.vector} error ${f.errorCode}`;
  return mask.anyPage ? "#PF" : `#PF error ${f.errorCode} at ${BigInt.asUintN(64, f.address).toString(16)}`;
}

function addressOf(f: GuestFault): bigint {
  return (BigInt(f.addressHigh) << 32n) | BigInt(f.address >>> 0);
}

function within(a: Uint8Array, b: Uint8Array, relative: number): boolean {
  const va = new DataView(a.buffer, a.byteOffset), vb = new DataView(b.buffer, b.byteOffset);
  for (let k = 0; k < 16; k += 4) {
    const x = va.getFloat32(k, true), y = vb.getFloat32(k, true);
    if (va.getInt32(k, true) !== vb.getInt32(k, true) && !(Math.abs(x - y) <= 2 * relative * Math.abs(y))) return false;
  }
  return true;
}

const hex = (b: Uint8Array): string => Buffer.from(b).reverse().toString("hex");

function compare(got: Image, o: Outcome, fault: GuestFault | null, mask: Mask, out: string[]): void {
  const want = o.after;
  const gotFault = faultText(fault && { ...fault, address: addressOf(fault) }, mask), wantFault = faultText(o.fault, mask);
  if (gotFault !== wantFault) out.push(`${gotFault} not ${wantFault}`);
  if (got.rip !== want.rip) out.push(`rip ${got.rip.toString(16)} not ${want.rip.toString(16)}`);
  for (let r = 0; r < 16; r++) {
    if (got.gpr(r) !== want.gpr(r) && !(mask.registers & (1 << r))) out.push(`${GPR64_NAMES[r]} ${got.gpr(r).toString(16)} not ${want.gpr(r).toString(16)}`);
  }
  if ((got.rflags ^ want.rflags) & mask.flags) out.push(`rflags ${(got.rflags & mask.flags).toString(16)} not ${(want.rflags & mask.flags).toString(16)}`);
  if ((got.mxcsr ^ want.mxcsr) & mask.mxcsr) out.push(`mxcsr ${got.mxcsr.toString(16)} not ${want.mxcsr.toString(16)}`);
  if (got.fcw !== want.fcw) out.push(`fcw ${got.fcw.toString(16)} not ${want.fcw.toString(16)}`);
  if ((got.fsw ^ want.fsw) & mask.fsw) out.push(`fsw ${got.fsw.toString(16)} not ${want.fsw.toString(16)}`);
  if (got.ftw !== want.ftw) out.push(`ftw ${got.ftw.toString(16)} not ${want.ftw.toString(16)}`);
  for (let r = 0; r < 8; r++) if (Buffer.compare(got.st(r), want.st(r)) !== 0) out.push(`st${r} ${hex(got.st(r))} not ${hex(want.st(r))}`);
  for (let r = 0; r < 16; r++) {
    if (Buffer.compare(got.xmm(r), want.xmm(r)) !== 0 && !(mask.relative > 0 && within(got.xmm(r), want.xmm(r), mask.relative))) out.push(`xmm${r} ${hex(got.xmm(r))} not ${hex(want.xmm(r))}`);
  }
}

function assembly(c: Case): string {
  const decoder = new Decoder(64, c.code, DecoderOptions.None);
  decoder.ip = c.before.rip;
  const lines: string[] = [];
  while (decoder.canDecode) {
    const insn = decoder.decode();
    lines.push(formatter.format(insn));
    insn.free();
  }
  decoder.free();
  return lines.join("; ");
}

function describe(family: Family, c: Case, problems: readonly string[]): string {
  const b = c.before;
  const lines = [`${assembly(c)}   (${Buffer.from(c.code).toString("hex")} at ${b.rip.toString(16)})`];
  lines.push(`  before: ${GPR64_NAMES.map((n, i) => `${n}=${b.gpr(i).toString(16)}`).join(" ")} rflags=${b.rflags.toString(16)}`);
  if (/^(x87|mmx)/.test(family)) lines.push(`  fsw=${b.fsw.toString(16)} ftw=${b.ftw.toString(16)} ${Array.from({ length: 8 }, (_, i) => `st${i}=${hex(b.st(i))}`).join(" ")}`);
  if (/^(sse|mxcsr)/.test(family)) lines.push(`  ${Array.from({ length: 16 }, (_, i) => `xmm${i}=${hex(b.xmm(i))}`).join(" ")}`);
  for (const p of c.patches) if (p.bytes.length <= 64) lines.push(`  memory: [${p.address.toString(16)}] ${Buffer.from(p.bytes).toString("hex")}`);
  lines.push(...problems.map((p) => `  got ${p}`));
  return lines.join("\n");
}

/** Replay a family on a tier; gives the Codes with discrepancies and the number of cases run. */
export function replay(family: Family, tier: TestTier, only?: RegExp): { cases: number; discrepancies: Discrepancies[] } {
  const file = loadFamily(family);
  const list = specsOf(family);
  if (list.map((s) => s.name).join() !== file.recordings.map((r) => r.name).join()) throw new Error(`recordings of family ${family} are of other Codes than the generator's: record again`);
  const memory = makeMemory();
  const executor = new Executor(memory);
  const discrepancies: Discrepancies[] = [];
  let cases = 0;
  list.forEach((spec, k) => {
    if (only && !only.test(spec.name)) return;
    const reader = new Reader(file.recordings[k]!.outcomes);
    let hash = 0, failed = 0, total = 0;
    const examples: string[] = [];
    for (let n = 0; n < encodingsOf(family); n++) {
      const encoding = encodingOf(family, spec, n);
      const undefinedBy = undefinedFlags(encoding.bytes, 64);
      memory.bytes.set(encoding.bytes, encoding.pc);
      const runs = new Map<number, () => GuestFault | null>();
      for (let s = 0; s < statesOf(family); s++) {
        const c = caseOf(family, encoding, n, s);
        hash = digest(hash, c);
        const o = readOutcome(reader, c);
        const mode = USER64 | ((c.before.mxcsr & 0xffc0) === 0x1f80 ? 0 : Mode.SOFT_FLOAT);
        for (const a of WRITABLE) memory.bytes.set(a.initial, a.address);
        for (const p of c.patches) memory.bytes.set(p.bytes, p.address);
        total++;
        const problems: string[] = [];
        try {
          let run = runs.get(mode);
          if (!run) runs.set(mode, (run = executor.prepare(tier, encoding.pc, mode, encoding.count)));
          load(executor.state, c.before);
          const fault = run();
          const mask = maskOf(encoding, undefinedBy, c, o);
          compare(save(executor.state), o, fault, mask, problems);
          compareMemory(memory, c, o, mask, problems);
        } catch (e) {
          problems.push(`an exception: ${e instanceof Error ? e.stack?.split("\n").slice(0, 4).join(" | ") : String(e)}`);
        }
        if (problems.length === 0) continue;
        failed++;
        if (examples.length < EXAMPLES) examples.push(describe(family, c, problems));
      }
      memory.bytes.fill(0xcc, encoding.pc, encoding.pc + encoding.bytes.length);
    }
    if (hash >>> 0 !== file.recordings[k]!.digest) throw new Error(`inputs of ${spec.name} are other than when it was recorded: record again`);
    cases += total;
    if (failed > 0) discrepancies.push({ name: spec.name, tier, failed, total, examples });
  });
  return { cases, discrepancies };
}
