import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { caseOf, digest, encodingOf, ENCODINGS, entries, statesOf } from "./cases.js";
import { FAMILIES, type Family } from "./codes.js";
import { type Case, Image, IMAGE_BYTES, type Outcome } from "./layout.js";
import { readWrites, recordFamilies, recorderInput } from "./recording.js";
import { type FamilyFile, type Recording, writeOutcome, Writer } from "./store.js";

/**
 * Records vectors on this machine's processor. Usage, from the project's root: npm run vectors [-- family…]
 * Needs gcc with 32-bit support and a kernel that runs 32-bit programs and lets this user map page 8 (vm.mmap_min_addr).
 */

const INT3 = 3, PF = 14, FETCH = 16;

/** One result of the recorder. */
function outcome(data: Buffer, at: number): { next: number; outcome: Outcome } {
  const after = new Image();
  after.bytes.set(data.subarray(at, at + IMAGE_BYTES));
  at += IMAGE_BYTES;
  const [vector, errorCode, cr2, count] = [0, 4, 8, 12].map((o) => data.readUInt32LE(at + o)) as [number, number, number, number];
  at += 16;
  const { next, writes } = readWrites(data, at, count);
  if (vector === INT3) {
    after.eip -= 1;
    return { next, outcome: { after, fault: null, writes } };
  }
  // a jump to where nothing can be fetched: the jump itself is done
  if (vector === PF && errorCode & FETCH) return { next, outcome: { after, fault: null, writes } };
  return { next, outcome: { after, fault: { vector, errorCode, address: vector === PF ? cr2 : 0 }, writes } };
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
  writeFileSync(join(folder, "cases"), recorderInput(cases));
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

recordFamilies(join("test", "vectors"), ["-m32"], FAMILIES, record);
