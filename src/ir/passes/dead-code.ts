import type { Block, Inst } from "../inst.js";

/** Remove instructions whose value nobody uses and that do nothing else. Changes the block. */
export function eliminateDeadCode(block: Block): void {
  const live = new Set<Inst>();
  if (block.term.kind === "branch") live.add(block.term.cond);
  if (block.term.kind === "indirect") live.add(block.term.target);
  for (let k = block.insts.length - 1; k >= 0; k--) {
    const i = block.insts[k]!;
    const e = i.op.effects;
    // A read that may fault must stay; one that cannot has no effect of its own.
    if (e.writes || e.faults || live.has(i)) {
      live.add(i);
      for (const a of i.args) live.add(a);
    }
  }
  if (live.size < block.insts.length) {
    let n = 0;
    for (const i of block.insts) if (live.has(i)) block.insts[n++] = i;
    block.insts.length = n;
  }
}
