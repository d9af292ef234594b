import { Block, Inst, type Terminator } from "./inst.js";
import type { Op } from "./op.js";
import { OP } from "./ops.js";
import { isFloat, LANES, MEM_SIZE, type MemType, type Type } from "./types.js";

/**
 * Blocks as lifted in 32-bit words, to be kept between runs: much smaller than the objects, and read in a fraction of the time that lifting takes.
 *
 * A block: pc, end, count, terminator (kind | hint << 8, and its three words), number of instructions, instructions. An instruction: a word of fields (below),
 * its arguments as indices of instructions in the block, then imm and immHi as far as they are not 0; of a float constant the two halves of the double.
 */

const TYPES = Object.keys(LANES) as Type[];
const MEMORY_TYPES: readonly (MemType | null)[] = [null, ...(Object.keys(MEM_SIZE) as MemType[])];
const KINDS = ["jump", "branch", "indirect", "exit", "trap"] as const;
const HINTS = [undefined, "jump", "call", "ret"] as const;

const typeIndex = new Map(TYPES.map((t, i) => [t, i]));
const memoryIndex = new Map(MEMORY_TYPES.map((t, i) => [t, i]));

// The fields of an instruction's first word.
const OP_BITS = 11, TYPE_SHIFT = 11, MEM_SHIFT = 15, ARGS_SHIFT = 19, RMW = 1 << 24, IMM = 1 << 25, IMM_HI = 1 << 26, DOUBLE = 1 << 27;

const double = new Float64Array(1), halves = new Int32Array(double.buffer);

/** Append a block to `words`. `number`: small numbers for ops, below 2048. */
export function encodeBlock(block: Block, number: (op: Op) => number, words: number[]): void {
  const places = new Map<Inst, number>();
  const t = block.term;
  const place = (i: Inst): number => {
    const at = places.get(i);
    if (at === undefined) throw new Error("a value of another block");
    return at;
  };
  block.insts.forEach((i, k) => places.set(i, k));
  const hint = t.kind === "jump" || t.kind === "indirect" ? HINTS.indexOf(t.hint) : 0;
  words.push(block.pc, block.end, block.count, KINDS.indexOf(t.kind) | (hint << 8));
  switch (t.kind) {
    case "jump": words.push(t.target, 0, 0); break;
    case "branch": words.push(place(t.cond), t.taken, t.fallthrough); break;
    case "indirect": words.push(place(t.target), 0, 0); break;
    case "exit": words.push(t.reason, t.arg, t.next); break;
    case "trap": words.push(t.vector, t.errorCode, t.next); break;
  }
  words.push(block.insts.length);
  for (const i of block.insts) {
    const wide = i.op === OP.const && isFloat(i.type);
    let head = number(i.op) | (typeIndex.get(i.type)! << TYPE_SHIFT) | (memoryIndex.get(i.mem)! << MEM_SHIFT) | (i.args.length << ARGS_SHIFT);
    if (i.rmw) head |= RMW;
    if (wide) head |= DOUBLE;
    else if (i.imm !== 0) head |= IMM;
    if (i.immHi !== 0) head |= IMM_HI;
    words.push(head);
    for (const a of i.args) words.push(place(a));
    if (wide) {
      double[0] = i.imm;
      words.push(halves[0]!, halves[1]!);
    } else if (i.imm !== 0) words.push(i.imm);
    if (i.immHi !== 0) words.push(i.immHi);
  }
}

/** The block at `at` in words that `encodeBlock` wrote, with its ops by number. */
export function decodeBlock(words: Int32Array, at: number, ops: readonly Op[]): Block {
  const block = new Block(words[at]!);
  block.end = words[at + 1]!;
  block.count = words[at + 2]!;
  const kind = KINDS[words[at + 3]! & 255]!, hint = HINTS[words[at + 3]! >> 8]!;
  const x = words[at + 4]!, y = words[at + 5]!, z = words[at + 6]!;
  const { insts } = block;
  const n = words[at + 7]!;
  let p = at + 8;
  for (let k = 0; k < n; k++) {
    const head = words[p++]!;
    const args: Inst[] = [];
    for (let m = (head >> ARGS_SHIFT) & 31; m > 0; m--) args.push(insts[words[p++]!]!);
    let imm = 0;
    if (head & DOUBLE) {
      halves[0] = words[p++]!;
      halves[1] = words[p++]!;
      imm = double[0]!;
    } else if (head & IMM) imm = words[p++]!;
    const inst = new Inst(ops[head & ((1 << OP_BITS) - 1)]!, TYPES[(head >> TYPE_SHIFT) & 15]!, args, imm);
    if (head & IMM_HI) inst.immHi = words[p++]!;
    inst.mem = MEMORY_TYPES[(head >> MEM_SHIFT) & 15]!;
    inst.rmw = (head & RMW) !== 0;
    insts.push(inst);
  }
  block.term = terminator(kind, hint, x, y, z, insts);
  return block;
}

function terminator(kind: (typeof KINDS)[number], hint: (typeof HINTS)[number], x: number, y: number, z: number, insts: readonly Inst[]): Terminator {
  switch (kind) {
    case "jump": return { kind, target: x, hint: hint === "call" ? hint : undefined };
    case "branch": return { kind, cond: insts[x]!, taken: y, fallthrough: z };
    case "indirect": return { kind, target: insts[x]!, hint: hint! };
    case "exit": return { kind, reason: x, arg: y, next: z };
    case "trap": return { kind, vector: x, errorCode: y, next: z };
  }
}
