import type { Builder } from "../builder.js";
import type { Block, Inst } from "../inst.js";
import { Inst as Instruction } from "../inst.js";
import { C, OP } from "../ops.js";
import { rebuild } from "../rebuild.js";
import { MEM_SIZE, type MemType } from "../types.js";

/** An address as base value (null: none) and constant. */
export interface Place {
  readonly base: Inst | null;
  readonly offset: number;
}

export function placeOf(address: Inst): Place {
  if (address.isConst) return { base: null, offset: address.imm };
  if (address.op === OP.add && address.args[1]!.isConst) return { base: address.args[0]!, offset: address.args[1]!.imm };
  return { base: address, offset: 0 };
}

interface Known extends Place {
  readonly mem: MemType;
  readonly value: Inst;
  /** The value was stored: it may have more bits than memory keeps. */
  readonly stored: boolean;
}

/** Memory types that are forwarded: whole numbers of one lane. */
const FORWARDED: ReadonlySet<MemType | null> = new Set(["i8", "i16", "i32"]);

/**
 * Loads of what the block has just loaded or stored at the same address become that value. They cannot fault, since the first access did not. A store
 * through another base value may hit anything; through the same one it hits what its bytes overlap.
 */
export function forwardMemory(block: Block): Block {
  let known: Known[] = [];
  return rebuild(block, (i, b) => {
    if (i.op.lib) {
      if (i.op.lib.context === "memory" && i.op.effects.writes) known = [];
      return undefined;
    }
    if (i.op.code === C.load) {
      if (!FORWARDED.has(i.mem)) return undefined;
      const { base, offset } = placeOf(i.args[0]!);
      const k = known.find((x) => x.base === base && covers(x, offset, MEM_SIZE[i.mem!]));
      if (!k) {
        known.push({ base, offset, mem: i.mem!, value: i, stored: false });
        return undefined;
      }
      if (i.rmw) {
        // the store that follows relies on this check
        const probe = new Instruction(OP.probe, "void", [i.args[0]!], MEM_SIZE[i.mem!]);
        probe.immHi = 1;
        b.append(probe);
      }
      return part(b, k, offset, i.mem!);
    }
    if (i.op.code === C.store) {
      const { base, offset } = placeOf(i.args[0]!);
      const size = MEM_SIZE[i.mem!];
      known = known.filter((k) => k.base === base && isApart(k, offset, size));
      if (FORWARDED.has(i.mem)) known.push({ base, offset, mem: i.mem!, value: i.args[1]!, stored: true });
    }
    return undefined;
  });
}

function isApart(k: Known, offset: number, size: number): boolean {
  const d = (k.offset - offset) | 0;
  return d >= size || d <= -MEM_SIZE[k.mem];
}

function covers(k: Known, offset: number, size: number): boolean {
  const d = (offset - k.offset) | 0;
  return d >= 0 && d + size <= MEM_SIZE[k.mem];
}

/** What a load of type `mem` at `offset` gives. */
function part(b: Builder, k: Known, offset: number, mem: MemType): Inst {
  const shift = ((offset - k.offset) | 0) * 8;
  const v = shift ? b.shr(k.value, b.i32(shift)) : k.value;
  if (mem === "i32" || (mem === k.mem && !k.stored)) return v;
  return b.and(v, b.i32(mem === "i8" ? 0xff : 0xffff));
}
