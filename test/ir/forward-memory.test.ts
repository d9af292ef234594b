import { describe, expect, it } from "vitest";
import { eliminateDeadCode } from "../../src/ir/passes/dead-code.js";
import { forwardMemory } from "../../src/ir/passes/forward-memory.js";
import { forwardState } from "../../src/ir/passes/forward-state.js";
import { lowerFlags } from "../../src/ir/passes/lower-flags.js";
import { verifyBlock } from "../../src/ir/verify.js";
import { liftBlock } from "../../src/frontend/block.js";
import { USER32 } from "../../src/frontend/mode.js";
import { bytesAsCode } from "../../src/runtime/translate.js";
import { hex } from "../support/guest.js";

/** Loads, stores and probes that are left of a block, in order. */
function accesses(bytes: string): string[] {
  const code = hex(`${bytes} f4`);
  const block = forwardMemory(forwardState(lowerFlags(liftBlock(bytesAsCode(Uint8Array.from(code), 0x1000), 0x1000, USER32))));
  eliminateDeadCode(block);
  expect(verifyBlock(block)).toEqual([]);
  return block.insts.filter((i) => i.op.name === "load" || i.op.name === "store" || i.op.name === "probe").map((i) => `${i.op.name}${i.mem ? `.${i.mem}` : ""}`);
}

describe("forward-memory", () => {
  const cases: ReadonlyArray<readonly [what: string, bytes: string, left: string[]]> = [
    ["a second load of the same place", "8b06 8b1e", ["load.i32"]],
    ["a load of what was stored", "8906 8b1e", ["store.i32"]],
    ["a byte of what was stored", "8906 0fb65e01", ["store.i32"]],
    ["a read-modify-write after a load keeps the check of a write", "8b06 ff06", ["load.i32", "probe", "store.i32"]],
    ["push and pop", "50 5b", ["store.i32"]],
    ["a store beside it through the same register", "8b06 894e04 8b1e", ["load.i32", "store.i32"]],
    ["an overlapping store through the same register", "8b06 894e02 8b1e", ["load.i32", "store.i32", "load.i32"]],
    ["a store through another register, which may be the same place", "8b06 890f 8b1e", ["load.i32", "store.i32", "load.i32"]],
    ["more bytes than are known", "0fb606 8b1e", ["load.i8", "load.i32"]],
    ["string instructions", "8b06 aa 8b1e", ["load.i32", "store.i8", "load.i32"]],
  ];
  for (const [what, bytes, left] of cases) it(what, () => expect(accesses(bytes)).toEqual(left));
});
