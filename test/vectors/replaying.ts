import { readFileSync } from "node:fs";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { Decoder, DecoderOptions, Formatter, FormatterSyntax } from "iced-x86";
import { Mode } from "../../src/frontend/mode.js";
import type { GuestFault } from "../../src/ir/memory.js";
import { type CpuState, FCW, FSW, FTOP, FTW, MXCSR, ST, XMM } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Executor, type TestTier } from "../support/execute.js";
import { DATA_FOLDER } from "./cases.js";
import type { Family } from "./codes.js";
import type { AnyCase, AnyEncoding, AnyImage, AnyOutcome, Cases } from "./kind.js";
import { AREAS, MEMORY_BYTES, Prot } from "./layout.js";
import { type CommonMask, undefinedFlags } from "./masks.js";
import { type FamilyFile, readFile, Reader } from "./store.js";

/** What replaying 32-bit and 64-bit vectors (replay.ts here and in ../vectors64) have in common. */

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

/** How one kind of code is replayed. */
export interface Replayer<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage, M extends CommonMask> {
  readonly bits: 32 | 64;
  readonly mode: number;
  /** Where its recordings are. */
  readonly here: string;
  readonly registers: readonly string[];
  readonly cases: Cases<F, E, C>;
  readonly readOutcome: (r: Reader, c: C) => O;
  readonly maskOf: (e: E, undefinedBy: number, c: C, o: O) => M;
  /** General registers, PC, flags and segments. */
  readonly load: (state: CpuState, before: I, selectors: readonly number[]) => void;
  /** General registers, PC and flags. */
  readonly save: (state: CpuState) => I;
  /** Name of PC and flags, and what they are. */
  readonly pc: readonly [string, (i: I) => number | bigint];
  readonly flags: readonly [string, (i: I) => number];
  readonly faultText: (fault: GuestFault, mask: M) => string;
  readonly recordedFaultText: (fault: NonNullable<O["fault"]>, mask: M) => string;
}

export function loadRecordings(here: string, family: Family): FamilyFile {
  return readFile(brotliDecompressSync(readFileSync(join(here, DATA_FOLDER, `${family}.br`))));
}

/** Memory as the cases find it. */
class Sandbox {
  readonly memory: UserMemory;
  /** Expected content of each area. */
  private readonly expected = AREAS.map((a) => a.initial.slice());

  constructor(linear: boolean) {
    this.memory = new UserMemory(MEMORY_BYTES, 0, linear);
    for (const a of AREAS) {
      const prot = (a.prot & Prot.READ ? Perm.READ : 0) | (a.prot & Prot.WRITE ? Perm.WRITE : 0) | (a.prot & Prot.EXEC ? Perm.EXEC : 0);
      this.memory.map(a.address, a.bytes, prot);
      this.memory.bytes.set(a.initial, a.address);
    }
  }

  setCode(e: AnyEncoding): void {
    this.memory.bytes.set(e.bytes, e.pc);
  }

  clearCode(e: AnyEncoding): void {
    this.memory.bytes.fill(0xcc, e.pc, e.pc + e.bytes.length);
  }

