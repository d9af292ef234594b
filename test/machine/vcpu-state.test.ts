import { describe, expect, it } from "vitest";
import { EFL, FCW, FTW, GPR, MXCSR, PC, Reg, Seg, SEG_ATTR, SEG_BASE, SEG_LIMIT, SEG_SEL, XMM } from "../../src/ir/state.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { SliceEnd, type VcpuEnvironment } from "../../src/runtime/machine/contract.js";
import { Vcpu } from "../../src/runtime/machine/cpu/vcpu.js";
import { MachineTranslations } from "../../src/runtime/machine/translations.js";
import { GuestMachine } from "./guest-machine.js";

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.replaceAll(" ", "").match(/../g)!, (h) => parseInt(h, 16));
}

/** Vector n's handler of a real-mode guest at `at`. */
function vector(m: PhysicalMemory, n: number, at: number): void {
  m.write32(n * 4, at);
}

function environment(pending: number[] = []): VcpuEnvironment {
  return {
    ports: { portIn: () => 0, portOut() {} },
    interrupts: { pending: () => pending.length > 0, acknowledge: () => pending.shift()! },
    msrs: { readMsr: () => false, writeMsr: () => false, tscChanged() {} },
    clock: { ticks: () => 0 },
  };
}

/** Registers that RESET and INIT set alike (SDM vol. 3, table 10-1). */
function expectInitial(v: Vcpu): void {
  const { S } = v.p;
  expect(v.p.eflags).toBe(2);
  expect(S[PC >> 2]).toBe(0xfff0);
  expect([v.mmu.cr3, v.mmu.cr4, v.mmu.efer, v.p.cr2]).toEqual([0, 0, 0, 0]);
  expect([0, 1, 2, 3, 4, 5, 6, 7].map((k) => S[(GPR >> 2) + k * 2])).toEqual([0, 0, 0x106a5, 0, 0, 0, 0, 0]);
  for (const seg of [Seg.ES, Seg.CS, Seg.SS, Seg.DS, Seg.FS, Seg.GS]) {
    const cs = seg === Seg.CS;
    expect([S[(SEG_SEL >> 2) + seg]!, S[(SEG_BASE >> 2) + seg * 2]! >>> 0, S[(SEG_LIMIT >> 2) + seg]!, S[(SEG_ATTR >> 2) + seg]!])
      .toEqual([cs ? 0xf000 : 0, cs ? 0xffff0000 : 0, 0xffff, 0x9300]);
  }
  expect([v.p.gdt, v.p.idt]).toEqual([{ base: 0, limit: 0xffff }, { base: 0, limit: 0xffff }]);
  expect(v.p.ldt).toEqual({ selector: 0, base: 0, limit: 0xffff, attr: 0x8200 });
  expect(v.p.tr).toEqual({ selector: 0, base: 0, limit: 0xffff, attr: 0x8b00 });
  expect([v.p.debug.dr6 >>> 0, v.p.debug.dr7]).toEqual([0xffff0ff0, 0x400]);
  expect(v.p.cpl).toBe(0);
}

