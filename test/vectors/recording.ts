import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { DATA_FOLDER } from "./cases.js";
import type { Family } from "./codes.js";
import type { AnyCase, AnyEncoding, AnyImage, AnyOutcome, Cases } from "./kind.js";
import { AREAS, FS_BASE, type Run } from "./layout.js";
import { type FamilyFile, type Recording, writeFile, Writer } from "./store.js";

/** What recording 32-bit and 64-bit vectors (record.ts here and in ../vectors64) have in common. */

/** What a recorder reads. */
function recorderInput(cases: readonly AnyCase[]): Buffer {
  const parts: Uint8Array[] = [];
  const u32 = (...v: number[]): void => void parts.push(new Uint8Array(Uint32Array.from(v).buffer));
  u32(AREAS.length);
  for (const a of AREAS) {
    u32(a.address, a.bytes, a.prot);
    if (a.prot) parts.push(a.initial);
  }
  u32(FS_BASE, cases.length);
  for (const c of cases) {
    const code = new Uint8Array(16);
    code.set(c.code);
    u32(c.code.length);
    parts.push(code);
    u32(c.patches.length);
    parts.push(c.before.bytes);
    for (const p of c.patches) {
      u32(p.address, p.bytes.length);
      parts.push(p.bytes, new Uint8Array(-p.bytes.length & 3));
    }
  }
  return Buffer.concat(parts);
}

/** The bytes that a case wrote, as a recorder tells of them. */
function readWrites(data: Buffer, at: number, count: number): { next: number; writes: Run[] } {
  const writes: Run[] = [];
  for (let i = 0; i < count; i++) {
    const address = data.readUInt32LE(at), length = data.readUInt32LE(at + 4);
    writes.push({ address, bytes: Uint8Array.from(data.subarray(at + 8, at + 8 + length)) });
    at += 8 + ((length + 3) & ~3);
  }
  return { next: at, writes };
}

const INT3 = 3, PF = 14, FETCH = 16;

/** How one kind of code is recorded. */
export interface Recorder<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage> {
  /** Folder of the recorder's source and the recordings, and flags for gcc. */
  readonly here: string;
  readonly flags: readonly string[];
  readonly families: readonly F[];
  readonly cases: Cases<F, E, C>;
  /** Selectors before all results. */
  readonly tellsSelectors: boolean;
  readonly image: new () => I;
  readonly addressBytes: 4 | 8;
  /** The PC is behind the INT3 that follows the instruction. */
  readonly stepBack: (after: I) => void;
  readonly outcome: (after: I, fault: { vector: number; errorCode: number; address: bigint } | null, writes: readonly Run[]) => O;
  readonly writeOutcome: (w: Writer, c: C, o: O) => void;
}

function recordFamily<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage>(
  how: Recorder<F, E, C, O, I>, recorder: string, folder: string, family: F,
): FamilyFile {
  const { cases: source } = how, list = source.entries(family);
  const cases: C[] = [];
  for (const entry of list) {
    for (let n = 0; n < source.encodings(family); n++) {
      const e = source.encodingOf(entry, n);
      for (let s = 0; s < source.states(family); s++) cases.push(source.caseOf(entry, e, n, s));
    }
  }
  writeFileSync(join(folder, "cases"), recorderInput(cases));
  execFileSync(recorder, [join(folder, "cases"), join(folder, "results")], { stdio: "inherit", timeout: 60_000 });
  const data = readFileSync(join(folder, "results"));
  let at = 0;
  /** One result of the recorder. */
  const outcome = (): O => {
    const after = new how.image();
    after.bytes.set(data.subarray(at, (at += after.bytes.length)));
    const vector = data.readUInt32LE(at), errorCode = data.readUInt32LE(at + 4);
    const cr2 = how.addressBytes === 8 ? data.readBigUInt64LE(at + 8) : BigInt(data.readUInt32LE(at + 8));
    at += 8 + how.addressBytes;
    const { next, writes } = readWrites(data, at + 4, data.readUInt32LE(at));
    at = next;
    if (vector === INT3) how.stepBack(after);
    // INT3 is no fault; nor is a jump to where nothing can be fetched: the jump itself is done
    if (vector === INT3 || (vector === PF && errorCode & FETCH)) return how.outcome(after, null, writes);
    return how.outcome(after, { vector, errorCode, address: vector === PF ? cr2 : 0n }, writes);
  };
  const selectors = [0, 0, 0, 0, 0];
  if (how.tellsSelectors) for (let k = 0; k < 5; k++, at += 4) selectors[k] = data.readUInt32LE(at) & 0xffff;
  let k = 0;
  const count = source.encodings(family) * source.states(family);
  const recordings = list.map(({ spec }): Recording => {
    const w = new Writer();
    let hash = 0;
    for (let i = 0; i < count; i++) {
      const c = cases[k++]!;
      hash = source.digest(hash, c);
      how.writeOutcome(w, c, outcome());
    }
    return { name: spec.name, count, digest: hash >>> 0, outcomes: w.done() };
  });
  return { selectors, recordings };
}

/** Compile a recorder, and write the files of the families that the command line names, or of all. */
export function record<F extends Family, E extends AnyEncoding, C extends AnyCase<I>, O extends AnyOutcome<I>, I extends AnyImage>(how: Recorder<F, E, C, O, I>): void {
  const { here } = how;
  const folder = mkdtempSync(join(tmpdir(), "lift86-vectors-"));
  try {
    const recorder = join(folder, "recorder");
    execFileSync("gcc", [...how.flags, "-static", "-O1", "-o", recorder, join(here, "recorder.c")], { stdio: "inherit" });
    mkdirSync(join(here, DATA_FOLDER), { recursive: true });
    const wanted = process.argv.slice(2);
    let total = 0;
    for (const family of how.families) {
      if (wanted.length > 0 && !wanted.includes(family)) continue;
      const file = recordFamily(how, recorder, folder, family);
      const packed = brotliCompressSync(writeFile(file), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
      writeFileSync(join(here, DATA_FOLDER, `${family}.br`), packed);
      total += packed.length;
      const cases = file.recordings.reduce((n, r) => n + r.count, 0);
      console.log(`${family.padEnd(12)} ${String(file.recordings.length).padStart(4)} codes ${String(cases).padStart(6)} cases ${String(packed.length).padStart(8)} bytes`);
    }
    console.log(`${total} bytes in all`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