  /** Bring memory to the state before a case. */
  before(c: AnyCase): void {
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
  differences(c: AnyCase, o: AnyOutcome, mask: CommonMask, out: string[]): void {
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

export function hex(v: number | bigint): string {
  return (typeof v === "bigint" ? BigInt.asUintN(64, v) : v >>> 0).toString(16);
}

function bytesHex(b: Uint8Array): string {
  return Buffer.from(b).reverse().toString("hex");
}

/** Floating-point and vector state. */
function loadFloats(state: CpuState, i: AnyImage, xmms: number): void {
  const { S, bytes } = state;
  S[MXCSR >> 2] = i.mxcsr;
  S[FCW >> 2] = i.fcw;
  S[FSW >> 2] = i.fsw & ~0x3800;
  const top = (S[FTOP >> 2] = (i.fsw >> 11) & 7);
  S[FTW >> 2] = i.ftw;
  for (let r = 0; r < 8; r++) bytes.set(i.st(r), ST + 16 * ((top + r) & 7));
  for (let r = 0; r < xmms; r++) bytes.set(i.xmm(r), XMM + 32 * r);
}

function saveFloats(state: CpuState, i: AnyImage, xmms: number): void {
  const { S, bytes } = state;
  i.mxcsr = S[MXCSR >> 2]!;
  i.fcw = S[FCW >> 2]!;
  const top = S[FTOP >> 2]! & 7;
  i.fsw = S[FSW >> 2]! | (top << 11);
  i.ftw = S[FTW >> 2]!;
  for (let r = 0; r < 8; r++) {
    const at = ST + 16 * ((top + r) & 7);
    i.st(r).set(bytes.subarray(at, at + 10));
  }
  for (let r = 0; r < xmms; r++) i.xmm(r).set(bytes.subarray(XMM + 32 * r, XMM + 32 * r + 16));
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

/** Registers but PC and flags. */
function compareRegisters(names: readonly string[], got: AnyImage, want: AnyImage, mask: CommonMask, out: string[]): void {
  names.forEach((name, r) => {
    if (got.gpr(r) !== want.gpr(r) && !(mask.registers & (1 << r))) out.push(`${name} ${hex(got.gpr(r))} not ${hex(want.gpr(r))}`);
  });
  if ((got.mxcsr ^ want.mxcsr) & mask.mxcsr) out.push(`mxcsr ${hex(got.mxcsr)} not ${hex(want.mxcsr)}`);
  if (got.fcw !== want.fcw) out.push(`fcw ${hex(got.fcw)} not ${hex(want.fcw)}`);
  if ((got.fsw ^ want.fsw) & mask.fsw) out.push(`fsw ${hex(got.fsw)} not ${hex(want.fsw)}`);
  if (got.ftw !== want.ftw) out.push(`ftw ${hex(got.ftw)} not ${hex(want.ftw)}`);
  for (let r = 0; r < 8; r++) {
    if (Buffer.compare(got.st(r), want.st(r)) !== 0 && !(mask.ulp > 0 && ulps(got.st(r), want.st(r)) <= mask.ulp)) {
      out.push(`st${r} ${bytesHex(got.st(r))} not ${bytesHex(want.st(r))}`);
    }
  }
  for (let r = 0; r < names.length; r++) {
    if (Buffer.compare(got.xmm(r), want.xmm(r)) !== 0 && !(mask.relative > 0 && within(got.xmm(r), want.xmm(r), mask.relative))) {
      out.push(`xmm${r} ${bytesHex(got.xmm(r))} not ${bytesHex(want.xmm(r))}`);
    }
  }
}

function assembly(bits: 32 | 64, code: Uint8Array, pc: number | bigint): string {
  const decoder = new Decoder(bits, code, DecoderOptions.None);
  decoder.ip = BigInt(pc);
  const lines: string[] = [];
  while (decoder.canDecode) {
    const insn = decoder.decode();
    lines.push(formatter.format(insn));
    insn.free();
  }
  decoder.free();
  return lines.join("; ");
}

export interface ReplayOptions {
  /** Of each Code, this many of the machine instructions (default: all). */
  readonly encodings?: number;
  /** Only Codes whose name matches. */
  readonly only?: RegExp;
}

/** Replay a family on a tier; gives the Codes with discrepancies and the number of cases run. */
export function replay<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage, M extends CommonMask>(
  how: Replayer<F, E, C, O, I, M>, family: F, tier: TestTier, options: ReplayOptions = {},
): { cases: number; discrepancies: Discrepancies[] } {
  const { cases: source, registers } = how, [pcName, pcOf] = how.pc, [flagsName, flagsOf] = how.flags;
  const describe = (c: C, problems: readonly string[]): string => {
    const b = c.before;
    const lines = [`${assembly(how.bits, c.code, pcOf(b))}   (${Buffer.from(c.code).toString("hex")} at ${hex(pcOf(b))})`];
    lines.push(`  before: ${registers.map((n, i) => `${n}=${hex(b.gpr(i))}`).join(" ")} ${flagsName}=${hex(flagsOf(b))}`);
    if (/^(x87|mmx)/.test(family)) {
      lines.push(`  fcw=${hex(b.fcw)} fsw=${hex(b.fsw)} ftw=${hex(b.ftw)} ${Array.from({ length: 8 }, (_, i) => `st${i}=${bytesHex(b.st(i))}`).join(" ")}`);
    }
    if (/^(sse|mxcsr)/.test(family)) lines.push(`  mxcsr=${hex(b.mxcsr)} ${registers.map((_, i) => `xmm${i}=${bytesHex(b.xmm(i))}`).join(" ")}`);
    for (const p of c.patches) if (p.bytes.length <= 64) lines.push(`  memory: [${hex(p.address)}] ${Buffer.from(p.bytes).toString("hex")}`);
    lines.push(...problems.map((p) => `  got ${p}`));
    return lines.join("\n");
  };
  const compare = (state: CpuState, o: O, fault: GuestFault | null, mask: M, out: string[]): void => {
    const got = how.save(state), want = o.after;
    saveFloats(state, got, registers.length);
    const gotFault = fault ? how.faultText(fault, mask) : "no fault", wantFault = o.fault ? how.recordedFaultText(o.fault, mask) : "no fault";
    if (gotFault !== wantFault) out.push(`${gotFault} not ${wantFault}`);
    if (pcOf(got) !== pcOf(want)) out.push(`${pcName} ${hex(pcOf(got))} not ${hex(pcOf(want))}`);
    if ((flagsOf(got) ^ flagsOf(want)) & mask.flags) out.push(`${flagsName} ${hex(flagsOf(got) & mask.flags)} not ${hex(flagsOf(want) & mask.flags)}`);
    compareRegisters(registers, got, want, mask, out);
  };
  const file = loadRecordings(how.here, family);
  const list = source.entries(family);
  const names = list.map((e) => e.spec.name).join(), recorded = file.recordings.map((r) => r.name).join();
  if (names !== recorded) throw new Error(`recordings of family ${family} are of other Codes than the generator's: record again`);
  const sandbox = new Sandbox(tier === "wasm");
  const executor = new Executor(sandbox.memory), { state } = executor;
  const discrepancies: Discrepancies[] = [];
  const encodings = source.encodings(family), wanted = Math.min(options.encodings ?? encodings, encodings);
  let cases = 0;
  list.forEach((entry, k) => {
    if (options.only && !options.only.test(entry.spec.name)) return;
    const recording = file.recordings[k]!;
    const reader = new Reader(recording.outcomes);
    let hash = 0, failed = 0, total = 0;
    const examples: string[] = [];
    for (let n = 0; n < wanted; n++) {
      const encoding = source.encodingOf(entry, n);
      const undefinedBy = undefinedFlags(encoding.bytes, how.bits);
      sandbox.setCode(encoding);
      const runs = new Map<number, () => GuestFault | null>();
      for (let s = 0; s < source.states(family); s++) {
        const c = source.caseOf(entry, encoding, n, s);
        hash = source.digest(hash, c);
        const o = how.readOutcome(reader, c);
        const mode = how.mode | ((c.before.mxcsr & 0xffc0) === 0x1f80 ? 0 : Mode.SOFT_FLOAT);
        sandbox.before(c);
        total++;
        const problems: string[] = [];
        try {
          let run = runs.get(mode);
          if (!run) runs.set(mode, (run = executor.prepare(tier, encoding.pc, mode, encoding.count)));
          state.bytes.fill(0);
          how.load(state, c.before, file.selectors);
          loadFloats(state, c.before, registers.length);
          const fault = run();
          const mask = how.maskOf(encoding, undefinedBy, c, o);
          if (mask.skip) continue;
          compare(state, o, fault, mask, problems);
          sandbox.differences(c, o, mask, problems);
        } catch (e) {
          problems.push(`an exception: ${e instanceof Error ? e.stack?.split("\n").slice(0, 4).join(" | ") : String(e)}`);
        }
        if (problems.length === 0) continue;
        failed++;
        if (examples.length < EXAMPLES) examples.push(describe(c, problems));
      }
      sandbox.clearCode(encoding);
    }
    // The digest is of all the inputs, so it can be checked only where all are made.
    if (wanted === encodings && hash >>> 0 !== recording.digest) throw new Error(`inputs of ${entry.spec.name} are other than when it was recorded: record again`);
    cases += total;
    if (failed > 0) discrepancies.push({ name: entry.spec.name, tier, failed, total, examples });
  });
  return { cases, discrepancies };
}
