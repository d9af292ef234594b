import { FlagSize } from "./flags.js";
import type { Block, Inst } from "./inst.js";
import { C } from "./ops.js";
import { STATE_SIZE } from "./state.js";
import { LANES, type Type, VALUE_TYPE } from "./types.js";

/**
 * Check that a block is well formed: every operand is defined before its use, and every instruction has the operands and types that its op
 * demands. Returns what is wrong, one line each; empty if nothing.
 */
export function verifyBlock(block: Block): string[] {
  const errors: string[] = [];
  const defined = new Set<Inst>();
  block.insts.forEach((i, at) => {
    const say = (why: string): void => void errors.push(`${at}: ${i.op.name}.${i.type}: ${why}`);
    for (const a of i.args) {
      if (!defined.has(a)) say(`operand ${a.op.name}.${a.type} is not defined before`);
      if (a.type === "void" || a.op.code === C.set) say("operand has no value");
    }
    check(i, say);
    defined.add(i);
  });
  const t = block.term;
  if (t.kind === "branch" && (!defined.has(t.cond) || t.cond.type !== "i1")) errors.push("end: condition is not a defined i1");
  if (t.kind === "indirect" && (!defined.has(t.target) || t.target.type !== "i32")) errors.push("end: target is not a defined i32");
  const begun = block.insts.filter((i) => i.op.code === C.insn).length;
  if (begun !== block.count) errors.push(`end: ${begun} instruction markers, but the block counts ${block.count}`);
  return errors;
}

/** Operands of 64 bits belong to flags of that size, others to all others. */
function isFlagOperand(i: Inst, type: Type | undefined): boolean {
  return type === ((i.imm & 3) === FlagSize.B64 ? "i64" : "i32");
}

function check(i: Inst, say: (why: string) => void): void {
  const types = i.args.map((a) => a.type);
  const args = (...want: Type[]): void => {
    if (want.length !== types.length || want.some((t, k) => t !== types[k])) say(`operands are (${types.join(", ")}), not (${want.join(", ")})`);
  };
  const result = (...allowed: Type[]): void => {
    if (!allowed.includes(i.type)) say(`type is not ${allowed.join(" or ")}`);
  };
  const { lib } = i.op;
  if (lib) {
    if (lib.lanewise) args(...new Array<Type>(lib.args.length).fill(i.type));
    else {
      args(...lib.args);
      result(lib.result);
    }
    return;
  }
  switch (i.op.code as C) {
    case C.const: args(); result("i1", "i32", "i64", "f64", "f32", "v128"); break;
    case C.get:
      args();
      if (i.imm < 0 || i.imm + LANES[i.type] * 4 > STATE_SIZE || i.imm % 4 !== 0) say(`no state location ${i.imm}`);
      break;
    case C.set:
      args(i.type);
      if (i.imm < 0 || i.imm >= STATE_SIZE || i.imm % 4 !== 0) say(`no state location ${i.imm}`);
      break;
    case C.insn: args(); result("void"); break;
    case C.add: case C.sub: case C.mul: args(i.type, i.type); result("i32", "i64"); break;
    case C.and: case C.or: case C.xor: args(i.type, i.type); result("i1", "i32", "i64", "v128", "v256"); break;
    case C.shl: case C.shr: case C.sar: case C.rotl: case C.rotr: args(i.type, "i32"); result("i32", "i64"); break;
    case C.ext8s: case C.ext16s: case C.clz: args("i32"); result("i32"); break;
    case C.not: args("i1"); result("i1"); break;
    case C.zext: args("i1"); result("i32"); break;
    case C.eq: case C.ne: case C.ltu: case C.lts: case C.leu: case C.les:
      result("i1");
      if (types.length !== 2 || types[0] !== types[1] || !["i1", "i32", "i64"].includes(types[0]!)) say(`operands are (${types.join(", ")})`);
      break;
    case C.select: args("i1", i.type, i.type); break;
    case C.pack:
      if (types.length !== LANES[i.type] || types.some((t) => t !== "i32")) say(`operands are (${types.join(", ")})`);
      break;
    case C.lane:
      result("i32");
      if (types.length !== 1 || i.imm < 0 || i.imm >= LANES[types[0]!]) say(`no lane ${i.imm}`);
      break;
    case C.fadd: case C.fsub: case C.fmul: case C.fdiv: args(i.type, i.type); result("f32", "f64"); break;
    case C.fsqrt: args(i.type); result("f32", "f64"); break;
    case C.feq: case C.flt: case C.fle: case C.funord:
      result("i1");
      if (types.length !== 2 || types[0] !== types[1] || (types[0] !== "f32" && types[0] !== "f64")) say(`operands are (${types.join(", ")})`);
      break;
    case C.load:
      args("i32");
      if (!i.mem || VALUE_TYPE[i.mem] !== i.type) say(`memory type ${i.mem ?? "none"} does not load this type`);
      break;
    case C.store:
      if (!i.mem || types[0] !== "i32" || types[1] !== VALUE_TYPE[i.mem]) say(`operands are (${types.join(", ")}) for memory type ${i.mem ?? "none"}`);
      break;
    case C.probe:
      args("i32");
      if (i.imm < 1 || i.imm > 4096) say(`size ${i.imm}`);
      break;
    case C.limit:
      args("i32");
      if ((i.imm & 7) > 5 || i.immHi < 1) say(`segment ${i.imm & 7}, size ${i.immHi}`);
      break;
    case C.reach: args("i64"); break;
    case C.fset:
      if (!isFlagOperand(i, types[0]) || !isFlagOperand(i, types[1]) || (types.length > 2 && types[2] !== "i1") || types.length > 3 || types.length < 2) say(`operands are (${types.join(", ")})`);
      break;
    case C.fsetif:
      if (types.length !== 3 || types[0] !== "i1" || !isFlagOperand(i, types[1]) || !isFlagOperand(i, types[2])) say(`operands are (${types.join(", ")})`);
      break;
    case C.fmod: args("i32"); break;
    case C.fcond: args(); result("i1"); break;
    case C.fget: args(); result("i32"); break;
    case C.trapif: args("i1"); break;
  }
}
