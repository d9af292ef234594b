import type { PhysicalMemory } from "./physical.js";
import { RoleBit, roleLevel } from "./role.js";
import { Perm } from "./perm.js";
import { Walk2 } from "./walk-2.js";
import { Walk64 } from "./walk-64.js";
import { OK, Walker, type WalkRegisters } from "./walker.js";

/** CR0.PG = 0: linear addresses are physical, everything is allowed. */
class Unpaged extends Walker {
  override walk(low: number): number {
    this.page = (low & -4096) >>> 0;
    this.perm = Perm.READ | Perm.WRITE | Perm.EXEC;
    return OK;
  }
}

/** The walker for a role. */
export function makeWalker(role: number, memory: PhysicalMemory, regs: WalkRegisters): Walker {
  if (role & RoleBit.DIRECT) return new Unpaged(role, memory, regs);
  return roleLevel(role) === 2 ? new Walk2(role, memory, regs) : new Walk64(role, memory, regs);
}
