import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { caseOf, DATA_FOLDER, digest, encodingOf, ENCODINGS, entries, statesOf } from "./cases.js";
import { FAMILIES, type Family } from "./codes.js";
import { AREAS, type Case, FS_BASE, Image, IMAGE_BYTES, type Outcome, type Run } from "./layout.js";
import { type FamilyFile, type Recording, writeFile, writeOutcome, Writer } from "./store.js";

/**
 * Records vectors on this machine's processor. Usage, from the project's root: npm run vectors [-- family…]
 * Needs gcc with 32-bit support and a kernel that runs 32-bit programs and lets this user map page 8 (vm.mmap_min_addr).
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
  const [vector, errorCode, cr2, count] = [0, 4, 8, 12].map((o) => data.readUInt32LE(at + o)) as [number, number, number, number];
  at += 16;
  const writes: Run[] = [];
  for (let i = 0; i < count; i++) {
    const address = data.readUInt32LE(at), length = data.readUInt32LE(at + 4);
    writes.push({ address, bytes: Uint8Array.from(data.subarray(at + 8, at + 8 + length)) });
    at += 8 + ((length + 3) & ~3);
  }
  if (vector === INT3) {
    after.eip -= 1;
    return { next: at, outcome: { after, fault: null, writes } };
  }
  // a jump to where nothing can be fetched: the jump itself is done
  if (vector === PF && errorCode & FETCH) return { next: at, outcome: { after, fault: null, writes } };
  return { next: at, outcome: { after, fault: { vector, errorCode, address: vector === PF ? cr2 : 0 }, writes } };
}

function record(recorder: string, folder: string, family: Family): FamilyFile {
  const list = entries(family);
  const cases: Case[] = [];
  for (const entry of list) {
    for (let n = 0; n < ENCODINGS; n++) {
      const e = encodingOf(entry, n);
      for (let s = 0; s < statesOf(family); s++) cases.push(caseOf(entry, e, n, s));
    }
  }
  writeFileSync(join(folder, "cases"), input(cases));
  execFileSync(recorder, [join(folder, "cases"), join(folder, "results")], { stdio: "inherit", timeout: 60_000 });
  const data = readFileSync(join(folder, "results"));
  const selectors = [0, 4, 8, 12, 16].map((o) => data.readUInt32LE(o) & 0xffff);
  let at = 20, k = 0;
  const recordings: Recording[] = [];
  for (const entry of list) {
    const w = new Writer();
    let hash = 0;
    for (let i = 0; i < ENCODINGS * statesOf(family); i++) {
      const c = cases[k++]!;
      hash = digest(hash, c);
      const r = outcome(data, at);
      at = r.next;
      writeOutcome(w, c, r.outcome);
    }
    recordings.push({ name: entry.spec.name, count: ENCODINGS * statesOf(family), digest: hash >>> 0, outcomes: w.done() });
  }
  return { selectors, recordings };
}

const folder = mkdtempSync(join(tmpdir(), "lift86-vectors-"));
try {
  const here = join("test", "vectors");
  const recorder = join(folder, "recorder");
  execFileSync("gcc", ["-m32", "-static", "-O1", "-o", recorder, join(here, "recorder.c")], { stdio: "inherit" });
  mkdirSync(join(here, DATA_FOLDER), { recursive: true });
  const wanted = process.argv.slice(2);
  let total = 0;
  for (const family of FAMILIES) {
    if (wanted.length > 0 && !wanted.includes(family)) continue;
    const file = record(recorder, folder, family);
    const packed = brotliCompressSync(writeFile(file), { params: { [constants.BROTLI_PARAM_LGWIN]: 24 } });
    writeFileSync(join(here, DATA_FOLDER, `${family}.br`), packed);
    total += packed.length;
    console.log(`${family.padEnd(12)} ${String(file.recordings.length).padStart(4)} codes ${String(file.recordings.length * ENCODINGS * statesOf(family)).padStart(6)} cases ${String(packed.length).padStart(8)} bytes`);
  }
  console.log(`${total} bytes in all`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