describe("RESET, INIT, SIPI", () => {
  it("RESET", () => {
    const v = new Vcpu(0, new PhysicalMemory(1 << 20), environment());
    const { S } = v.p;
    const dirty = (): void => {
      S.fill(0x5a5a5a5a, 0, 32);
      S[XMM >> 2] = 1;
      S[FCW >> 2] = 0x123;
      S[MXCSR >> 2] = 0x1fbf;
      v.p.msrs.sysenterCs = 8;
      v.mmu.writeEfer(0x800);
    };
    dirty();
    v.reset();
    expectInitial(v);
    expect(v.mmu.cr0).toBe(0x60000010);
    expect([S[FCW >> 2], S[FTW >> 2], S[MXCSR >> 2], S[XMM >> 2]]).toEqual([0x40, 0xff, 0x1f80, 0]);
    expect(v.p.msrs.sysenterCs).toBe(0);
  });

  it("INIT keeps CR0.CD and NW, x87, SSE and most MSRs", () => {
    for (const cacheBits of [0, 0x40000000, 0x60000000]) {
      const v = new Vcpu(0, new PhysicalMemory(1 << 20), environment());
      const { S } = v.p;
      v.mmu.writeCr0(cacheBits | 0x10011);
      v.mmu.writeEfer(0x800);
      v.mmu.writeCr4(0x10);
      S[XMM >> 2] = 77;
      S[FCW >> 2] = 0x123;
      S[MXCSR >> 2] = 0x1fbf;
      v.p.msrs.sysenterCs = 8;
      v.init();
      expectInitial(v);
      expect(v.mmu.cr0).toBe(cacheBits | 0x10);
      expect([S[FCW >> 2], S[MXCSR >> 2], S[XMM >> 2], v.p.msrs.sysenterCs]).toEqual([0x123, 0x1fbf, 77, 8]);
    }
  });

  it("an application processor waits for SIPI, which a running one ignores", () => {
    const v = new Vcpu(1, new PhysicalMemory(1 << 20), environment());
    expect(v.run(10, true)).toBe(SliceEnd.waitForSipi);
    v.sipi(0x9a);
    const { S } = v.p;
    expect([S[(SEG_SEL >> 2) + Seg.CS], S[(SEG_BASE >> 2) + Seg.CS * 2], S[(SEG_LIMIT >> 2) + Seg.CS], S[PC >> 2]]).toEqual([0x9a00, 0x9a000, 0xffff, 0]);
    v.sipi(0x12);
    expect(S[(SEG_SEL >> 2) + Seg.CS]).toBe(0x9a00);
    v.init();
    expect(v.run(10, true)).toBe(SliceEnd.waitForSipi);
    v.sipi(0x12);
    expect(S[(SEG_SEL >> 2) + Seg.CS]).toBe(0x1200);
  });
});

