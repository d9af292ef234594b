import { describe, expect, it } from "vitest";
import { readEflags } from "../../src/ir/eflags.js";
import { GPR, PC } from "../../src/ir/state.js";
import { translate } from "../../src/runtime/translate.js";
import type { Tier } from "../../src/runtime/tiers.js";
import { CODE, hex, makeGuest, runGuest, STACK } from "../support/guest.js";

// Accesses at known distances from the stack pointer are checked together, on entry to a region; where that is refused, tier 0 goes on.

const ESP = (GPR >> 2) + 8, ECX = (GPR >> 2) + 2;

/** push eax; push ebx; L: mov eax, [esp+8]; add [esp+4], eax; call F; dec ecx; jne L; pop ebx; pop eax; hlt; F: mov edx, [esp+16]; ret */
const LOOP = "50 53 8b442408 01442404 e805000000 49 75f0 5b 58 f4 8b542410 c3";

/** Lines of JavaScript that check an access through any window. */
const checks = (code: string): number => translate(Uint8Array.from(hex(code))).js.split("\n").filter((line) => /\b(rd|wr)s?\(/.test(line)).length;

function run(tier: Tier, code: string, esp: number, prepare: (g: ReturnType<typeof makeGuest>) => void = () => {}): unknown {
  const g = makeGuest(hex(code), tier);
  for (let i = 0; i < 0x1000; i++) g.memory.bytes[STACK + i] = (i * 37) & 255;
  prepare(g);
  for (let r = 0; r < 8; r++) if (r !== 4) g.S[(GPR >> 2) + r * 2] = 0x01010101 * r;
  g.S[ECX] = 5;
  g.S[ESP] = esp;
  const exit = runGuest(g, 200);
  const { fault } = g.cpu;
  const regs = Array.from({ length: 8 }, (_, r) => g.S[(GPR >> 2) + r * 2]);
  return {
    exit, regs, pc: g.S[PC >> 2], flags: readEflags(g.S), fault: fault && [fault.vector, fault.errorCode, fault.address], n: g.cpu.instructions,
    memory: Buffer.from(g.memory.bytes.slice(STACK, STACK + 0x1000)).toString("base64"), code: Buffer.from(g.memory.bytes.slice(CODE, CODE + 0x1000)).toString("base64"),
  };
}

describe("frame checks", () => {
  it("one check for all of a region: pushes, a loop, a call and a frame pointer", () => {
    expect(checks(LOOP)).toBe(1);
    // push ebp; mov ebp, esp; sub esp, 32; mov eax, [ebp+8]; mov [ebp-4], eax; leave; ret
    expect(checks("55 89e5 83ec20 8b4508 8945fc c9 c3")).toBe(1);
  });

  it("what is known of the stack pointer ends where it is set, and where ways meet with other distances", () => {
    // mov eax, [esp]; mov ebx, [esp+4]; mov esp, ecx; mov eax, [esp+8]; ret
    expect(checks("8b0424 8b5c2404 89cc 8b442408 c3")).toBe(2);
    // L: mov eax, [esp]; mov ebx, [esp+4]; push eax; dec ecx; jne L: another distance each round
    expect(checks("8b0424 8b5c2404 50 49 75f5 c3")).toBeGreaterThan(1);
    // mov eax, [esp+0x1000]; mov ebx, [esp+0x1004]; mov ecx, [esp]; ret: too far
    expect(checks("8b842400100000 8b9c2404100000 8b0c24 c3")).toBe(2);
  });

  it("flags that nobody can see behind a check on entry are not computed", () => {
    // ror eax, 6; mov ebx, [esp]; ror ecx, 3; mov edx, [esp+4]; xor eax, ecx; ret
    expect(translate(Uint8Array.from(hex("c1c806 8b1c24 c1c903 8b542404 31c8 c3"))).js).not.toContain("flags_get");
    // the same through a register that is no frame
    expect(translate(Uint8Array.from(hex("c1c806 8b1e c1c903 8b17 31c8 c3"))).js).toContain("flags_get");
  });

  it("over the ends of the stack both tiers do the same", () => {
    for (const end of [STACK, STACK + 0x1000]) {
      for (let d = -44; d < 44; d += 3) expect(run("jit", LOOP, end + d), `esp ${(end + d).toString(16)}`).toEqual(run("interp", LOOP, end + d));
    }
  });

  it("beside translated code on the stack's page both tiers do the same", () => {
    for (let d = 16; d < 100; d += 5) expect(run("jit", LOOP, CODE + d), `distance ${d}`).toEqual(run("interp", LOOP, CODE + d));
  });

  it("a region that is refused all the time does without", () => {
    // L: mov eax, [esp]; test ebx, ebx; jne F; B: dec ecx; jne L; hlt; F: mov eax, [esp+0x100]; jmp B, with nothing above the stack
    const g = makeGuest(hex("8b0424 85db 7504 49 75f7 f4 8b842400010000 ebf3"), "auto", 10);
    g.S[ESP] = STACK + 0x1000 - 8;
    // let F be known, then never taken again
    g.S[GPR >> 2] = 0;
    let interp = 0;
    for (let round = 0; round < 40; round++) {
      g.S[PC >> 2] = CODE;
      g.S[ESP] = round === 0 ? STACK + 0x800 : STACK + 0x1000 - 8;
      g.S[(GPR >> 2) + 6] = round === 0 ? 1 : 0;
      g.S[ECX] = 100;
      interp = g.cpu.counters.interp;
      runGuest(g);
    }
    expect(g.cpu.counters.interp - interp).toBeLessThan(20);
  });
});
