import { type CodeSpec, codeSpecs, dependsOnMxcsr, type Family } from "./codes.js";
import { encode, type Encoding, hasMemoryForm, hasRegisterForm } from "./encode.js";
import type { Case } from "./layout.js";
import { Random } from "./random.js";
import { StateMaker } from "./states.js";

/** Machine instructions of each Code, and states that each of them starts from. */
export const ENCODINGS = 18;
export const STATES = 4;

/** One Code in one family. */
export interface Entry {
  readonly spec: CodeSpec;
  readonly family: Family;
}

let all: Map<Family, Entry[]> | null = null;

/** The Codes of a family, in order. */
export function entries(family: Family): readonly Entry[] {
  if (!all) {
    all = new Map();
    for (const spec of codeSpecs()) {
      for (const f of dependsOnMxcsr(spec) ? [spec.family, "mxcsr" as const] : [spec.family]) {
        const list = all.get(f) ?? [];
        all.set(f, list);
        list.push({ spec, family: f });
      }
    }
  }
  return all.get(family) ?? [];
}

/** The nth machine instruction of an entry. */
export function encodingOf(entry: Entry, n: number): Encoding {
  const { spec, family } = entry;
  const memory = hasMemoryForm(spec) && (!hasRegisterForm(spec) || n % 2 === 1);
  return encode(spec, new Random(`${family} ${spec.name} ${n}`), memory);
}

/** The nth state for a machine instruction. */
export function caseOf(entry: Entry, encoding: Encoding, n: number, state: number): Case {
  return new StateMaker(encoding, new Random(`${entry.family} ${entry.spec.name} ${n} ${state}`), entry.family === "mxcsr").make();
}

/** Digest of a case's inputs, chained: recordings hold it, so a generator that drifted from them is noticed. */
export function digest(hash: number, c: Case): number {
  const { before } = c;
  for (const b of c.code) hash = Math.imul(hash ^ b, 0x01000193);
  for (const w of before.u32) hash = Math.imul(hash ^ w, 0x01000193) ^ (w >>> 15);
  for (const p of c.patches) {
    hash = Math.imul(hash ^ p.address, 0x01000193);
    for (const b of p.bytes) hash = Math.imul(hash ^ b, 0x01000193);
  }
  return hash;
}
