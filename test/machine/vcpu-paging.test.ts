import fc from "../support/random-inputs.js";
import { describe, expect, it } from "vitest";
import { writeEflags } from "../../src/ir/eflags.js";
import { EFL, GPR, PC, Reg, Seg, SHADOW } from "../../src/ir/state.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import { POLICIES } from "../../src/mmu/policies/index.js";
import type { VcpuEnvironment } from "../../src/runtime/machine/contract.js";
import { setSegment } from "../../src/runtime/machine/cpu/segment.js";
import { Vcpu } from "../../src/runtime/machine/cpu/vcpu.js";
import { MachineTranslations } from "../../src/runtime/machine/translations.js";
import { type ReferenceAccess, type ReferenceState, referenceWalk } from "../support/reference-mmu.js";

/**
 * A vCPU that executes writes of control registers, INVLPG, INIT and memory accesses, against the manual's rules without any cache. Page tables
 * change only together with a flush, so what a TLB may keep makes no difference.
 */

const RAM = 1 << 20;
/** Physical pages: code (linear 1000h for supervisors, 4000h for users), tables of descriptors, stack; page tables; data. */
const CODE = 0x1000, USER_CODE = 0x4000, TABLES = 0x2000, STACK = 0x3000, HANDLER = 0x1f00;
const DIRECTORY = 0x10000, PAE_DIRECTORY = 0x11000, PDPT = 0x12000, TABLE = 0x13000, PAE_TABLE = 0x14000, DATA = 0x20000;
/** Linear pages that are accessed: their entries change. */
const PAGES = 3, FIRST = 0x20;

const environment: VcpuEnvironment = {
  ports: { portIn: () => 0, portOut() {} },
  interrupts: { pending: () => false, acknowledge: () => 0 },
  msrs: { readMsr: () => false, writeMsr: () => false, tscChanged() {} },
  clock: { ticks: () => 0 },
};

interface Registers { cr0: number; cr3: number; cr4: number; efer: number; pdptes: bigint[] }

const PE = 1, NW = 1 << 29, CD = 1 << 30, PG = 1 << 31, WP = 1 << 16, PSE = 16, PAE = 32, PGE = 128, SMEP = 1 << 20, SMAP = 1 << 21, NX = 0x800;

class Machine {
  readonly memory = new PhysicalMemory(RAM);
  readonly vcpu: Vcpu;
  /** The event of the last step: vector and error code, or null. */
  event: { vector: number; code: number } | null = null;

  constructor(policy: keyof typeof POLICIES) {
    this.vcpu = new Vcpu(0, this.memory, environment, { translations: new MachineTranslations(this.memory), policy: POLICIES[policy], mmu: { audit: true } });
    this.vcpu.delivery.onEvent = (e) => {
      this.event ??= { vector: e.vector, code: e.code };
    };
    const m = this.memory;
    // IDT: every gate leads to a NOP at level 0; GDT behind it; TSS.
    for (let n = 0; n < 32; n++) {
      m.write32(TABLES + n * 8, (8 << 16) | HANDLER);
      m.write32(TABLES + n * 8 + 4, 0x8e00);
    }
    const gdt = TABLES + 0x100;
    [[0, 0], [0xffff, 0xcf9b00], [0xffff, 0xcf9300], [0xffff, 0xcffb00], [0xffff, 0xcff300]].forEach(([lo, hi], k) => {
      m.write32(gdt + k * 8, lo!);
      m.write32(gdt + k * 8 + 4, hi!);
    });
    m.write32(TABLES + 0x204, STACK + 0x800);
    m.write32(TABLES + 0x208, 0x10);
    m.load(HANDLER, Uint8Array.of(0x90));
    // Linear = physical for pages 0 to 15 (supervisor), but for the user's alias of the code.
    for (let k = 0; k < 16; k++) this.map(k, k * 4096, 3);
    this.map(USER_CODE >> 12, CODE, 7);
    for (let k = 0; k < PAGES; k++) this.map(FIRST + k, DATA + k * 4096, 7);
    m.write32(DIRECTORY, TABLE | 7);
    m.write32(PDPT, PAE_DIRECTORY | 1);
    m.write32(PAE_DIRECTORY, PAE_TABLE | 7);
  }

  map(page: number, physical: number, bits: number, high = 0): void {
    this.memory.write32(TABLE + page * 4, physical | bits);
    this.memory.write32(PAE_TABLE + page * 8, physical | bits);
    this.memory.write32(PAE_TABLE + page * 8 + 4, high);
  }

