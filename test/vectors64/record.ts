import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { DATA_FOLDER } from "../vectors/cases.js";
import { FAMILIES64 } from "../vectors/codes.js";
import { AREAS, FS_BASE, type Run } from "../vectors/layout.js";
import { type FamilyFile, type Recording, writeFile, Writer } from "../vectors/store.js";
import { caseOf, digest, encodingOf, encodingsOf, type Family, specsOf, statesOf } from "./cases.js";
import { type Case, Image, IMAGE_BYTES, type Outcome } from "./layout.js";
import { writeOutcome } from "./store.js";

/**
 * Records vectors of 64-bit code on this machine's processor: npm run vectors -- --64 [family…]
 * Needs gcc, static libraries and an x86-64 kernel that lets this user map page 8 (vm.mmap_min_addr).
 */

function input(cases: readonly Case[]): Buffer {
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

const INT3 = 3, PF = 14, FETCH = 16;

/** One result of the recorder. */
function outcome(data: Buffer, at: number): { next: number; outcome: Outcome } {
  const after = new Image();
  after.bytes.set(data.subarray(at, at + IMAGE_BYTES));
  at += IMAGE_BYTES;
  const vector = data.readUInt32LE(at), errorCode = data.readUInt32LE(at + 4), cr2 = data.readBigUInt64LE(at + 8), count = data.readUInt32LE(at + 16);
  at += 20;
  const writes: Run[] = [];
  for (let i = 0; i < count; i++) {
    const address = data.readUInt32LE(at), length = data.readUInt32LE(at + 4);
    writes.push({ address, bytes: Uint8Array.from(data.subarray(at + 8, at + 8 + length)) });
    at += 8 + ((length + 3) & ~3);
  }
  if (vector === INT3) {
    after.rip -= 1n;
    return { next: at, outcome: { after, fault: null, writes } };
  }
  // a jump to where nothing can be fetched: the jump itself is done
  if (vector === PF && errorCode & FETCH) return { next: at, outcome: { after, fault: null, writes } };
  return { next: at, outcome: { after, fault: { vector, errorCode, address: vector === PF ? cr2 : 0n }, writes } };
}

function record(recorder: string, folder: string, family: Family): FamilyFile {
  const list = specsOf(family);
  const cases: Case[] = [];
  for (const spec of list) {
    for (let n = 0; n < encodingsOf(family); n++) {
      const e = encodingOf(family, spec, n);
      for (let s = 0; s < statesOf(family); s++) cases.push(caseOf(family, e, n, s));
    }
  }
  writeFileSync(join(folder, "cases"), input(cases));
  execFileSync(recorder, [join(folder, "cases"), join(folder, "results")], { stdio: "inherit", timeout: 60_000 });
  const data = readFileSync(join(folder, "results"));
  let at = 0, k = 0;
  const recordings: Recording[] = [];
  for (const spec of list) {
    const w = new Writer();
    let hash = 0;
    const count = encodingsOf(family) * statesOf(family);
    for (let i = 0; i < count; i++) {
      const c = cases[k++]!;
      hash = digest(hash, c);
      const r = outcome(data, at);
      at = r.next;
      writeOutcome(w, c, r.outcome);
    }
    recordings.push({ name: spec.name, count, digest: hash >>> 0, outcomes: w.done() });
  }
  return { selectors: [0, 0, 0, 0, 0], recordings };
}

const folder = mkdtempSync(join(tmpdir(), "lift86-vectors-"));
try {
  const here = join("test", "vectors64");
  const recorder = join(folder, "recorder");
  execFileSync("gcc", ["-static", "-no-pie", "-O1", "-o", recorder, join(here, "recorder.c")], { stdio: "inherit" });
  mkdirSync(join(here, DATA_FOLDER), { recursive: true });
  const wanted = process.argv.slice(2);
  let total = 0;
  for (const family of FAMILIES64) {
    if (wanted.length > 0 && !wanted.includes(family)) continue;
    const file = record(recorder, folder, family);
    const packed = brotliCompressSync(writeFile(file), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
    writeFileSync(join(here, DATA_FOLDER, `${family}.br`), packed);
    total += packed.length;
    console.log(`${family.padEnd(12)} ${String(file.recordings.length).padStart(4)} codes ${String(file.recordings.reduce((n, r) => n + r.count, 0)).padStart(6)} cases ${String(packed.length).padStart(8)} bytes`);
  }
  console.log(`${total} bytes in all`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
