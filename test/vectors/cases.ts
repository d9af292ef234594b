import { type CodeSpec, codeSpecs, dependsOnMxcsr, type Family } from "./codes.js";
import { encode, type Encoding, hasMemoryForm, hasRegisterForm } from "./encode.js";
import type { Case } from "./layout.js";
import type { Cases, Entry } from "./kind.js";
import { Pairs } from "./pairs.js";
import { Random } from "./random.js";
import { StateMaker } from "./states.js";

/** Another seed (any text) makes other cases, to look for discrepancies beyond the recorded ones; their recordings go into another folder. */
export const SEED = process.env["LIFT86_VECTORS_SEED"] ?? "";
export const DATA_FOLDER = SEED ? `data-${SEED}` : "data";

/** Machine instructions of each Code. */
export const ENCODINGS = 20;

const MANY_STATES: ReadonlySet<Family> = new Set(["muldiv", "string", "x87-arith", "x87-math", "sse-float", "sse-convert", "sse4"]);

/** States that each machine instruction starts from. */
export function statesOf(family: Family): number {
  return MANY_STATES.has(family) ? 8 : family === "pairs" ? 3 : 4;
}

let all: Map<Family, Entry[]> | null = null;

/** The Codes of a family, in order. */
export function entries(family: Family): readonly Entry[] {
  if (!all) {
    all = new Map();
    for (const spec of codeSpecs()) {
      const families: Family[] = [spec.family];
      if (dependsOnMxcsr(spec)) families.push("mxcsr");
      if (isProducer(spec)) families.push("pairs");
      for (const f of families) {
        const list = all.get(f) ?? [];
        all.set(f, list);
        list.push({ spec, family: f });
      }
    }
  }
  return all.get(family) ?? [];
}

function isProducer(spec: CodeSpec): boolean {
  return ["arith", "shift", "bits", "muldiv"].includes(spec.family) && !/^(Not|I?div|Shld_rm16|Shrd_rm16|Aam)/i.test(spec.name);
}

/** What uses flags, and what comes between: some of these change a part of the flags. */
const CONSUMER = /^(Set[a-z]+_rm8|J[a-z]+_rel8_32|Cmov[a-z]+_r32_rm32|(Adc|Sbb)_(rm32_r32|r8_rm8|rm16_imm8)|(Inc|Dec)_(r32|rm8)|Rc[lr]_rm(32|8)_1|Rcl_rm32_CL|Lahf|Salc|Cmc|Daa|Das)$/;
const MIDDLE = /^((Inc|Dec)_r(32|16)|Ro[lr]_rm32_1|Shl_rm32_CL|Cmc|Stc|Mov_r32_imm32|Mov_rm8_r8|Not_rm32|Bts_rm32_imm8|Movzx_r32_rm8|Sahf|Xchg_rm32_r32)$/;
const PAIRS = new Pairs(32, CONSUMER, MIDDLE, encode);

/** The nth machine instruction of an entry. */
export function encodingOf(entry: Entry, n: number): Encoding {
  const { spec, family } = entry;
  const random = new Random(`${SEED}${family} ${spec.name} ${n}`);
  if (family === "pairs") return { ...PAIRS.begunBy(encode(spec, random, false), random), sequence: true };
  return encode(spec, random, hasMemoryForm(spec) && (!hasRegisterForm(spec) || n % 2 === 1));
}

/** The nth state for a machine instruction. */
export function caseOf(entry: Entry, encoding: Encoding, n: number, state: number): Case {
  return new StateMaker(encoding, new Random(`${SEED}${entry.family} ${entry.spec.name} ${n} ${state}`), entry.family === "mxcsr").make();
}

function digest(hash: number, c: Case): number {
  const { before } = c;
  for (const b of c.code) hash = Math.imul(hash ^ b, 0x01000193);
  for (const w of before.u32) hash = Math.imul(hash ^ w, 0x01000193) ^ (w >>> 15);
  for (const p of c.patches) {
    hash = Math.imul(hash ^ p.address, 0x01000193);
    for (const b of p.bytes) hash = Math.imul(hash ^ b, 0x01000193);
  }
  return hash;
}

export const CASES: Cases<Family, Encoding, Case> = { entries, encodings: () => ENCODINGS, states: statesOf, encodingOf, caseOf, digest };