  /** Execute one instruction at a privilege level, with EAX and EBX. */
  step(code: readonly number[], user: boolean, ac: boolean, eax: number, ebx: number): void {
    const { p } = this.vcpu;
    this.event = null;
    this.memory.load(CODE, Uint8Array.from(code));
    const level = user ? 3 : 0;
    setSegment(p, Seg.CS, user ? 0x1b : 8, 0, -1, user ? 0xc0fb00 : 0xc09b00);
    for (const seg of [Seg.SS, Seg.DS, Seg.ES, Seg.FS, Seg.GS]) setSegment(p, seg, user ? 0x23 : 0x10, 0, -1, user ? 0xc0f300 : 0xc09300);
    p.S[EFL >> 2] = 2;
    p.cpl = level;
    writeEflags(p.S, 2 | (ac ? 0x40000 : 0));
    p.selectTable();
    Object.assign(p.gdt, { base: TABLES + 0x100, limit: 0x27 });
    Object.assign(p.idt, { base: TABLES, limit: 0xff });
    Object.assign(p.tr, { selector: 0x28, base: TABLES + 0x200, limit: 0x67, attr: 0x8b00 });
    p.S[SHADOW >> 2] = 0;
    p.esp = STACK + 0x800;
    p.S[GPR >> 2] = eax;
    p.S[(GPR >> 2) + Reg.EBX * 2] = ebx;
    p.S[PC >> 2] = user && this.vcpu.mmu.cr0 & PG ? USER_CODE : CODE;
    this.vcpu.run(1, true);
  }

  get eax(): number {
    return this.vcpu.p.S[GPR >> 2]!;
  }
}

/** What a write of a register does by the manual: the new registers, or #GP. */
function written(r: Registers, register: "cr0" | "cr3" | "cr4" | "efer", value: number, m: PhysicalMemory): Registers | null {
  const next = { ...r };
  if (register === "cr0") {
    if ((value & PG && !(value & PE)) || (value & NW && !(value & CD))) return null;
    next.cr0 = (value & 0xe005003f) | 16;
  } else if (register === "cr4") {
    if (value & ~0x340ffc) return null;
    next.cr4 = value;
  } else if (register === "efer") {
    if (value & ~0x801) return null;
    next.efer = value;
  } else next.cr3 = value;
  const pae = next.cr0 & PG && next.cr4 & PAE;
  const loads = register === "cr3" || (register === "cr0" && (r.cr0 ^ next.cr0) & (PG | CD | NW)) || (register === "cr4" && (r.cr4 ^ next.cr4) & (PAE | PGE | PSE | SMEP));
  if (pae && loads) {
    const pdptes = [0, 1, 2, 3].map((k) => {
      const at = ((next.cr3 & ~31) >>> 0) + k * 8;
      return BigInt(m.read32(at) >>> 0) | (BigInt(m.read32(at + 4) >>> 0) << 32n);
    });
    if (pdptes.some((e) => e & 1n && e & (0x1e6n | ~0xffffffffffn))) return null;
    next.pdptes = pdptes;
  }
  return next;
}

type Step =
  | { do: "cr0"; bits: number } | { do: "cr4"; bits: number } | { do: "efer"; value: number } | { do: "cr3" }
  | { do: "init" }
  | { do: "entry"; page: number; data: number; bits: number; xd: boolean; whole: boolean }
  | { do: "access"; page: number; offset: number; kind: "read" | "write"; user: boolean; ac: boolean };

