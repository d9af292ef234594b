import type { Builder } from "../builder.js";
import { condValue, flagBits, type FlagRecord, widened } from "../flag-values.js";
import { ARITH, FlagFamily, FlagSize, flagKind, isWideKind } from "../flags.js";
import type { Block, Inst } from "../inst.js";
import { C } from "../ops.js";
import { rebuild } from "../rebuild.js";
import { FLAG_A, FLAG_KIND, FLAG_R } from "../state.js";

const RAW = flagKind(FlagFamily.RAW, FlagSize.B8);

/**
 * The constant kind that a block leaves in the lazy triple when it is entered with `entry` (-1: not known), for dataflow over a region.
 */
export function flagKindAfter(block: Block, entry: number): number {
  let kind = entry;
  for (const i of block.insts) {
    switch (i.op.code as C) {
      case C.fset: kind = i.args.length === 3 ? -1 : i.imm; break;
      case C.fsetif: kind = -1; break;
      case C.fmod: kind = RAW; break;
    }
  }
  return kind;
}

/**
 * Replace flag ops by their meaning: records become sets of the lazy triple's three locations, conditions and reads become comparisons of
 * the operands that are known there (within the block, or from before it if all ways into the block leave the same kind, `entryKind`).
 * `wide`: 64-bit code, where a record that is not known may be of 64 bits.
 */
export function lowerFlags(block: Block, entryKind = -1, wide = false): Block {
  let current: FlagRecord | null = null;

  const record = (b: Builder): FlagRecord => {
    if (!current) {
      const kindValue = entryKind < 0 ? b.get("i32", FLAG_KIND) : null;
      const type = wide && (entryKind < 0 || isWideKind(entryKind)) ? "i64" : "i32";
      current = { kind: entryKind, kindValue, a: b.get(type, FLAG_A), r: b.get(type, FLAG_R) };
    }
    return current;
  };
  const assign = (b: Builder, f: FlagRecord): void => {
    current = f;
    b.set(FLAG_KIND, f.kind >= 0 ? b.i32(f.kind) : f.kindValue!);
    b.set(FLAG_A, f.a);
    b.set(FLAG_R, f.r);
  };
  const low = (b: Builder, v: Inst): Inst => (v.type === "i1" ? b.zext(v) : v);

  return rebuild(block, (i, b) => {
    switch (i.op.code as C) {
      case C.fset: {
        const [a, r, carry] = i.args as [Inst, Inst, Inst | undefined];
        if (carry?.isConst) assign(b, { kind: i.imm | (carry.imm << 2), kindValue: null, a, r });
        else if (carry) assign(b, { kind: -1, kindValue: b.or(b.shl(b.zext(carry), b.i32(2)), b.i32(i.imm)), a, r });
        else assign(b, { kind: i.imm, kindValue: null, a: low(b, a), r });
        return null;
      }
      case C.fsetif: {
        const [cond, a, r] = i.args as [Inst, Inst, Inst];
        const old = record(b);
        const oldKind = old.kind >= 0 ? b.i32(old.kind) : old.kindValue!;
        const choose = (x: Inst, y: Inst): Inst => (x.type === y.type ? b.select(cond, x, y) : b.select(cond, widened(b, x), widened(b, y)));
        assign(b, { kind: -1, kindValue: b.select(cond, b.i32(i.imm), oldKind), a: choose(a, old.a), r: choose(r, old.r) });
        return null;
      }
      case C.fmod: {
        const value = i.args[0]!;
        const rest = ARITH & ~i.imm;
        const a = rest === 0 ? value : b.or(flagBits(b, record(b), rest), value);
        assign(b, { kind: RAW, kindValue: null, a, r: b.i32(0) });
        return null;
      }
      case C.fcond: return condValue(b, record(b), i.imm);
      case C.fget: return flagBits(b, record(b), i.imm);
      default: return undefined;
    }
  });
}
