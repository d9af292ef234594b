import type { Block, Inst } from "../inst.js";
import { rebuild } from "../rebuild.js";
import { simplify } from "../simplify.js";

/**
 * Value numbering within a block: a pure core op that was computed before from the same operands is that value. What is compared is who the operands
 * are, so registers should have been forwarded before. Above all addresses become the same value: x86 computes base + index * 8 + constant anew in each
 * instruction, and accesses that start from one value are checked together and forwarded to each other.
 */
export function mergeCommonValues(block: Block): Block {
  const numbers = new Map<Inst, number>();
  const known = new Map<string, Inst>();
  const numberOf = (v: Inst): number => {
    let n = numbers.get(v);
    if (n === undefined) numbers.set(v, (n = numbers.size));
    return n;
  };
  return rebuild(block, (i, b) => {
    const { code, effects, lib } = i.op;
    if (lib || i.args.length === 0 || effects.reads || effects.writes || effects.faults) return undefined;
    let key = `${code} ${i.type} ${i.imm}`;
    for (const a of i.args) key += ` ${numberOf(a)}`;
    let same = known.get(key);
    if (!same) known.set(key, (same = simplify(i, b) ?? b.append(i)));
    return same;
  });
}
