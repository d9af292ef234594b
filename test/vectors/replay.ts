import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { Formatter, FormatterSyntax, Decoder, DecoderOptions } from "iced-x86";
import { USER32, Mode } from "../../src/frontend/mode.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { type GuestFault, Vector } from "../../src/ir/memory.js";
import { type CpuState, FCW, FSW, FTOP, FTW, GPR, MXCSR, PC, Seg, SEG_BASE, SEG_LIMIT, SEG_SEL, ST, XMM } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Executor, type TestTier } from "../support/execute.js";
import { caseOf, DATA_FOLDER, digest, encodingOf, ENCODINGS, entries, type Entry, statesOf } from "./cases.js";
import type { Family } from "./codes.js";
import type { Encoding } from "./encode.js";
import { AREAS, type Case, FS_BASE, Image, MEMORY_BYTES, type Outcome, Prot } from "./layout.js";
import { type Mask, maskOf, undefinedFlags } from "./masks.js";
import { type FamilyFile, readFile, readOutcome, Reader } from "./store.js";

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

/** Memory as the cases find it. */
class Sandbox {
  readonly memory = new UserMemory(MEMORY_BYTES);
  /** Expected content of each area. */
  private readonly expected = AREAS.map((a) => a.initial.slice());

  constructor() {
    for (const a of AREAS) {
      const prot = (a.prot & Prot.READ ? Perm.READ : 0) | (a.prot & Prot.WRITE ? Perm.WRITE : 0) | (a.prot & Prot.EXEC ? Perm.EXEC : 0);
      this.memory.map(a.address, a.bytes, prot);
      this.memory.bytes.set(a.initial, a.address);
    }
  }

  setCode(e: Encoding): void {
    this.memory.bytes.set(e.bytes, e.pc);
  }

  clearCode(e: Encoding): void {
    this.memory.bytes.fill(0xcc, e.pc, e.pc + e.bytes.length);
  }

  /** Bring memory to the state before a case. */
  before(c: Case): void {
    AREAS.forEach((a, i) => {
      if (!(a.prot & Prot.WRITE)) return;
      this.memory.bytes.set(a.initial, a.address);
      this.expected[i]!.set(a.initial);
    });
    for (const p of c.patches) {
      this.memory.bytes.set(p.bytes, p.address);
      this.put(p.address, p.bytes);
    }
  }

  private put(address: number, bytes: Uint8Array): void {
    AREAS.forEach((a, i) => {
      if (address >= a.address && address < a.address + a.bytes) this.expected[i]!.set(bytes, address - a.address);
    });
  }

  /** Compare memory after a case with the recording. */
  differences(c: Case, o: Outcome, mask: Mask, out: string[]): void {
    for (const w of o.writes) this.put(w.address, w.bytes);
    AREAS.forEach((a, i) => {
      if (!(a.prot & Prot.WRITE)) return;
      const got = this.memory.bytes.subarray(a.address, a.address + a.bytes), want = this.expected[i]!;
      if (Buffer.compare(got, want) === 0) return;
      let shown = 0;
      for (let k = 0; k < a.bytes; k++) {
        if (got[k] === want[k]) continue;
        const offset = a.address + k - c.at;
        if (mask.memory.some(([from, n]) => offset >= from && offset < from + n)) continue;
        if (shown++ < 12) out.push(`[${hex(a.address + k)}] ${hex(got[k]!)} not ${hex(want[k]!)}`);
      }
    });
  }
}

function hex(v: number): string {
  return (v >>> 0).toString(16);
}

function bytesHex(b: Uint8Array): string {
  return Buffer.from(b).reverse().toString("hex");
}

function modeOf(c: Case): number {
  return (c.before.mxcsr & 0xffc0) === 0x1f80 ? USER32 : USER32 | Mode.SOFT_FLOAT;
}

function load(state: CpuState, i: Image, selectors: readonly number[]): void {
  const { S, bytes } = state;
  bytes.fill(0);
  for (let r = 0; r < 8; r++) S[(GPR >> 2) + 2 * r] = i.gpr(r);
  S[PC >> 2] = i.eip;
  writeEflags(S, i.eflags);
  S[MXCSR >> 2] = i.mxcsr;
  S[FCW >> 2] = i.fcw;
  S[FSW >> 2] = i.fsw & ~0x3800;
  const top = (S[FTOP >> 2] = (i.fsw >> 11) & 7);
  S[FTW >> 2] = i.ftw;
  for (let r = 0; r < 8; r++) {
    bytes.set(i.st(r), ST + 16 * ((top + r) & 7));
    bytes.set(i.xmm(r), XMM + 32 * r);
  }
  const [ds, cs, ss, fs, gs] = selectors as [number, number, number, number, number];
  [ds, cs, ss, ds, fs, gs].forEach((sel, seg) => {
    S[(SEG_SEL >> 2) + seg] = sel;
    S[(SEG_LIMIT >> 2) + seg] = -1;
  });
  S[(SEG_BASE >> 2) + 2 * Seg.FS] = FS_BASE;
}

