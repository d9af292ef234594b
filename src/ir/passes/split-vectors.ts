import type { Block } from "../inst.js";
import { Inst } from "../inst.js";
import { OP } from "../ops.js";
import { LANES } from "../types.js";

/**
 * On a load: the memory was probed before in this instruction, so the access needs no check. Loads and stores of parts are `immHi` bytes from the
 * address that was probed (only here, for the emitter; tier 0 does not see split blocks).
 */
export const PROBED = 1;

/**
 * Take moves of vectors apart: a vector that is only read from the state or memory, zero, or put together from lanes, and only written to the
 * state or memory or taken apart again, becomes parts of 8 or 4 bytes. What follows can then treat the parts of a vector register as registers
 * of their own (of doubles or singles, mostly). Parts of 4 bytes split 64-bit moves too.
 */
export function splitVectors(block: Block, bytes: 8 | 4): Block {
  const uses = new Map<Inst, Inst[]>();
  for (const i of block.insts) for (const a of i.args) if (isWide(a, bytes)) (uses.get(a) ?? uses.set(a, []).get(a)!).push(i);
  const isMove = (v: Inst): boolean =>
    isWide(v, bytes) &&
    (v.op === OP.get || (v.op === OP.load && !v.rmw) || (v.op === OP.const && (v.imm | v.immHi) === 0) || (v.op === OP.pack && bytes === 4)) &&
    (uses.get(v) ?? []).every((u) => u.op === OP.set || (u.op === OP.store && (!u.rmw || u.imm === PROBED) && u.args[1] === v) || (u.op === OP.lane && bytes === 4));
  const moved = new Set(block.insts.filter(isMove));
  if (moved.size === 0) return block;

  const out: Inst[] = [];
  const parts = new Map<Inst, readonly Inst[]>();
  /** What a lane of a vector that is gone became. */
  const lanes = new Map<Inst, Inst>();
  const add = (i: Inst): Inst => {
    out.push(i);
    return i;
  };
  const type = bytes === 8 ? "i64" : "i32";
  for (const i of block.insts) {
    i.args.forEach((a, k) => (i.args[k] = lanes.get(a) ?? a));
    if (moved.has(i)) {
      const n = (LANES[i.type] * 4) / bytes;
      if (i.op === OP.load && !(i.imm & PROBED)) add(new Inst(OP.probe, "void", [i.args[0]!], n * bytes));
      const part = (k: number): Inst => {
        const delta = k * bytes;
        if (i.op === OP.get) return add(new Inst(OP.get, type, [], i.imm + delta));
        if (i.op === OP.const) return add(new Inst(OP.const, type, [], 0));
        if (i.op === OP.pack) return i.args[k]!;
        const load = add(new Inst(OP.load, type, [i.args[0]!], PROBED));
        load.mem = type;
        load.immHi = i.immHi + delta;
        return load;
      };
      parts.set(i, Array.from({ length: n }, (_, k) => part(k)));
      continue;
    }
    const taken = parts.get(i.args[i.op === OP.store ? 1 : 0]!);
    if (!taken || (i.op !== OP.set && i.op !== OP.store && i.op !== OP.lane)) {
      add(i);
      continue;
    }
    if (i.op === OP.lane) {
      lanes.set(i, taken[i.imm]!);
      continue;
    }
    if (i.op === OP.set) {
      taken.forEach((v, k) => add(new Inst(OP.set, type, [v], i.imm + k * bytes)));
      continue;
    }
    // All parts are stored or none: one check, then stores that need none.
    const address = i.args[0]!;
    if (i.imm !== PROBED) add(new Inst(OP.probe, "void", [address], taken.length * bytes)).immHi = 1;
    taken.forEach((v, k) => {
      const store = add(new Inst(OP.store, "void", [address, v], PROBED));
      store.mem = type;
      store.immHi = i.immHi + k * bytes;
      store.rmw = true;
    });
  }
  const { term } = block;
  if (term.kind === "indirect") term.target = lanes.get(term.target) ?? term.target;
  block.insts.length = 0;
  block.insts.push(...out);
  return block;
}

/** Wider than the parts. */
function isWide(v: Inst, bytes: 8 | 4): boolean {
  return v.op !== OP.set && (v.type === "v128" || (bytes === 4 && v.type === "i64"));
}
