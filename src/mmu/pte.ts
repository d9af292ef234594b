import { RoleBit } from "./role.js";
import { Perm } from "./perm.js";

/** Page-table entries and what their bits allow under a role (Intel SDM vol. 3, 4.3 to 4.6). */

/** Bits of an entry's low word. */
export const enum Pte { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, PS = 0x80, G = 0x100 }

/** What an access does. */
export const enum Access { read, write, fetch }

/** Who accesses: each has its own table in a TLB. */
export const enum Table {
  /** CPL 3 */
  user,
  /** CPL 0 to 2 with EFLAGS.AC = 0, and every implicit access to a system structure */
  supervisor,
  /** CPL 0 to 2 with EFLAGS.AC = 1: SMAP does not hold it back */
  supervisorAc,
}
export const TABLES = 3;

/** The table of explicit accesses at a privilege level. */
export function tableOf(cpl: number, ac: boolean): Table {
  return cpl === 3 ? Table.user : ac ? Table.supervisorAc : Table.supervisor;
}

/** Bit in `rights` for executable pages, beside Pte.W and Pte.U (index bits 0 to 2 of the table below). */
export const enum Rights { W = 1, U = 2, X = 4 }

/** Perm bit that an access needs. */
export function neededPerm(access: Access): number {
  return access === Access.read ? Perm.READ : access === Access.write ? Perm.WRITE : Perm.EXEC;
}

/**
 * Perm bits READ, WRITE, EXEC for each combination of rights (W and U: set in all entries of the walk; X: XD set in none) and table, at
 * [table * 8 + rights]. The keys of protection keys come on top.
 */
export function permissionTable(role: number): Uint8Array {
  const t = new Uint8Array(TABLES * 8);
  const wp = role & RoleBit.CR0_WP, smep = role & RoleBit.CR4_SMEP, smap = role & RoleBit.CR4_SMAP;
  for (let rights = 0; rights < 8; rights++) {
    const user = rights & Rights.U, writable = rights & Rights.W, exec = rights & Rights.X;
    if (user) t[Table.user * 8 + rights] = Perm.READ | (writable ? Perm.WRITE : 0) | (exec ? Perm.EXEC : 0);
    const data = Perm.READ | (writable || !wp ? Perm.WRITE : 0);
    const code = exec && !(user && smep) ? Perm.EXEC : 0;
    t[Table.supervisor * 8 + rights] = (user && smap ? 0 : data) | code;
    t[Table.supervisorAc * 8 + rights] = data | code;
  }
  return t;
}

/**
 * Perm bits that a protection key takes away from data accesses. `keys` is PKRU for user pages (PKRS would be for supervisor pages, same
 * layout: bit 2k disables access to key k, bit 2k + 1 disables writes); WD binds supervisors only with CR0.WP.
 */
export function keyDenies(keys: number, key: number, table: Table, wp: boolean): number {
  const bits = (keys >>> (2 * key)) & 3;
  if (bits & 1) return Perm.READ | Perm.WRITE;
  return bits & 2 && (table === Table.user || wp) ? Perm.WRITE : 0;
}
