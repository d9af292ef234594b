import { describe, expect, it } from "vitest";
import { DATA } from "../frontend/harness.js";
import { vectorOutcome } from "../support/vector-outcome.js";
import { xorshift } from "../support/xorshift.js";

// In loops, halves of vector registers live in locals, as doubles or as integers, where all accesses are of one kind: random loops that mix the
// kinds in every way leave the same registers and memory on both tiers.

/** Opcodes with a ModRM byte; registers or 16 bytes of memory as the second operand. */
const INTEGER = ["660ffe", "660ffc", "660fef", "660fdb", "660f61", "660f6c", "660f70:1b", "660f72e0+:05", "660fd4", "660f6f", "660f7f", "660f74", "660f3a0f:05", "660ff6"];
const DOUBLE = ["f20f58", "f20f59", "f20f5c", "f20f10", "f20f11", "660f58", "660f14", "660f15", "660fc6:01", "660f28", "660f54", "660f57", "f20f5f", "660f12m", "660f17m", "f20f12"];
const SINGLE = ["f30f58", "0f59", "f30f10", "f30f11", "0f14", "0fc6:4e", "0f28", "f30f5a", "f20f5a", "0f5b", "660f5b"];

const random = xorshift(99);

function byte(v: number): string {
  return (v & 0xff).toString(16).padStart(2, "0");
}

function instruction(pool: readonly string[]): string {
  const [opcode, imm = ""] = pool[random(pool.length)]!.split(":") as [string, string?];
  // shifts by an immediate: the register is the second field, the first is part of the opcode
  if (opcode.endsWith("e0+")) return opcode.slice(0, -3) + byte(0xe0 | random(8)) + imm;
  const onlyMemory = opcode.endsWith("m");
  const base = onlyMemory ? opcode.slice(0, -1) : opcode;
  const reg = random(4) << 3;
  return base + (onlyMemory || random(3) === 0 ? byte(0x46 | reg) + byte(random(4) * 16) : byte(0xc0 | reg | random(4))) + imm;
}

function loop(): string {
  const pools = [INTEGER, DOUBLE, SINGLE];
  const chosen = random(4) === 0 ? pools.flat() : random(2) ? pools[random(3)]! : [...pools[random(3)]!, ...pools[random(3)]!];
  let body = "";
  for (let k = 2 + random(7); k > 0; k--) {
    body += instruction(chosen);
    if (random(6) === 0) body += "f6c1017501" + "42"; // test cl,1; jnz +1; inc edx
  }
  const back = -(body.length / 2 + 1 + 2);
  return body + "49" + "75" + byte(back); // dec ecx; jnz
}

/** Registers and memory to begin with: any bits, or floats of both kinds with all sorts of NaNs among them. */
type Values = () => number;
const anything = (): Values => {
  let s = 1;
  return () => (s = Math.imul(s, 1103515245) + 12345);
};
const withNaNs = (): Values => {
  const next = anything();
  const patterns = [0x7f800001, 0xff812345 | 0, 0x7fc00001, 0x7ff00001, 0xfff80000 | 0, 0x7f800000, 0x3f800000, 0xbf99999a | 0, 0x40490fdb, 0];
  return () => patterns[(next() >>> 16) % patterns.length]!;
};

const run = (tier: "interp" | "jit", code: string, values: Values): number[] => vectorOutcome(tier, code, values, { esi: DATA, ecx: 40 });

describe("vector registers in locals", () => {
  it.each([["any bits", anything], ["NaNs", withNaNs]])("are what the interpreter computes, in 400 random loops on %s", (_, values) => {
    for (let k = 0; k < 400; k++) {
      const code = loop();
      const want = run("interp", code, values());
      expect(want[3], `${code} ran to its end`).toBe(0);
      expect(run("jit", code, values()), code).toEqual(want);
    }
  });
});
