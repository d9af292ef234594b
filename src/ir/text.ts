import { Block, Inst, type Terminator } from "./inst.js";
import { findOp } from "./op.js";
import { OP } from "./ops.js";
import { stateName, stateOffset } from "./state.js";
import { isFloat, MEM_SIZE, type MemType, type Type, LANES } from "./types.js";

/**
 * Text form of a block, for dumps and tests. One instruction a line:
 *
 *   block 0x1000 end=0x1005 count=2
 *     insn 0x1000 #3
 *     v0 = get.i32 eax
 *     v1 = const.i32 5
 *     v2 = add.i32 v0 v1
 *     set.i32 eax v2
 *     v3 = load.i32 v2 mem=i8 rmw
 *     fset.void v0 v2 #10
 *     jump 0x1005
 *
 * `#a` is an instruction's immediate, `#a,b` with its second one. Constants print their value (i64: two words, low first).
 */
export function printBlock(block: Block): string {
  const names = new Map<Inst, string>();
  const lines = [`block ${hex(block.pc)} end=${hex(block.end)} count=${block.count}`];
  for (const i of block.insts) {
    if (i.type !== "void" && i.op !== OP.set) names.set(i, `v${names.size}`);
    lines.push("  " + printInst(i, names));
  }
  lines.push("  " + printTerminator(block.term, names));
  return lines.join("\n") + "\n";
}

function hex(n: number): string {
  return "0x" + (n >>> 0).toString(16);
}

function nameOf(i: Inst, names: ReadonlyMap<Inst, string>): string {
  return names.get(i) ?? "v?";
}

function printInst(i: Inst, names: ReadonlyMap<Inst, string>): string {
  const words: string[] = [];
  if (names.has(i)) words.push(names.get(i)!, "=");
  words.push(i.op === OP.insn ? "insn" : `${i.op.name}.${i.type}`);
  if (i.op === OP.insn) words.push(hex(i.imm), `#${i.immHi}`);
  else if (i.op === OP.get || i.op === OP.set) words.push(stateName(i.imm, i.type));
  else if (i.op === OP.const) words.push(i.type === "i64" ? `${i.imm} ${i.immHi}` : String(i.imm));
  for (const a of i.args) words.push(nameOf(a, names));
  if (i.mem) words.push(`mem=${i.mem}`);
  if (i.rmw) words.push("rmw");
  const shown = i.op === OP.insn || i.op === OP.get || i.op === OP.set || i.op === OP.const;
  if (!shown && (i.imm !== 0 || i.immHi !== 0)) words.push(i.immHi !== 0 ? `#${i.imm},${i.immHi}` : `#${i.imm}`);
  return words.join(" ");
}

function printTerminator(t: Terminator, names: ReadonlyMap<Inst, string>): string {
  switch (t.kind) {
    case "jump": return `jump ${hex(t.target)}${t.hint ? " " + t.hint : ""}`;
    case "branch": return `branch ${nameOf(t.cond, names)} ${hex(t.taken)} ${hex(t.fallthrough)}`;
    case "indirect": return `indirect ${nameOf(t.target, names)} ${t.hint}`;
    case "exit": return `exit ${t.reason} ${t.arg} ${hex(t.next)}`;
    case "trap": return `trap ${t.vector} ${t.errorCode} ${hex(t.next)}`;
  }
}

/** Read what printBlock wrote. Throws an Error that names the line for anything else. */
export function parseBlock(text: string): Block {
  const lines = text.split("\n").map((l) => l.replace(/;.*/, "").trim());
  const values = new Map<string, Inst>();
  let block: Block | null = null;
  let ended = false;
  lines.forEach((line, at) => {
    if (line === "") return;
    const fail = (why: string): never => {
      throw new Error(`IR line ${at + 1}: ${why}: ${line}`);
    };
    const words = line.split(/\s+/);
    const int = (w: string | undefined): number => (w !== undefined && /^-?(0x[0-9a-f]+|\d+)$/i.test(w) ? Number(w) | 0 : fail(`'${w ?? ""}' is not a number`));
    const value = (w: string | undefined): Inst => values.get(w ?? "") ?? fail(`'${w ?? ""}' is not a value`);
    if (words[0] === "block") {
      block = new Block(int(words[1]));
      for (const w of words.slice(2)) {
        const [k, v] = w.split("=");
        if (k === "end") block.end = int(v);
        else if (k === "count") block.count = int(v);
        else fail(`unknown word '${w}'`);
      }
      return;
    }
    if (!block) return fail("no block yet");
    if (ended) return fail("after the end of the block");
    const term = parseTerminator(words, int, value);
    if (term) {
      block.term = term;
      ended = true;
      return;
    }
    let name: string | null = null;
    if (words[1] === "=") {
      name = words[0]!;
      words.splice(0, 2);
    }
    const i = parseInst(words, int, value, fail);
    if (name !== null) values.set(name, i);
    block.insts.push(i);
  });
  if (!block || !ended) throw new Error("IR text has no complete block");
  return block;
}

function parseTerminator(w: string[], int: (w: string | undefined) => number, value: (w: string | undefined) => Inst): Terminator | null {
  switch (w[0]) {
    case "jump": return { kind: "jump", target: int(w[1]), hint: w[2] === "call" ? "call" : undefined };
    case "branch": return { kind: "branch", cond: value(w[1]), taken: int(w[2]), fallthrough: int(w[3]) };
    case "indirect": return { kind: "indirect", target: value(w[1]), hint: w[2] as "jump" };
    case "exit": return { kind: "exit", reason: int(w[1]), arg: int(w[2]), next: int(w[3]) };
    case "trap": return { kind: "trap", vector: int(w[1]), errorCode: int(w[2]), next: int(w[3]) };
    default: return null;
  }
}

function parseInst(
  words: string[],
  int: (w: string | undefined) => number,
  value: (w: string | undefined) => Inst,
  fail: (why: string) => never,
): Inst {
  const dot = words[0]!.lastIndexOf(".");
  if (words[0] === "insn") {
    const i = new Inst(OP.insn, "void", [], int(words[1]));
    i.immHi = int(words[2]?.slice(1));
    return i;
  }
  const op = findOp(words[0]!.slice(0, dot)) ?? fail(`unknown op '${words[0]}'`);
  const type = words[0]!.slice(dot + 1) as Type;
  if (!(type in LANES)) fail(`unknown type '${type}'`);
  const i = new Inst(op, type, []);
  let k = 1;
  if (op === OP.get || op === OP.set) {
    i.imm = stateOffset(words[k++] ?? "");
    if (i.imm < 0) fail("unknown state location");
  } else if (op === OP.const) {
    i.imm = isFloat(type) ? Number(words[k++]) : int(words[k++]);
    if (type === "i64") i.immHi = int(words[k++]);
  }
  for (; k < words.length; k++) {
    const w = words[k]!;
    if (w === "rmw") i.rmw = true;
    else if (w.startsWith("mem=")) {
      i.mem = w.slice(4) as MemType;
      if (!(i.mem in MEM_SIZE)) fail(`unknown memory type '${i.mem}'`);
    } else if (w.startsWith("#")) {
      const [a, b] = w.slice(1).split(",");
      i.imm = int(a);
      if (b !== undefined) i.immHi = int(b);
    } else i.args.push(value(w));
  }
  return i;
}
