import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { FAMILIES64 } from "../vectors/codes.js";
import { readWrites, recordFamilies, recorderInput } from "../vectors/recording.js";
import { type FamilyFile, type Recording, Writer } from "../vectors/store.js";
import { caseOf, digest, encodingOf, encodingsOf, type Family, specsOf, statesOf } from "./cases.js";
import { type Case, Image, IMAGE_BYTES, type Outcome } from "./layout.js";
import { writeOutcome } from "./store.js";

/**
 * Records vectors of 64-bit code on this machine's processor: npm run vectors -- --64 [family…]
 * Needs gcc, static libraries and an x86-64 kernel that lets this user map page 8 (vm.mmap_min_addr).
 */

const INT3 = 3, PF = 14, FETCH = 16;

/** One result of the recorder. */
function outcome(data: Buffer, at: number): { next: number; outcome: Outcome } {
  const after = new Image();
  after.bytes.set(data.subarray(at, at + IMAGE_BYTES));
  at += IMAGE_BYTES;
  const vector = data.readUInt32LE(at), errorCode = data.readUInt32LE(at + 4), cr2 = data.readBigUInt64LE(at + 8), count = data.readUInt32LE(at + 16);
  at += 20;
  const { next, writes } = readWrites(data, at, count);
  if (vector === INT3) {
    after.rip -= 1n;
    return { next, outcome: { after, fault: null, writes } };
  }
  // a jump to where nothing can be fetched: the jump itself is done
  if (vector === PF && errorCode & FETCH) return { next, outcome: { after, fault: null, writes } };
  return { next, outcome: { after, fault: { vector, errorCode, address: vector === PF ? cr2 : 0n }, writes } };
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
  writeFileSync(join(folder, "cases"), recorderInput(cases));
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

recordFamilies(join("test", "vectors64"), ["-no-pie"], FAMILIES64, record);
