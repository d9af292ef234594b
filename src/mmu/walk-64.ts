import { PfCode } from "../ir/memory.js";
import type { PhysicalMemory } from "./physical.js";
import { Access, Pte, Rights, type Table } from "./pte.js";
import { RoleBit, roleLevel } from "./role.js";
import { OK, Walker, type WalkRegisters } from "./walker.js";

/**
 * Paging with 8-byte entries: PAE, whose top level is in four registers, and 4 and 5 levels in long mode (Intel SDM vol. 3, 4.4 and 4.5).
 * 2 MiB pages everywhere, 1 GiB pages in long mode.
 */
export class Walk64 extends Walker {
  private readonly levels: number;
  /** Reserved bits of every entry's high word. */
  private readonly highReserved: number;
  private readonly highAddress: number;
  // The entries used above the last one, which get their A bit when the walk is done.
  private readonly at = new Float64Array(6);
  private readonly low = new Int32Array(6);

  constructor(role: number, memory: PhysicalMemory, regs: WalkRegisters) {
    super(role, memory, regs);
    this.levels = roleLevel(role);
    this.highAddress = 2 ** (regs.physicalBits - 32) - 1;
    // Bits 62:52 are free in long mode and reserved in PAE; bit 63 is XD, reserved without EFER.NXE.
    const mayUse = this.highAddress | (this.levels > 3 ? 0x7ff00000 : 0) | (role & RoleBit.EFER_NX ? 1 << 31 : 0);
    this.highReserved = ~mayUse;
  }

  override walk(low: number, high: number, table: Table, access: Access): number {
    const { memory, regs } = this;
    const kind = this.kind(table, access);
    let base: number, level: number;
    if (this.levels === 3) {
      // Its reserved bits were checked when it was loaded.
      const i = (low >>> 30) * 2;
      const pdpte = regs.pdptes[i]!;
      if (!(pdpte & Pte.P)) return kind;
      base = (regs.pdptes[i + 1]! & this.highAddress) * 2 ** 32 + ((pdpte & -4096) >>> 0);
      level = 2;
    } else {
      base = (regs.cr3High & this.highAddress) * 2 ** 32 + ((regs.cr3 & -4096) >>> 0);
      level = this.levels;
    }
    const top = level;
    let rights = Rights.W | Rights.U | Rights.X;
    for (;;) {
      const at = base + index(low, high, level) * 8;
      const lo = memory.read32(at), hi = memory.read32(at + 4);
      if (!(lo & Pte.P)) return kind;
      const large = level > 1 && (lo & Pte.PS) !== 0;
      const last = level === 1 || large;
      // A page's address is aligned to its size (but for PAT, bit 12); PS is reserved above 1 GiB pages.
      const lowReserved = !large ? 0 : level === 2 ? 0x1fe000 : level === 3 ? 0x3fffe000 : Pte.PS;
      if (hi & this.highReserved || lo & lowReserved) return kind | PfCode.P | PfCode.RSVD;
      rights &= ((lo >> 1) & 3) | (hi < 0 ? 0 : Rights.X);
      const target = (hi & this.highAddress) * 2 ** 32;
      if (!last) {
        this.at[level] = at;
        this.low[level] = lo;
        base = target + ((lo & -4096) >>> 0);
        level--;
        continue;
      }
      const code = this.judge(rights, (hi >> 27) & 15, table, access);
      if (code !== OK) return code;
      if (this.disturbs(lo, access)) return PfCode.P;
      for (let l = top; l > level; l--) if (this.disturbs(this.low[l]!, Access.read)) return PfCode.P;
      for (let l = top; l > level; l--) if (!(this.low[l]! & Pte.A)) memory.write32(this.at[l]!, this.low[l]! | Pte.A);
      this.touchLeaf(at, lo, access);
      const within = level === 1 ? 0 : level === 2 ? 0x1ff000 : 0x3ffff000;
      this.page = target + (((lo & -4096 & ~within & ~(large ? 0x1000 : 0)) | (low & within)) >>> 0);
      this.shift = 12 + 9 * (level - 1);
      return OK;
    }
  }
}

/** Index of an address into the table of a level (1 to 5). */
function index(low: number, high: number, level: number): number {
  switch (level) {
    case 1: return (low >>> 12) & 511;
    case 2: return (low >>> 21) & 511;
    case 3: return ((low >>> 30) | (high << 2)) & 511;
    case 4: return (high >>> 7) & 511;
    default: return (high >>> 16) & 511;
  }
}