function save(state: CpuState): Image {
  const { S, bytes } = state;
  const i = new Image();
  for (let r = 0; r < 8; r++) i.setGpr(r, S[(GPR >> 2) + 2 * r]!);
  i.eip = S[PC >> 2]!;
  i.eflags = readEflags(S);
  i.mxcsr = S[MXCSR >> 2]!;
  i.fcw = S[FCW >> 2]!;
  const top = S[FTOP >> 2]! & 7;
  i.fsw = S[FSW >> 2]! | (top << 11);
  i.ftw = S[FTW >> 2]!;
  for (let r = 0; r < 8; r++) {
    const at = ST + 16 * ((top + r) & 7);
    i.st(r).set(bytes.subarray(at, at + 10));
    i.xmm(r).set(bytes.subarray(XMM + 32 * r, XMM + 32 * r + 16));
  }
  return i;
}

function faultText(f: { vector: number; errorCode: number; address: number }, mask: Mask): string {
  return `#${f.vector} error ${f.errorCode}${f.vector === Vector.PF ? ` at ${hex(f.address & mask.faultAddress)}` : ""}`;
}

/** Distance of two f80 in units of the last place, if they are close. */
function ulps(a: Uint8Array, b: Uint8Array): number {
  const va = new DataView(a.buffer, a.byteOffset), vb = new DataView(b.buffer, b.byteOffset);
  if ((va.getUint16(8, true) ^ vb.getUint16(8, true)) & 0x8000) return Infinity;
  const key = (v: DataView): bigint => (BigInt(v.getUint16(8, true) & 0x7fff) << 63n) + (v.getBigUint64(0, true) & (2n ** 63n - 1n));
  const d = key(va) - key(vb);
  return Number(d < 0n ? -d : d);
}

function within(a: Uint8Array, b: Uint8Array, relative: number): boolean {
  const va = new DataView(a.buffer, a.byteOffset), vb = new DataView(b.buffer, b.byteOffset);
  for (let k = 0; k < 16; k += 4) {
    if (va.getInt32(k, true) === vb.getInt32(k, true)) continue;
    const x = va.getFloat32(k, true), y = vb.getFloat32(k, true);
    if (!(Math.abs(x - y) <= 2 * relative * Math.abs(y))) return false;
  }
  return true;
}

function compare(got: Image, o: Outcome, fault: GuestFault | null, mask: Mask, out: string[]): void {
  const want = o.after;
  const gotFault = fault ? faultText(fault, mask) : "no fault", wantFault = o.fault ? faultText(o.fault, mask) : "no fault";
  if (gotFault !== wantFault) out.push(`${gotFault} not ${wantFault}`);
  if (got.eip !== want.eip) out.push(`eip ${hex(got.eip)} not ${hex(want.eip)}`);
  for (let r = 0; r < 8; r++) {
    if (got.gpr(r) !== want.gpr(r) && !(mask.registers & (1 << r))) out.push(`${REGISTERS[r]} ${hex(got.gpr(r))} not ${hex(want.gpr(r))}`);
  }
  if ((got.eflags ^ want.eflags) & mask.flags) out.push(`eflags ${hex(got.eflags & mask.flags)} not ${hex(want.eflags & mask.flags)}`);
  if ((got.mxcsr ^ want.mxcsr) & mask.mxcsr) out.push(`mxcsr ${hex(got.mxcsr)} not ${hex(want.mxcsr)}`);
  if (got.fcw !== want.fcw) out.push(`fcw ${hex(got.fcw)} not ${hex(want.fcw)}`);
  if ((got.fsw ^ want.fsw) & mask.fsw) out.push(`fsw ${hex(got.fsw)} not ${hex(want.fsw)}`);
  if (got.ftw !== want.ftw) out.push(`ftw ${hex(got.ftw)} not ${hex(want.ftw)}`);
  for (let r = 0; r < 8; r++) {
    if (Buffer.compare(got.st(r), want.st(r)) !== 0 && !(mask.ulp > 0 && ulps(got.st(r), want.st(r)) <= mask.ulp)) {
      out.push(`st${r} ${bytesHex(got.st(r))} not ${bytesHex(want.st(r))}`);
    }
    if (Buffer.compare(got.xmm(r), want.xmm(r)) !== 0 && !(mask.relative > 0 && within(got.xmm(r), want.xmm(r), mask.relative))) {
      out.push(`xmm${r} ${bytesHex(got.xmm(r))} not ${bytesHex(want.xmm(r))}`);
    }
  }
}

const REGISTERS = ["eax", "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi"];