describe("interrupts", () => {
  /** A guest in real mode, with handler 20h at 9000h: INC BX, IRET. */
  function guest(hex: string): GuestMachine {
    const m = new GuestMachine(bytes(hex));
    m.memory.load(0x9000, bytes("43 cf"));
    vector(m.memory, 0x20, 0x9000);
    vector(m.memory, 2, 0x9000);
    m.vcpu.p.esp = 0x7000;
    m.pending.push(0x20);
    return m;
  }
  const reg = (m: GuestMachine, r: Reg): number => m.vcpu.p.S[(GPR >> 2) + r * 2]!;

  it("wait for IF, and one instruction longer after STI", () => {
    const m = guest("fb 40 40 40 f4"); // STI, INC AX three times, HLT
    m.run(2, true);
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([1, 0]);
    m.run(1, true);
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([1, 1]);
  });

  it("STI with interrupts enabled has no shadow", () => {
    const m = guest("fb 40 40 fb 40");
    m.pending.length = 0;
    m.run(3, true);
    m.pending.push(0x20);
    m.run(2, true); // the interrupt comes first: INC BX, IRET
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([2, 1]);
    m.pending.push(0x20);
    m.run(3, true); // INC BX, IRET, STI
    m.pending.push(0x20);
    m.run(1, true);
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([2, 3]);
  });

  it.each(["8e d0", "17"])("wait one instruction longer after MOV SS and POP SS (%s), and so does NMI", (load) => {
    const m = guest(`fb 90 31 c0 6a 00 31 c0 ${load} 41 42`);
    m.pending.length = 0;
    m.run(6, true);
    m.pending.push(0x20);
    m.vcpu.nmi();
    m.run(1, true); // INC CX
    expect([reg(m, Reg.ECX), reg(m, Reg.EBX)]).toEqual([1, 0]);
    m.run(4, true); // both handlers
    expect([reg(m, Reg.ECX), reg(m, Reg.EBX)]).toEqual([1, 2]);
  });

  it("NMI is blocked until IRET", () => {
    const m = guest("90 90 90");
    m.pending.length = 0;
    m.vcpu.nmi();
    m.run(1, true);
    m.vcpu.nmi();
    m.run(1, true); // IRET
    expect(reg(m, Reg.EBX)).toBe(1);
    m.run(1, true);
    expect(reg(m, Reg.EBX)).toBe(2);
  });

  it("HLT waits; without IF for NMI, INIT or RESET only", () => {
    const m = guest("f4 40 fb f4 40");
    expect(m.run(10, true)).toBe(SliceEnd.stuck);
    m.vcpu.nmi();
    m.pending.length = 0;
    expect(m.run(100, true)).toBe(SliceEnd.halted);
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([1, 1]);
    expect(m.run(100, true)).toBe(SliceEnd.halted);
    m.pending.push(0x20);
    m.run(3, true);
    expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([2, 2]);
  });

  it("a request from a port takes effect before the next instruction, in both tiers", () => {
    for (const tier of ["interp", "jit"] as const) {
      const m = new GuestMachine(bytes("fb 90 e6 10 40 40 40 f4"), { tier }); // OUT 10h, AL; INC AX three times
      m.memory.load(0x9000, bytes("89 c3 cf")); // MOV BX, AX; IRET
      vector(m.memory, 0x20, 0x9000);
      m.vcpu.p.esp = 0x7000;
      m.onPort = () => {
        m.pending.push(0x20);
        m.vcpu.attention();
      };
      expect(m.run(1000)).toBe(SliceEnd.halted);
      expect([reg(m, Reg.EAX), reg(m, Reg.EBX)]).toEqual([3, 0]);
    }
  });

  it("a triple fault ends it", () => {
    const m = new GuestMachine(bytes("0f 01 1e 00 60 cc")); // LIDT [6000h], INT3
    expect(m.run(100)).toBe(SliceEnd.shutdown);
    expect(m.run(100)).toBe(SliceEnd.shutdown);
    expect(m.vcpu.dump()).toContain("vCPU 0: eip=00008005");
  });

  it("a guest that faults forever does not hang the host", () => {
    const m = new GuestMachine(bytes("0f 0b")); // UD2, whose handler is itself
    vector(m.memory, 6, 0x8000);
    m.vcpu.p.esp = 0x7000;
    expect(m.run(1000)).toBe(SliceEnd.budget);
  });
});

describe("several vCPUs", () => {
  it("see code that another one changes, and share translations", () => {
    const memory = new PhysicalMemory(1 << 20), translations = new MachineTranslations(memory);
    const make = (id: number): Vcpu => {
      const v = new Vcpu(id, memory, environment(), { translations, bootstrap: true, tier: "jit" });
      v.p.S[(SEG_BASE >> 2) + Seg.CS * 2] = 0;
      v.p.S[PC >> 2] = 0x8000;
      return v;
    };
    const a = make(0), b = make(1);
    // INC AX; JMP back: a loop that never ends by itself
    memory.load(0x8000, bytes("40 eb fd"));
    a.run(1000, false);
    const made = translations.counters.blocks;
    b.run(1000, false);
    expect(translations.counters.blocks).toBe(made);
    expect(b.p.S[GPR >> 2]! & 0xffff).toBeGreaterThan(400);
    // vCPU 1 changes the loop to DEC AX: MOV BYTE [8000h], 48h
    memory.load(0x9000, bytes("c6 06 00 80 48 f4"));
    b.p.S[PC >> 2] = 0x9000;
    b.p.S[EFL >> 2]! |= 0x200;
    expect(b.run(1000, false)).toBe(SliceEnd.halted);
    const before = a.p.S[GPR >> 2]! & 0xffff;
    a.run(101, true);
    expect(before - (a.p.S[GPR >> 2]! & 0xffff)).toBeGreaterThan(40);
  });
});
