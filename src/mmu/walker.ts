import { PfCode } from "../ir/memory.js";
import type { PhysicalMemory } from "./physical.js";
import { Access, keyDenies, neededPerm, permissionTable, Pte, Rights, Table } from "./pte.js";
import { RoleBit, roleLevel } from "./role.js";
import { Perm } from "./perm.js";

/** What walks need to know of a vCPU beside its role. */
export interface WalkRegisters {
  /** CR3 as two int32. */
  readonly cr3: number;
  readonly cr3High: number;
  /** The four PAE page-directory-pointer-table registers, low and high words in turn. */
  readonly pdptes: Int32Array;
  readonly pkru: number;
  /** Bits of a physical address (32 to 52, CPUID 80000008h). */
  readonly physicalBits: number;
}

export const OK = -1;

/**
 * Walks page tables under one role. A walk has its results in fields; it sets A and D bits only when the access is allowed. Addresses are
 * (low, high) int32, canonical.
 */
export abstract class Walker {
  /** Of the last walk that was OK: physical address of the 4 KiB page, */
  page = 0;
  /** what the table may do with it (Perm READ, WRITE, EXEC; WRITE only when the D bit is set), */
  perm = 0;
  /** log2 of the mapping's size (12, 21, 22, 30), */
  shift = 12;
  /** and whether the entry that maps it has G set. */
  global = false;

  /** Change no page table: where a walk would set A or D bits it gives an error code instead. */
  quiet = false;

  private readonly permissions: Uint8Array;
  private readonly fetchCode: number;
  private readonly wp: boolean;
  private readonly pke: boolean;

  constructor(role: number, protected readonly memory: PhysicalMemory, protected readonly regs: WalkRegisters) {
    this.permissions = permissionTable(role);
    // The I bit of error codes is only there where fetches can be forbidden.
    const nx = role & RoleBit.EFER_NX && roleLevel(role) >= 3;
    this.fetchCode = nx || role & RoleBit.CR4_SMEP ? PfCode.I : 0;
    this.wp = (role & RoleBit.CR0_WP) !== 0;
    this.pke = (role & RoleBit.CR4_PKE) !== 0;
  }

  /** OK with the results in the fields, or the error code of the #PF. */
  abstract walk(low: number, high: number, table: Table, access: Access): number;

  /** Error code bits that tell the kind of access. */
  protected kind(table: Table, access: Access): number {
    return (table === Table.user ? PfCode.U : 0) | (access === Access.write ? PfCode.W : access === Access.fetch ? this.fetchCode : 0);
  }

  /** At the end of a walk: rights (Rights bits of all levels together) and key against the access. Sets `perm`. */
  protected judge(rights: number, key: number, table: Table, access: Access): number {
    let perm = this.permissions[table * 8 + rights]!;
    const need = neededPerm(access);
    let code = perm & need ? 0 : PfCode.P;
    if (this.pke && rights & Rights.U) {
      const denied = keyDenies(this.regs.pkru, key, table, this.wp);
      if (denied & need) code = PfCode.P | PfCode.PK;
      perm &= ~denied;
    }
    this.perm = perm;
    return code ? code | this.kind(table, access) : OK;
  }

  /** Whether a quiet walk ends at an entry that it would have to touch. */
  protected disturbs(entry: number, access: Access): boolean {
    const bits = access === Access.write ? Pte.A | Pte.D : Pte.A;
    return this.quiet && (entry & bits) !== bits;
  }

  /** Set A, and D for a write, in the low word of the entry that maps the page; without D no writes go unseen. */
  protected touchLeaf(address: number, entry: number, access: Access): void {
    const set = entry | Pte.A | (access === Access.write ? Pte.D : 0);
    if (set !== entry) this.memory.write32(address, set);
    if (!(set & Pte.D)) this.perm &= ~Perm.WRITE;
    this.global = (entry & Pte.G) !== 0;
  }
}