function assembly(c: Case): string {
  const decoder = new Decoder(32, c.code, DecoderOptions.None);
  decoder.ip = BigInt(c.before.eip);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const insn = decoder.decode();
    lines.push(formatter.format(insn));
    insn.free();
  }
  decoder.free();
  return lines.join("; ");
}

function describe(c: Case, entry: Entry, problems: readonly string[]): string {
  const b = c.before;
  const lines = [`${assembly(c)}   (${Buffer.from(c.code).toString("hex")} at ${hex(b.eip)})`];
  lines.push(`  before: ${REGISTERS.map((n, i) => `${n}=${hex(b.gpr(i))}`).join(" ")} eflags=${hex(b.eflags)}`);
  if (/^(x87|mmx)/.test(entry.family)) {
    lines.push(`  fcw=${hex(b.fcw)} fsw=${hex(b.fsw)} ftw=${hex(b.ftw)} ${Array.from({ length: 8 }, (_, i) => `st${i}=${bytesHex(b.st(i))}`).join(" ")}`);
  }
  if (/^(sse|mxcsr)/.test(entry.family)) {
    lines.push(`  mxcsr=${hex(b.mxcsr)} ${Array.from({ length: 8 }, (_, i) => `xmm${i}=${bytesHex(b.xmm(i))}`).join(" ")}`);
  }
  for (const p of c.patches) if (p.bytes.length <= 64) lines.push(`  memory: [${hex(p.address)}] ${Buffer.from(p.bytes).toString("hex")}`);
  lines.push(...problems.map((p) => `  got ${p}`));
  return lines.join("\n");
}

export interface ReplayOptions {
  /** Of each Code, this many of the machine instructions (all: ENCODINGS). */
  readonly encodings?: number;
  /** Only Codes whose name matches. */
  readonly only?: RegExp;
}

/** Replay a family on a tier; gives the Codes with discrepancies and the number of cases run. */
export function replay(family: Family, tier: TestTier, options: ReplayOptions = {}): { cases: number; discrepancies: Discrepancies[] } {
  const file = loadFamily(family);
  const list = entries(family);
  const names = list.map((e) => e.spec.name).join(), recorded = file.recordings.map((r) => r.name).join();
  if (names !== recorded) throw new Error(`recordings of family ${family} are of other Codes than the generator's: record again`);
  const sandbox = new Sandbox();
  const executor = new Executor(sandbox.memory);
  const discrepancies: Discrepancies[] = [];
  let cases = 0;
  list.forEach((entry, k) => {
    if (options.only && !options.only.test(entry.spec.name)) return;
    const recording = file.recordings[k]!;
    const reader = new Reader(recording.outcomes);
    let hash = 0, failed = 0, total = 0;
    const examples: string[] = [];
    const wanted = options.encodings ?? ENCODINGS;
    for (let n = 0; n < ENCODINGS; n++) {
      // The digest is of all the inputs, so it can be checked only where all are made.
      if (n >= wanted) break;
      const encoding = encodingOf(entry, n);
      const undefinedBy = undefinedFlags(encoding.bytes);
      sandbox.setCode(encoding);
      const runs = new Map<number, () => GuestFault | null>();
      for (let s = 0; s < statesOf(family); s++) {
        const c = caseOf(entry, encoding, n, s);
        hash = digest(hash, c);
        const o = readOutcome(reader, c);
        const mode = modeOf(c);
        sandbox.before(c);
        total++;
        const problems: string[] = [];
        try {
          let run = runs.get(mode);
          if (!run) runs.set(mode, (run = executor.prepare(tier, encoding.pc, mode, encoding.count)));
          load(executor.state, c.before, file.selectors);
          const fault = run();
          const mask = maskOf(encoding, undefinedBy, c, o);
          if (mask.skip) continue;
          compare(save(executor.state), o, fault, mask, problems);
          sandbox.differences(c, o, mask, problems);
        } catch (e) {
          problems.push(`an exception: ${e instanceof Error ? e.stack?.split("\n").slice(0, 4).join(" | ") : String(e)}`);
        }
        if (problems.length === 0) continue;
        failed++;
        if (examples.length < EXAMPLES) examples.push(describe(c, entry, problems));
      }
      sandbox.clearCode(encoding);
    }
    if (wanted >= ENCODINGS && hash >>> 0 !== recording.digest) throw new Error(`inputs of ${entry.spec.name} are other than when it was recorded: record again`);
    cases += total;
    if (failed > 0) discrepancies.push({ name: entry.spec.name, tier, failed, total, examples });
  });
  return { cases, discrepancies };
}

/** The discrepancies as text for a test's failure. */
export function report(list: readonly Discrepancies[]): string {
  return list.map((d) => `${d.name} on ${d.tier}: ${d.failed} of ${d.total} cases differ\n${d.examples.join("\n")}`).join("\n\n");
}

