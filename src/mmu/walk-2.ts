import { PfCode } from "../ir/memory.js";
import type { PhysicalMemory } from "./physical.js";
import { Access, Pte, Rights, type Table } from "./pte.js";
import { RoleBit } from "./role.js";
import { OK, Walker, type WalkRegisters } from "./walker.js";

/** 32-bit paging: two levels of 4-byte entries, with 4 MiB pages under CR4.PSE and their PSE-36 addresses (Intel SDM vol. 3, 4.3). */
export class Walk2 extends Walker {
  private readonly pse: boolean;
  /** Reserved bits of an entry for a 4 MiB page: 21 down to what the physical address width leaves of bits 20:13. */
  private readonly largeReserved: number;

  constructor(role: number, memory: PhysicalMemory, regs: WalkRegisters) {
    super(role, memory, regs);
    this.pse = (role & RoleBit.CR4_PSE) !== 0;
    const extra = Math.min(regs.physicalBits, 40) - 32;
    this.largeReserved = 0x3fe000 & ~(((1 << extra) - 1) << 13);
  }

  override walk(low: number, _high: number, table: Table, access: Access): number {
    const { memory } = this;
    const pdeAt = ((this.regs.cr3 & -4096) >>> 0) + ((low >>> 22) << 2);
    const pde = memory.read32(pdeAt);
    if (!(pde & Pte.P)) return this.kind(table, access);
    if (this.pse && pde & Pte.PS) {
      if (pde & this.largeReserved) return this.kind(table, access) | PfCode.P | PfCode.RSVD;
      const code = this.judge(((pde >> 1) & 3) | Rights.X, 0, table, access);
      if (code !== OK) return code;
      if (this.disturbs(pde, access)) return PfCode.P;
      this.touchLeaf(pdeAt, pde, access);
      this.page = ((pde >> 13) & 0xff) * 2 ** 32 + (((pde & 0xffc00000) | (low & 0x3ff000)) >>> 0);
      this.shift = 22;
      return OK;
    }
    const pteAt = ((pde & -4096) >>> 0) + ((low >>> 10) & 0xffc);
    const pte = memory.read32(pteAt);
    if (!(pte & Pte.P)) return this.kind(table, access);
    const code = this.judge(((pde & pte) >> 1 & 3) | Rights.X, 0, table, access);
    if (code !== OK) return code;
    if (this.disturbs(pde, Access.read) || this.disturbs(pte, access)) return PfCode.P;
    if (!(pde & Pte.A)) memory.write32(pdeAt, pde | Pte.A);
    this.touchLeaf(pteAt, pte, access);
    this.page = (pte & -4096) >>> 0;
    this.shift = 12;
    return OK;
  }
}
