import { GuestFault } from "../../src/ir/memory.js";
import { Mmu, type MmuOptions } from "../../src/mmu/mmu.js";
import { PagedMemory } from "../../src/mmu/paged-memory.js";
import { PhysicalMemory } from "../../src/mmu/physical.js";
import type { RolePolicy } from "../../src/mmu/policy.js";
import { Access, type Table } from "../../src/mmu/pte.js";
import { POLICIES } from "../../src/mmu/policies/index.js";

/** A memory with an MMU and a view of it; translations are strings that say which context they belong to. */
export class PagedMachine {
  readonly physical: PhysicalMemory;
  readonly mmu: Mmu<string>;
  readonly memory: PagedMemory;
  readonly closed: number[] = [];

  constructor(ram: number, policy: RolePolicy = POLICIES.fixed, options: MmuOptions = {}) {
    this.physical = new PhysicalMemory(ram, 0x10000);
    this.mmu = new Mmu(this.physical, policy, { open: (role) => `context ${role}`, close: (role) => this.closed.push(role) }, { audit: true, ...options });
    this.memory = new PagedMemory(this.mmu);
  }

  /** An access's result in words: the value read or "stored", or the fault. Fetches read one byte. */
  access(kind: Access, table: Table, addr: number, size: number, value = 0): string {
    const { memory } = this;
    memory.table = table;
    try {
      if (kind === Access.fetch) {
        const into = new Uint8Array(1);
        if (memory.fetch(addr, into, 1) === 0) throw memory.fetchFault(addr);
        return `${into[0]}`;
      }
      if (kind === Access.read) return `${(size === 1 ? memory.load8(addr) : size === 2 ? memory.load16(addr) : memory.load32(addr)) >>> 0}`;
      if (size === 1) memory.store8(addr, value);
      else if (size === 2) memory.store16(addr, value);
      else memory.store32(addr, value);
      return "stored";
    } catch (e) {
      if (!(e instanceof GuestFault)) throw e;
      return `fault ${e.vector} code ${e.errorCode} at ${(e.address >>> 0).toString(16)}`;
    }
  }
}
