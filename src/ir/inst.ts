import { OP } from "./ops.js";
import type { Op } from "./op.js";
import type { Step } from "./steps.js";
import type { MemType, Type } from "./types.js";

/** One IR instruction, which is also the value it computes. */
export class Inst {
  /** The interpreter's, set when its block first runs there: index of the value's first lane in the frame, those of the first two operands, and what to do. */
  slot = -1;
  a = 0;
  b = 0;
  step: Step | null = null;
  /** Number of uses, valid after countUses(). */
  uses = 0;
  immHi = 0;
  mem: MemType | null = null;
  /** On a load: checked as a write, a store to the same bytes follows. On a store: that load came before. */
  rmw = false;

  constructor(
    public op: Op,
    /** Type of the result; for `set` the type of the value that is set. */
    public type: Type,
    public args: Inst[],
    public imm = 0,
  ) {}

  get isConst(): boolean {
    return this.op === OP.const;
  }
}

/** How a block ends. PCs are guest offsets within CS (linear addresses in flat modes). */
export type Terminator =
  /** Go on at a known PC. */
  | { kind: "jump"; target: number; hint?: "call" | undefined }
  /** if cond then taken else fallthrough; both known. */
  | { kind: "branch"; cond: Inst; taken: number; fallthrough: number }
  /** Go on at a computed PC. `hint` tells calls and returns from jumps; `returnTo`: for a call, the address it will return to. */
  | { kind: "indirect"; target: Inst; hint: "jump" | "call" | "ret" }
  /** Leave the run loop with an exit reason (exit.ts); PC becomes `next` first. */
  | { kind: "exit"; reason: number; arg: number; next: number }
  /** Raise an exception whose return address is `next` (software interrupts) or the instruction itself. */
  | { kind: "trap"; vector: number; errorCode: number; next: number };

/** A straight run of guest instructions with one entry, lifted. */
export class Block {
  readonly insts: Inst[] = [];
  /** What a sampler knows it by; 0: it was not asked for yet (runtime/inspect/whereabouts.ts). */
  number = 0;
  term: Terminator = { kind: "exit", reason: 0, arg: 0, next: 0 };
  /** Guest instructions in it. */
  count = 0;
  /** Linear address after its last byte. */
  end: number;
  /** Lanes that its values need, valid after number(). */
  frame = 0;

  constructor(
    /** Linear address of its first byte. */
    readonly pc: number,
  ) {
    this.end = pc;
  }
}
