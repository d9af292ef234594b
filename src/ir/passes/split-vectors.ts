import type { Block } from "../inst.js";
import { Inst } from "../inst.js";
import { OP } from "../ops.js";

/**
 * Take 128-bit moves apart: a vector that is only read from the state or memory, zero, and only written to the state or memory becomes
 * two 64-bit halves. What follows can then treat the halves of a vector register as registers of their own (doubles, mostly).
 */
export function splitVectors(block: Block): Block {
  const uses = new Map<Inst, Inst[]>();
  for (const i of block.insts) for (const a of i.args) if (a.type === "v128") (uses.get(a) ?? uses.set(a, []).get(a)!).push(i);
  const isMove = (v: Inst): boolean =>
    v.type === "v128" &&
    (v.op === OP.get || (v.op === OP.load && !v.rmw) || (v.op === OP.const && v.imm === 0)) &&
    (uses.get(v) ?? []).every((u) => u.op === OP.set || (u.op === OP.store && !u.rmw && u.args[1] === v));
  const moved = new Set(block.insts.filter(isMove));
  if (moved.size === 0) return block;

  const out: Inst[] = [];
  const halves = new Map<Inst, readonly [Inst, Inst]>();
  const add = (i: Inst): Inst => {
    out.push(i);
    return i;
  };
  const i32 = (value: number): Inst => add(new Inst(OP.const, "i32", [], value));
  for (const i of block.insts) {
    if (moved.has(i)) {
      const half = (delta: 0 | 8): Inst => {
        if (i.op === OP.get) return add(new Inst(OP.get, "i64", [], i.imm + delta));
        if (i.op === OP.const) return add(new Inst(OP.const, "i64", [], 0));
        const address = delta ? add(new Inst(OP.add, "i32", [i.args[0]!, i32(delta)])) : i.args[0]!;
        const load = add(new Inst(OP.load, "i64", [address]));
        load.mem = "i64";
        return load;
      };
      halves.set(i, [half(0), half(8)]);
      continue;
    }
    const pair = i.op === OP.set ? halves.get(i.args[0]!) : i.op === OP.store ? halves.get(i.args[1]!) : undefined;
    if (!pair) {
      add(i);
      continue;
    }
    if (i.op === OP.set) {
      pair.forEach((h, k) => add(new Inst(OP.set, "i64", [h], i.imm + k * 8)));
      continue;
    }
    // Both halves are stored or none: one check, then stores that need none.
    const address = i.args[0]!;
    add(new Inst(OP.probe, "void", [address], 16)).immHi = 1;
    pair.forEach((h, k) => {
      const store = add(new Inst(OP.store, "void", [k ? add(new Inst(OP.add, "i32", [address, i32(8)])) : address, h]));
      store.mem = "i64";
      store.rmw = true;
    });
  }
  block.insts.length = 0;
  block.insts.push(...out);
  return block;
}
