import { describe, expect, it } from "vitest";
import { readEflags } from "../../src/ir/eflags.js";
import { GPR, PC } from "../../src/ir/state.js";
import type { Tier } from "../../src/runtime/tiers.js";
import { CODE, DATA, DATA_SIZE, hex, makeGuest, runGuest } from "../support/guest.js";
import { Perm } from "../../src/mmu/perm.js";

// Accesses at constant distances from one register, or from one sum of registers, are checked together, at the first of them. Whichever faults, everything before it has happened
// and nothing after it; also where they straddle pages, or lie in a line of the code.

const BODIES: Readonly<Record<string, string>> = {
  "loads": "8b06 8b5e08 8b4e10 0fb65621",
  "loads, then stores": "8b06 8b5e08 894604 895e0c 884621",
  "read-modify-write": "0106 015e08 ff4610 80762101",
  "by an index": "8b0c86 8b5c8608 894c860c 015c8610 8074862101",
  "words and bytes": "668b06 668906 8a5e1f 885e20 66ff4e21",
};

function run(tier: Tier, body: string, esi: number, prepare: (g: ReturnType<typeof makeGuest>) => void): unknown {
  const g = makeGuest(hex(`${body} 4d 75${((256 - body.replace(/ /g, "").length / 2 - 3) & 255).toString(16).padStart(2, "0")}`), tier);
  for (let i = 0; i < DATA_SIZE; i++) g.memory.bytes[DATA + i] = (i * 37) & 255;
  prepare(g);
  for (let r = 0; r < 8; r++) if (r !== 4) g.S[(GPR >> 2) + r * 2] = 0x01010101 * r;
  g.S[(GPR >> 2) + 10] = 3;
  g.S[(GPR >> 2) + 12] = esi;
  const exit = runGuest(g, 100);
  const { fault } = g.cpu;
  const regs = Array.from({ length: 8 }, (_, r) => g.S[(GPR >> 2) + r * 2]);
  const memory = Buffer.from(g.memory.bytes.slice(DATA - 0x1000, DATA + DATA_SIZE)).toString("base64");
  const code = Buffer.from(g.memory.bytes.slice(CODE, CODE + 0x2000)).toString("base64");
  return { exit, regs, pc: g.S[PC >> 2], flags: readEflags(g.S), fault: fault && [fault.vector, fault.errorCode, fault.address], memory, code, n: g.cpu.instructions };
}

describe("accesses checked together", () => {
  for (const [name, body] of Object.entries(BODIES)) {
    it(`${name}: over the ends of what is mapped`, () => {
      for (const end of [DATA, DATA + DATA_SIZE]) {
        for (let d = -40; d < 40; d += 3) expect(run("jit", body, end + d, () => {}), `esi ${(end + d).toString(16)}`).toEqual(run("interp", body, end + d, () => {}));
      }
    });

    it(`${name}: over the ends of pages, one of them read-only`, () => {
      for (const prot of [Perm.READ | Perm.WRITE, Perm.READ]) {
        for (let d = -40; d < 4; d += 3) {
          const prepare = (g: ReturnType<typeof makeGuest>): void => g.memory.protect(DATA + 0x1000, 0x1000, prot);
          expect(run("jit", body, DATA + 0x1000 + d, prepare), `distance ${d}`).toEqual(run("interp", body, DATA + 0x1000 + d, prepare));
        }
      }
    });

    it(`${name}: beside translated code`, () => {
      for (let d = 30; d < 160; d += 9) expect(run("jit", body, CODE + d, () => {}), `distance ${d}`).toEqual(run("interp", body, CODE + d, () => {}));
    });
  }
});
