import type { PhysicalMemory } from "./physical.js";
import { CR0_PG, CR4_PAE, CR4_PSE, CR4_LA57, EFER_LMA, type RoleRegisters } from "./role.js";
import { PAGE_SHIFT, Perm } from "./perm.js";

/** What a debugger sees: address translation and memory without any effect on the guest (no A and D bits, no TLB, no device). */

export interface LookRegisters extends RoleRegisters {
  readonly cr3: number;
  readonly cr3High: number;
  readonly pdptes: Int32Array;
}

/** Physical address behind a linear one, whatever its page's rights; -1: none. */
export function lookUp(memory: PhysicalMemory, r: LookRegisters, linear: number, high = 0): number {
  if (!(r.cr0 & CR0_PG)) return linear >>> 0;
  const page = (entryLow: number, entryHigh: number, bits: number): number => {
    const mask = 2 ** bits - 1;
    const base = (entryHigh & 0xfffff) * 2 ** 32 + (entryLow >>> 0);
    return base - (base % 2 ** bits) + ((linear & mask) >>> 0);
  };
  if (!(r.efer & EFER_LMA) && !(r.cr4 & CR4_PAE)) {
    const pde = peek32(memory, ((r.cr3 & -4096) >>> 0) + (linear >>> 22) * 4);
    if (!(pde & 1)) return -1;
    // PSE-36: bits 39:32 are in 20:13
    if (pde & 0x80 && r.cr4 & CR4_PSE) return page(pde & 0xffc00000, (pde >> 13) & 0xff, 22);
    const pte = peek32(memory, ((pde & -4096) >>> 0) + ((linear >>> 12) & 0x3ff) * 4);
    return pte & 1 ? page(pte, 0, 12) : -1;
  }
  let base: number, level: number;
  if (r.efer & EFER_LMA) {
    base = (r.cr3High & 0xfffff) * 2 ** 32 + ((r.cr3 & -4096) >>> 0);
    level = r.cr4 & CR4_LA57 ? 5 : 4;
  } else {
    const i = (linear >>> 30) * 2;
    if (!(r.pdptes[i]! & 1)) return -1;
    base = (r.pdptes[i + 1]! & 0xfffff) * 2 ** 32 + ((r.pdptes[i]! & -4096) >>> 0);
    level = 2;
  }
  for (; ; level--) {
    const shift = 12 + (level - 1) * 9;
    const index = shift >= 32 ? (high >>> (shift - 32)) & 0x1ff : shift === 30 ? ((linear >>> 30) | (high << 2)) & 0x1ff : (linear >>> shift) & 0x1ff;
    const low = peek32(memory, base + index * 8), up = peek32(memory, base + index * 8 + 4);
    if (!(low & 1)) return -1;
    if (level === 1) return page(low, up, 12);
    if (low & 0x80 && level <= 3) return page(low, up, shift);
    base = (up & 0xfffff) * 2 ** 32 + ((low & -4096) >>> 0);
  }
}

function peek32(memory: PhysicalMemory, physical: number): number {
  return isMemory(memory, physical) ? memory.read32(physical) : 0;
}

/** Whether there is RAM or ROM at a physical address. */
export function isMemory(memory: PhysicalMemory, physical: number): boolean {
  return physical >= 0 && physical < 2 ** 32 && (memory.perms[memory.busPage(physical >>> PAGE_SHIFT)]! & Perm.READ) !== 0;
}
