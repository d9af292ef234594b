import { Builder } from "./builder.js";
import { Block, Inst, type Terminator } from "./inst.js";
import { OP } from "./ops.js";
import { simplify } from "./simplify.js";

/** What a rewriting pass does with one instruction whose operands are already new: give a replacement value, null to drop it, undefined to keep it. */
export type Rewrite = (inst: Inst, b: Builder) => Inst | null | undefined;

/**
 * Copy a block instruction by instruction through a rewriting function and the simplifier. The given block stays as it is.
 */
export function rebuild(block: Block, rewrite: Rewrite): Block {
  const out = new Block(block.pc);
  out.count = block.count;
  out.end = block.end;
  const b = new Builder(out);
  const map = new Map<Inst, Inst>();
  const lookup = (i: Inst): Inst => {
    const n = map.get(i);
    if (!n) throw new Error(`value of ${i.op.name} is used but was dropped`);
    return n;
  };
  for (const old of block.insts) {
    if (old.op === OP.const) {
      map.set(old, old.type === "i32" ? b.i32(old.imm) : keep(b, old));
      continue;
    }
    const copy = new Inst(old.op, old.type, old.args.map(lookup), old.imm);
    copy.immHi = old.immHi;
    copy.mem = old.mem;
    copy.rmw = old.rmw;
    const value = rewrite(copy, b);
    if (value === null) continue;
    if (value !== undefined) map.set(old, value);
    else map.set(old, simplify(copy, b) ?? b.append(copy));
  }
  b.end(mapTerminator(block.term, lookup));
  return out;
}

function keep(b: Builder, old: Inst): Inst {
  const c = new Inst(old.op, old.type, [], old.imm);
  c.immHi = old.immHi;
  return b.append(c);
}

function mapTerminator(t: Terminator, lookup: (i: Inst) => Inst): Terminator {
  if (t.kind === "branch") {
    const cond = lookup(t.cond);
    if (cond.isConst) return { kind: "jump", target: cond.imm ? t.taken : t.fallthrough };
    return { ...t, cond };
  }
  if (t.kind === "indirect") {
    const target = lookup(t.target);
    return target.isConst ? { kind: "jump", target: target.imm, hint: t.hint === "call" ? "call" : undefined } : { ...t, target };
  }
  return t;
}
