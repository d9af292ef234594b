import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { USER64 } from "../../src/frontend/mode.js";
import { Exit } from "../../src/ir/exit.js";
import { EXIT_ARG, GPR, PC, Reg } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { parseElf } from "../../src/runtime/linux/elf.js";
import type { Tier } from "../../src/runtime/tiers.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";
import { CODE, hex, makeGuest, NO_HOST, STACK as GUEST_STACK } from "../support/guest.js";

const STACK = 0x10000000, STACK_BYTES = 0x100000;
/** RSP of makeGuest. */
const STACK_TOP = GUEST_STACK + 0x800;

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

describe("what leaves the run loop", () => {
  /** Run code at CODE until it leaves. */
  function leave(code: string, tier: Tier): { exit: Exit; S: Int32Array; cpu: UserCpu } {
    const { cpu, S } = makeGuest(hex(code), tier, undefined, USER64);
    return { exit: cpu.run(100), S, cpu };
  }

  test.each(["interp", "jit"] as const)("SYSCALL gives RIP and RFLAGS to RCX and R11, tier %s", (tier) => {
    // mov rcx, -1; mov r11, rcx; stc; syscall
    const { exit, S } = leave("48 c7 c1 ff ff ff ff 49 89 cb f9 0f 05", tier);
    expect(exit).toBe(Exit.syscall);
    expect(S[PC >> 2]).toBe(CODE + 13);
    expect([S[(GPR >> 2) + 2], S[(GPR >> 2) + 3]]).toEqual([CODE + 13, 0]);
    expect([S[(GPR >> 2) + 22], S[(GPR >> 2) + 23]]).toEqual([3, 0]);
  });

  test.each(["interp", "jit"] as const)("what is not lifted stays where it is, tier %s", (tier) => {
    // inc eax; vzeroupper
    const { exit, S } = leave("ff c0 c5 f8 77", tier);
    expect(exit).toBe(Exit.unsupported);
    expect(S[PC >> 2]).toBe(CODE + 2);
    expect(S[GPR >> 2]).toBe(1);
  });

  test.each(["interp", "jit"] as const)("jumps beyond 4 GiB fault themselves, tier %s", (tier) => {
    // mov rax, 0x123400001000; call rax
    const { exit, S, cpu } = leave("48 b8 00 10 00 00 34 12 00 00 ff d0", tier);
    expect(exit).toBe(Exit.fault);
    expect(S[PC >> 2]).toBe(CODE + 10);
    expect(cpu.fault).toMatchObject({ vector: 14, errorCode: 0x14, address: 0x1000, addressHigh: 0x1234 });
    expect(S[(GPR >> 2) + 8]).toBe(STACK_TOP);
    // jmp -0x20000: below 0
    expect(leave("e9 00 00 fe ff", tier)).toMatchObject({ exit: Exit.fault });
  });
});

describe("a program of 64-bit code", () => {
  // integers, CRC-32, doubles, x87, strings, calls, an interpreter: exact arithmetic, whose results do not depend on the width of registers
  test.each(["auto", "jit"] as const)("gives the processor's results on tier %s", (tier) => {
    const { output, cpu } = run("samples/checksums64", tier);
    expect(output).toBe(readFileSync("samples/checksums.expected", "utf8"));
    expect(cpu.counters.jit).toBeGreaterThan(7e7);
  });
});
