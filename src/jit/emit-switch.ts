import * as js from "./ast.js";

/** What to do when a computed PC is one that the region expects. The body does not fall through. */
export interface TargetCase {
  readonly pc: number;
  readonly body: js.Stmt[];
}

/** Fewer are tested one after the other, the likeliest first. V8 makes a jump table of at least 6 cases. */
const LEAST_FOR_TABLE = 6;
const MULTIPLIERS = 400;

/**
 * Statements that go where `target`, a name, says; they fall through if it is none of the cases. Many cases become a `switch` over a small perfect
 * hash of the PC, whose dense range V8 compiles to a jump table, and one comparison.
 */
export function targetSwitch(target: js.Expr, cases: readonly TargetCase[]): js.Stmt[] {
  const hash = cases.length >= LEAST_FOR_TABLE ? perfectHash(cases.map((c) => c.pc)) : null;
  const test = (c: TargetCase): js.Stmt => js.ifThen(js.bin("===", target, js.num(c.pc)), c.body);
  if (!hash) return cases.map(test);
  const slots = new Map(cases.map((c) => [hash.of(c.pc), c]));
  const all = Array.from({ length: 1 << hash.bits }, (_, slot) => {
    const c = slots.get(slot);
    return { type: "SwitchCase" as const, test: js.num(slot), consequent: c ? [test(c), js.breakOut] : [] };
  });
  const discriminant = js.bin(">>>", js.call("imul", [target, js.num(hash.multiplier)]), js.num(32 - hash.bits));
  return [{ type: "SwitchStatement", discriminant, cases: all }];
}

/** A multiplier that spreads the PCs over the 2^bits slots of its top bits without a collision, if one is found quickly. */
function perfectHash(pcs: readonly number[]): { multiplier: number; bits: number; of: (pc: number) => number } | null {
  const least = Math.ceil(Math.log2(pcs.length));
  for (let bits = least; bits <= least + 2; bits++) {
    let multiplier = 0x9e3779b1 | 0;
    for (let k = 0; k < MULTIPLIERS; k++, multiplier = (Math.imul(multiplier, 0x19660d) + 0x3c6ef35e) | 1) {
      const m = multiplier;
      const of = (pc: number): number => Math.imul(pc, m) >>> (32 - bits);
      if (new Set(pcs.map(of)).size === pcs.length) return { multiplier: m, bits, of };
    }
  }
  return null;
}
