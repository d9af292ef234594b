import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync, constants } from "node:zlib";
import { DATA_FOLDER } from "./cases.js";
import { AREAS, FS_BASE, type Run } from "./layout.js";
import { type FamilyFile, writeFile } from "./store.js";

/** What recording 32-bit and 64-bit vectors (record.ts here and in ../vectors64) have in common. */

interface Input {
  readonly code: Uint8Array;
  readonly patches: readonly Run[];
  readonly before: { readonly bytes: Uint8Array };
}

/** What a recorder reads. */
export function recorderInput(cases: readonly Input[]): Buffer {
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
export function readWrites(data: Buffer, at: number, count: number): { next: number; writes: Run[] } {
  const writes: Run[] = [];
  for (let i = 0; i < count; i++) {
    const address = data.readUInt32LE(at), length = data.readUInt32LE(at + 4);
    writes.push({ address, bytes: Uint8Array.from(data.subarray(at + 8, at + 8 + length)) });
    at += 8 + ((length + 3) & ~3);
  }
  return { next: at, writes };
}

/** Compile the recorder in `here` with these flags for gcc, and write the files of the families that the command line names, or of all. */
export function recordFamilies<F extends string>(here: string, flags: readonly string[], families: readonly F[], record: (recorder: string, folder: string, family: F) => FamilyFile): void {
  const folder = mkdtempSync(join(tmpdir(), "lift86-vectors-"));
  try {
    const recorder = join(folder, "recorder");
    execFileSync("gcc", [...flags, "-static", "-O1", "-o", recorder, join(here, "recorder.c")], { stdio: "inherit" });
    mkdirSync(join(here, DATA_FOLDER), { recursive: true });
    const wanted = process.argv.slice(2);
    let total = 0;
    for (const family of families) {
      if (wanted.length > 0 && !wanted.includes(family)) continue;
      const file = record(recorder, folder, family);
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
