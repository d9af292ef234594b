import { describe, expect, it } from "vitest";
import { Mode, USER32, USER64 } from "../../src/frontend/mode.js";
import { bytesAsCode, translate } from "../../src/runtime/translate.js";
import { hex } from "../support/guest.js";

// Bytes -> assembly -> IR -> optimised IR -> JavaScript, as files that people can read. After a change that is meant to alter them, run
// `npx vitest run test/golden -u` and look at the difference.

const CASES: ReadonlyArray<readonly [name: string, bytes: string, mode?: number]> = [
  ["add-flags-dead", "01d8 29cb c3"],
  ["cmp-jb", "39d8 7202 40 c3 48 c3"],
  ["loop-sum", "31c0 0306 83c604 49 75f8 c3"],
  ["inc-keeps-carry", "01d8 41 7301 c3 83d200 c3"],
  ["adc-chain", "01d8 11ca c3"],
  ["rmw-fault-order", "0107 8007 01 c3"],
  ["partial-registers", "88e3 b412 6689c8 0fb6c7 c3"],
  ["shift-variable", "d3e0 7401 c3 c3"],
  ["push-pop", "55 89e5 51 59 5d c3"],
  ["call-inlined", "e801000000 c3 40 c3"],
  ["setcc-cmov", "85c0 0f9fc2 0f4cc1 c3"],
  ["rep-movs", "f3a4 c3"],
  ["gs-tls", "65a114000000 c3"],
  ["address-16", "678b4002 c3"],
  ["code-16", "01d8 7402 40 c3 48 c3", (USER32 & ~Mode.CODE32)],
  ["code-64", "488b0510000000 4801d8 483b4708 7c02 31c0 c3", USER64],
  ["code-64-wide", "48c1e10d 480fafc1 4883f801 41881401 c3", USER64],
  ["irreducible", "740a 40 7405 41 7402 ebfc 49 75f6 c3"],
  ["undefined", "0f0b"],
  ["int80", "cd80 c3"],
];

describe("golden translations", () => {
  for (const [name, bytes, mode = USER32] of CASES) {
    it(name, async () => {
      const t = translate(bytesAsCode(Uint8Array.from(hex(bytes)), 0x1000), 0x1000, { mode });
      const parts = t.blocks.map((b) => {
        const asm = b.asm.map((i) => `${i.pc.toString(16)}  ${Buffer.from(i.bytes).toString("hex").padEnd(16)} ${i.text}`).join("\n");
        return `${asm}\n\n--- ir\n${b.ir}\n--- optimised\n${b.opt}`;
      });
      await expect(`${parts.join("\n======\n\n")}\n--- javascript\n${t.js}\n`).toMatchFileSnapshot(`cases/${name}.txt`);
    });
  }
});
