import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { USER64 } from "../../src/frontend/mode.js";
import { Exit } from "../../src/ir/exit.js";
import { EXIT_ARG, GPR, PC, Reg } from "../../src/ir/state.js";
import { Perm, UserMemory } from "../../src/mmu/user-memory.js";
import { parseElf } from "../../src/runtime/linux/elf.js";
import { type Tier, UserCpu } from "../../src/runtime/user-cpu.js";
import { NO_HOST } from "../support/guest.js";

const STACK = 0x10000000, STACK_BYTES = 0x100000;

/** Run a static x86-64 program that knows the i386 system calls write and exit; gives what it wrote. */
function run(file: string, tier: Tier): { output: string; cpu: UserCpu } {
  const bytes = new Uint8Array(readFileSync(file));
  const image = parseElf({ size: bytes.length, read: (at, n) => bytes.slice(at, at + n) }, 0xffff0000, 64);
  const memory = new UserMemory(1 << 29);
  for (const s of image.segments) {
    const from = s.vaddr & -4096, to = (s.vaddr + s.memsz + 4095) & -4096;
    memory.map(from, to - from, Perm.READ | (s.flags & 2 ? Perm.WRITE : 0) | (s.flags & 1 ? Perm.EXEC : 0));
    memory.bytes.set(bytes.subarray(s.offset, s.offset + s.filesz), s.vaddr);
  }
  memory.map(STACK - STACK_BYTES, STACK_BYTES, Perm.READ | Perm.WRITE);
  const cpu = new UserCpu(memory, NO_HOST, { tier, mode: USER64 });
  const { S } = cpu.state;
  const register = (r: Reg): number => S[(GPR >> 2) + 2 * r]!;
  S[PC >> 2] = image.entry;
  S[(GPR >> 2) + 2 * Reg.ESP] = STACK - 64;
  let output = "";
  for (;;) {
    const exit = cpu.run(1e9);
    if (exit === Exit.budget) continue;
    if (exit !== Exit.interrupt || S[EXIT_ARG >> 2] !== 0x80) throw new Error(`exit ${exit} at ${S[PC >> 2]!.toString(16)}: ${JSON.stringify(cpu.fault)}`);
    if (register(Reg.EAX) === 1) return { output, cpu };
    output += Buffer.from(memory.bytes.subarray(register(Reg.ECX), register(Reg.ECX) + register(Reg.EDX))).toString();
  }
}

describe("a program of 64-bit code", () => {
  // integers, CRC-32, doubles, x87, strings, calls, an interpreter: exact arithmetic, whose results do not depend on the width of registers
  test.each(["auto", "jit"] as const)("gives the processor's results on tier %s", (tier) => {
    const { output, cpu } = run("samples/checksums64", tier);
    expect(output).toBe(readFileSync("samples/checksums.expected", "utf8"));
    expect(cpu.counters.jit).toBeGreaterThan(7e7);
  }, 60_000);
});
