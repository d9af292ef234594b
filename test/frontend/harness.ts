import type { HostServices } from "../../src/ir/env.js";
import { readEflags, writeEflags } from "../../src/ir/eflags.js";
import { Exit } from "../../src/ir/exit.js";
import { GuestFault, Vector } from "../../src/ir/memory.js";
import { RESULT } from "../../src/ir/op.js";
import { EXIT_ARG, GPR, GPR_NAMES, PC, SEG_BASE, SEG_SEL, Seg } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import type { Tier } from "../../src/runtime/tiers.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";

/** Where the tests' code, data and stack are; the page after the data is not mapped. */
export const CODE = 0x10000, DATA = 0x20000, DATA_SIZE = 0x3000, STACK = 0x40000;

const SELECTORS: Readonly<Record<number, readonly number[]>> = { [Seg.CS]: [0x23], [Seg.SS]: [0x2b] };

/** A host that knows the segments of a 32-bit Linux process, and no port. */
class TestHost implements HostServices {
  constructor(private readonly cpu: () => UserCpu) {}

  rdtsc(): void {
    RESULT[0] = 0x89abcdef | 0;
    RESULT[1] = 0x1234567;
  }

  cpuid(leaf: number, subleaf: number): void {
    RESULT.set([leaf, subleaf, 3, 4]);
  }

  loadSegment(seg: number, selector: number): void {
    if (!(SELECTORS[seg] ?? [0, 1, 2, 3, 0x2b]).includes(selector)) throw new GuestFault(Vector.GP, selector & 0xfffc);
    const { S } = this.cpu().state;
    S[(SEG_SEL >> 2) + seg] = selector;
    S[(SEG_BASE >> 2) + seg * 2] = 0;
  }

  system(op: number, a: number, b: number): void {
    RESULT[0] = op + 100;
    RESULT[1] = a + b;
  }

  checkSegment(): void {}

  portCheck(): void {
    throw new GuestFault(Vector.GP);
  }

  portIn(): number {
    throw new GuestFault(Vector.GP);
  }

  portOut(): void {
    throw new GuestFault(Vector.GP);
  }
}

/** A processor with some mapped pages, for running a few instructions. */
export class Machine {
  readonly memory = new UserMemory(1 << 20);
  readonly cpu: UserCpu;

  constructor(tier: Tier) {
    this.cpu = new UserCpu(this.memory, new TestHost(() => this.cpu), { tier, x87Patience: 1000 });
    this.memory.map(CODE, 0x1000, Perm.READ | Perm.WRITE | Perm.EXEC);
    this.memory.map(DATA, DATA_SIZE, Perm.READ | Perm.WRITE);
    this.memory.map(STACK - 0x2000, 0x2000, Perm.READ | Perm.WRITE);
    this.S.set([0x2b, 0x23, 0x2b, 0x2b, 0, 0], SEG_SEL >> 2);
  }

  get S(): Int32Array {
    return this.cpu.state.S;
  }

  /** Put code at CODE; an INT3 after it ends the run. */
  load(hex: string): void {
    const bytes = Uint8Array.from(hex.replaceAll(" ", "").match(/../g)!, (h) => parseInt(h, 16));
    for (let i = 0; i <= bytes.length; i++) this.memory.store8(CODE + i, bytes[i] ?? 0xcc);
  }

  reg(name: string): number {
    return this.S[(GPR >> 2) + index(name) * 2]! >>> 0;
  }

  setReg(name: string, value: number): void {
    this.S[(GPR >> 2) + index(name) * 2] = value;
  }

  get flags(): number {
    return readEflags(this.S);
  }

  set flags(value: number) {
    writeEflags(this.S, value);
  }

  /** Run what load() put there. */
  run(): Outcome {
    this.S[PC >> 2] = CODE;
    const exit = this.cpu.run(1_000_000);
    const fault = exit === Exit.fault ? this.cpu.fault : null;
    return { exit, pc: this.S[PC >> 2]! - CODE, fault, arg: this.S[EXIT_ARG >> 2]! };
  }
}

function index(name: string): number {
  const i = GPR_NAMES.indexOf(name);
  if (i < 0) throw new Error(`no register ${name}`);
  return i;
}

/** How a run ended: at which offset in the code, and which fault or interrupt. */
export interface Outcome {
  readonly exit: Exit;
  readonly pc: number;
  readonly fault: GuestFault | null;
  readonly arg: number;
}

