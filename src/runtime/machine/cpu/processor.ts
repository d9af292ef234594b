import { readEflags } from "../../../ir/eflags.js";
import { GuestFault, Vector } from "../../../ir/memory.js";
import { CPL, CpuState, EFL, GPR, Reg } from "../../../ir/state.js";
import type { Mmu } from "../../../mmu/mmu.js";
import { PagedMemory } from "../../../mmu/paged-memory.js";
import { Table, tableOf } from "../../../mmu/pte.js";
import { FL_AC } from "./bits.js";
import { Breakpoints } from "./debug.js";
import { Msrs } from "./msr-file.js";

/** LDTR and TR. `attr` 0: unusable. */
export interface SystemSegment {
  selector: number;
  base: number;
  limit: number;
  attr: number;
}

/** GDTR and IDTR. */
export interface TableRegister {
  base: number;
  limit: number;
}

/**
 * The architectural state of one vCPU, with the memory it sees: what the files in this folder work on. General registers, EFLAGS, segments and
 * x87/SSE are in `state` (ir/state.ts); CR0, CR3, CR4 and EFER are the MMU's.
 */
export class Processor {
  readonly state = new CpuState();
  readonly S: Int32Array = this.state.S;
  /** Accesses of the program: at its privilege level. */
  readonly memory: PagedMemory;
  /** Accesses to descriptor tables and task states: as a supervisor, whatever the privilege level. */
  readonly implicit: PagedMemory;
  cr2 = 0;
  readonly gdt: TableRegister = { base: 0, limit: 0xffff };
  readonly idt: TableRegister = { base: 0, limit: 0xffff };
  readonly ldt: SystemSegment = { selector: 0, base: 0, limit: 0xffff, attr: 0x8200 };
  readonly tr: SystemSegment = { selector: 0, base: 0, limit: 0xffff, attr: 0x8b00 };
  readonly debug = new Breakpoints();
  readonly msrs = new Msrs();
  xcr0 = 1;

  constructor(readonly mmu: Mmu<unknown>, readonly id: number) {
    this.memory = new PagedMemory(mmu);
    this.implicit = new PagedMemory(mmu, Table.supervisor);
  }

  get cpl(): number {
    return this.S[CPL >> 2]!;
  }

  set cpl(value: number) {
    this.S[CPL >> 2] = value;
    this.selectTable();
  }

  /** Whose accesses the program's are; after changes of CPL and EFLAGS.AC. */
  selectTable(): void {
    this.memory.table = tableOf(this.S[CPL >> 2]!, (this.S[EFL >> 2]! & FL_AC) !== 0);
  }

  get eflags(): number {
    return readEflags(this.S);
  }

  get realMode(): boolean {
    return (this.mmu.cr0 & 1) === 0;
  }

  get esp(): number {
    return this.S[(GPR >> 2) + Reg.ESP * 2]!;
  }

  set esp(value: number) {
    this.S[(GPR >> 2) + Reg.ESP * 2] = value;
  }
}

export function fault(vector: Vector, code = 0): never {
  throw new GuestFault(vector, code);
}

export function gp(code = 0): never {
  throw new GuestFault(Vector.GP, code);
}
