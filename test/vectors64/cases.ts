import { SEED } from "../vectors/cases.js";
import { type CodeSpec, codeSpecs, dependsOnMxcsr, FAMILIES64 } from "../vectors/codes.js";
import { hasMemoryForm, hasRegisterForm } from "../vectors/encode.js";
import type { Cases, Entry } from "../vectors/kind.js";
import { Pairs } from "../vectors/pairs.js";
import { Random } from "../vectors/random.js";
import { encode, type Encoding } from "./encode.js";
import type { Case } from "./layout.js";
import { StateMaker } from "./states.js";

export type Family = (typeof FAMILIES64)[number];

/** Lifters of these are those of 32-bit code (../vectors): what is new is addresses and registers, so fewer cases do. */
const SHARED: ReadonlySet<Family> = new Set(["x87-arith", "x87-misc", "mmx", "sse-move", "sse-float", "sse-int", "sse4", "mxcsr"]);

/** Machine instructions of each Code, and states that each starts from. */
function encodingsOf(family: Family): number {
  return SHARED.has(family) ? 6 : 20;
}

function statesOf(family: Family): number {
  return SHARED.has(family) ? 3 : family === "muldiv" || family === "string" || family === "sse-convert" ? 6 : family === "pairs" ? 3 : 4;
}

let all: Map<Family, Entry<Family>[]> | null = null;

/** The Codes of a family, in order. */
function entries(family: Family): readonly Entry<Family>[] {
  if (!all) {
    all = new Map();
    for (const spec of codeSpecs(64)) {
      const families: Family[] = (FAMILIES64 as readonly string[]).includes(spec.family) ? [spec.family as Family] : [];
      if (dependsOnMxcsr(spec)) families.push("mxcsr");
      if (isProducer(spec)) families.push("pairs");
      for (const f of families) {
        // of x87 instructions those that address memory
        if (f.startsWith("x87") && !hasMemoryForm(spec)) continue;
        const list = all.get(f) ?? [];
        all.set(f, list);
        list.push({ spec, family: f });
      }
    }
  }
  return all.get(family) ?? [];
}

function isProducer(spec: CodeSpec): boolean {
  return ["arith", "shift", "bits", "muldiv"].includes(spec.family) && !/^(Not|I?div|Shld_rm16|Shrd_rm16)/i.test(spec.name);
}

/** What uses flags, and what comes between: some of these change a part of the flags. */
const CONSUMER = /^(Set[a-z]+_rm8|J[a-z]+_rel8_64|Cmov[a-z]+_r(64|32)_rm(64|32)|(Adc|Sbb)_(rm64_r64|rm32_r32|r8_rm8)|(Inc|Dec)_rm(64|32|8)|Rc[lr]_rm(64|32)_1|Rcl_rm64_CL|Lahf|Cmc)$/;
const MIDDLE = /^((Inc|Dec)_rm(64|32|16)|Ro[lr]_rm64_1|Shl_rm(64|32)_CL|Cmc|Stc|Mov_r(64|32)_imm(64|32)|Mov_rm8_r8|Not_rm64|Bts_rm64_imm8|Movzx_r64_rm8|Sahf|Xchg_rm64_r64)$/;
const PAIRS = new Pairs(64, CONSUMER, MIDDLE, encode);

/** The nth machine instruction of a Code in a family. */
function encodingOf({ family, spec }: Entry<Family>, n: number): Encoding {
  const random = new Random(`${SEED}64 ${family} ${spec.name} ${n}`);
  if (family === "pairs") return PAIRS.begunBy(encode(spec, random, false), random);
  return encode(spec, random, hasMemoryForm(spec) && (!hasRegisterForm(spec) || n % 2 === 1));
}

/** The nth state for a machine instruction. */
function caseOf({ family }: Entry<Family>, encoding: Encoding, n: number, state: number): Case {
  return new StateMaker(encoding, new Random(`${SEED}64 ${family} ${encoding.spec.name} ${n} ${state}`), family === "mxcsr").make();
}

function digest(hash: number, c: Case): number {
  for (const b of c.code) hash = Math.imul(hash ^ b, 0x01000193);
  for (const b of c.before.bytes) hash = Math.imul(hash ^ b, 0x01000193) ^ (hash >>> 15);
  for (const p of c.patches) {
    hash = Math.imul(hash ^ p.address, 0x01000193);
    for (const b of p.bytes) hash = Math.imul(hash ^ b, 0x01000193);
  }
  return hash;
}

export const CASES: Cases<Family, Encoding, Case> = { entries, encodings: encodingsOf, states: statesOf, encodingOf, caseOf, digest };