const page = fc.integer({ min: 0, max: PAGES - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("cr0" as const), bits: fc.constantFrom(PE, PE | PG, PE | PG | WP, PE | PG, PE | PG | WP, PG, PE | NW, PE | PG | CD) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cr4" as const), bits: fc.subarray([PSE, PAE, PGE, SMEP, SMAP, 1 << 30]).map((b) => b.reduce((x, y) => x | y, 0)) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("efer" as const), value: fc.constantFrom(0, NX, 0x100, 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("cr3" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("init" as const) }) },
  { weight: 10, arbitrary: fc.record({
    do: fc.constant("entry" as const), page, data: fc.integer({ min: 0, max: 3 }), bits: fc.constantFrom(0, 1, 3, 5, 7, 7, 0x107, 0x103, 0x67), xd: fc.boolean(), whole: fc.boolean(),
  }) },
  { weight: 30, arbitrary: fc.record({
    do: fc.constant("access" as const), page, offset: fc.constantFrom(0, 4, 0x7fc, 0xffc), kind: fc.constantFrom("read" as const, "write" as const), user: fc.boolean(), ac: fc.boolean(),
  }) },
);

function check(policy: keyof typeof POLICIES, steps: readonly Step[]): void {
  const machine = new Machine(policy);
  const { vcpu, memory } = machine;
  let r: Registers = { cr0: 0x60000010, cr3: 0, cr4: 0, efer: 0, pdptes: [0n, 0n, 0n, 0n] };
  const fault = (): number[] | null => (machine.event ? [machine.event.vector, machine.event.code] : null);
  const write = (register: "cr0" | "cr3" | "cr4" | "efer", value: number): void => {
    const code = register === "efer" ? [0x0f, 0x30] : [0x0f, 0x22, register === "cr0" ? 0xc0 : register === "cr3" ? 0xd8 : 0xe0];
    if (register === "efer") vcpu.p.S.set([0xc0000080 | 0, 0, 0], (GPR >> 2) + Reg.ECX * 2);
    vcpu.p.S[(GPR >> 2) + Reg.EDX * 2] = 0;
    machine.step(code, false, false, value, 0);
    const next = written(r, register, value, memory);
    expect(fault()).toEqual(next ? null : [13, vcpu.mmu.cr0 & PE ? 0 : -1]);
    if (next) r = next;
    expect([vcpu.mmu.cr0, vcpu.mmu.cr3, vcpu.mmu.cr4, vcpu.mmu.efer]).toEqual([r.cr0, r.cr3, r.cr4, r.efer]);
  };
  const tables = (): number => (r.cr4 & PAE ? PDPT : DIRECTORY);
  let value = 1;
  // Protected mode first: the handlers are its.
  write("cr0", PE);
  for (const s of steps) {
    switch (s.do) {
      case "cr0":
        // Paging goes on only over tables of its kind.
        if (s.bits & PG && !(r.cr0 & PG)) write("cr3", tables());
        write("cr0", s.bits & PE ? s.bits : s.bits | (s.bits & PG ? 0 : PE));
        break;
      case "cr4":
        if (r.cr0 & PG && (r.cr4 ^ s.bits) & PAE) write("cr0", PE);
        write("cr4", s.bits);
        break;
      case "efer": write("efer", s.value); break;
      case "cr3": write("cr3", tables()); break;
      case "init":
        vcpu.init();
        r = { cr0: (r.cr0 & (CD | NW)) | 16, cr3: 0, cr4: 0, efer: 0, pdptes: [0n, 0n, 0n, 0n] };
        expect(vcpu.mmu.cr0).toBe(r.cr0);
        write("cr0", PE | (r.cr0 & (CD | NW)));
        break;
      case "entry": {
        machine.map(FIRST + s.page, DATA + s.data * 4096, s.bits, s.xd ? 1 << 31 : 0);
        if (s.whole) write("cr4", r.cr4 ^ PGE), write("cr4", r.cr4 ^ PGE);
        else machine.step([0x0f, 0x01, 0x3b], false, false, 0, (FIRST + s.page) << 12); // INVLPG [EBX]
        break;
      }
      case "access": {
        if (s.user && !(r.cr0 & PG)) break; // without paging there is only one kind of access
        const linear = ((FIRST + s.page) << 12) + s.offset;
        const reference: ReferenceState = {
          pg: (r.cr0 & PG) !== 0, wp: (r.cr0 & WP) !== 0, pse: (r.cr4 & PSE) !== 0, pae: (r.cr4 & PAE) !== 0, smep: (r.cr4 & SMEP) !== 0, smap: (r.cr4 & SMAP) !== 0,
          pke: false, la57: false, nxe: (r.efer & NX) !== 0, lma: false, cr3: BigInt(r.cr3), pkru: 0, pdptes: r.pdptes, physicalBits: 40,
        };
        // The reference works on a copy of the tables, whose A and D bits the processor's must equal.
        const copy = memory.bytes.slice(DIRECTORY, DATA);
        const view = new DataView(copy.buffer);
        const at = (a: bigint): number => Number(a) - DIRECTORY;
        const access: ReferenceAccess = { kind: s.kind, user: s.user, ac: s.ac };
        const expected = referenceWalk(reference, BigInt(linear), access, {
          read: (a, n) => (n === 4 ? BigInt(view.getUint32(at(a), true)) : view.getBigUint64(at(a), true)),
          write: (a, n, v) => (n === 4 ? view.setUint32(at(a), Number(v & 0xffffffffn), true) : view.setBigUint64(at(a), v, true)),
        });
        value++;
        const before = "physical" in expected ? memory.read32(Number(expected.physical)) : 0;
        machine.step(s.kind === "read" ? [0x8b, 0x03] : [0x89, 0x03], s.user, s.ac, value, linear);
        if ("physical" in expected) {
          expect(fault()).toBeNull();
          if (s.kind === "read") expect(machine.eax).toBe(before);
          else expect(memory.read32(Number(expected.physical))).toBe(value);
          // The entry of this page; a TLB that knows the page sets nothing new.
          const entry = reference.pae ? PAE_TABLE + (FIRST + s.page) * 8 : TABLE + (FIRST + s.page) * 4;
          if (reference.pg) expect(memory.read32(entry)).toBe(view.getInt32(entry - DIRECTORY, true));
        } else {
          expect(fault()).toEqual([14, expected.error]);
          expect(vcpu.p.cr2).toBe(linear);
        }
        break;
      }
    }
  }
  if (policy !== "skip") expect(vcpu.mmu.counters.roleMismatches).toBe(0);
}

describe("a vCPU's paging under random register writes, INVLPG and INIT", () => {
  it.each(["fixed", "stale", "flush", "skip"] as const)("equals the manual's rules (%s)", (policy) => {
    fc.assert(fc.property(fc.array(step, { minLength: 20, maxLength: 80, size: "max" }), (steps) => check(policy, steps)), { numRuns: 40 });
  });
});
