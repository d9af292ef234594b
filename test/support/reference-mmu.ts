/**
 * Paging as the manual's chapter 4 states it, without any caching and without a look at src/mmu: BigInt arithmetic, one general walk.
 * Reads and writes page tables through two callbacks on physical memory.
 */

export interface ReferenceState {
  pg: boolean; wp: boolean;
  pse: boolean; pae: boolean; smep: boolean; smap: boolean; pke: boolean; la57: boolean;
  nxe: boolean; lma: boolean;
  cr3: bigint; pkru: number;
  /** PDPTE registers, loaded by MOV CR3 and others. */
  pdptes: bigint[];
  physicalBits: number;
}

export interface ReferenceAccess { kind: "read" | "write" | "fetch"; user: boolean; ac: boolean; implicit?: boolean }

export interface TableMemory { read(address: bigint, bytes: number): bigint; write(address: bigint, bytes: number, value: bigint): void }

export type ReferenceResult = { physical: bigint } | { error: number };

/** Whether the rights of a page (SDM vol. 3, 4.6.1) let an access through, rule by rule; protection keys apart. */
export function allowed(s: Pick<ReferenceState, "wp" | "smep" | "smap" | "nxe">, page: { u: boolean; w: boolean; xd: boolean }, a: ReferenceAccess): boolean {
  const xd = page.xd && s.nxe;
  if (a.user) {
    if (!page.u) return false;
    if (a.kind === "read") return true;
    return a.kind === "write" ? page.w : !xd;
  }
  if (a.kind === "fetch") return page.u ? !s.smep && !xd : !xd;
  if (page.u && s.smap && (a.implicit === true || !a.ac)) return false;
  return a.kind === "read" || page.w || !s.wp;
}

export function referenceWalk(s: ReferenceState, linear: bigint, a: ReferenceAccess, m: TableMemory): ReferenceResult {
  if (!s.pg) return { physical: linear };
  const levels = s.lma ? (s.la57 ? 5 : 4) : s.pae ? 3 : 2;
  const wide = levels > 2;
  const kind = (a.kind === "write" ? 2 : 0) | (a.user ? 4 : 0) | (a.kind === "fetch" && (s.smep || (s.pae && s.nxe)) ? 16 : 0);
  const physMask = (1n << BigInt(s.physicalBits)) - 1n;
  let table = wide && levels > 3 ? s.cr3 & physMask & ~0xfffn : s.cr3 & 0xfffff000n;
  let u = true, w = true, xd = false;
  const used: Array<{ at: bigint; e: bigint }> = [];
  for (let level = levels; level >= 1; level--) {
    const indexBits = wide ? 9n : 10n;
    const shift = 12n + indexBits * BigInt(level - 1);
    if (levels === 3 && level === 3) {
      const e = s.pdptes[Number((linear >> 30n) & 3n)]!;
      if (!(e & 1n)) return { error: kind };
      table = e & physMask & ~0xfffn;
      continue;
    }
    const bytes = wide ? 8 : 4;
    const at = table + ((linear >> shift) & ((1n << indexBits) - 1n)) * BigInt(bytes);
    const e = m.read(at, bytes);
    if (!(e & 1n)) return { error: kind };
    const ps = (e & 0x80n) !== 0n;
    const large = level > 1 && ps && (wide ? level <= 3 : s.pse);
    let reserved = 0n;
    if (wide) {
      for (let bit = s.physicalBits; bit < (s.lma ? 52 : 63); bit++) reserved |= 1n << BigInt(bit);
      if (!s.nxe) reserved |= 1n << 63n;
      if (ps && level >= 4) reserved |= 0x80n;
      if (large) for (let bit = 13n; bit < shift; bit++) reserved |= 1n << bit;
    } else if (large) {
      reserved |= 1n << 21n;
      const top = Math.min(40, s.physicalBits);
      for (let bit = 13; bit < 21; bit++) if (bit - 13 + 32 >= top) reserved |= 1n << BigInt(bit);
    }
    if (e & reserved) return { error: kind | 1 | 8 };
    u &&= (e & 4n) !== 0n;
    w &&= (e & 2n) !== 0n;
    xd ||= wide && e >> 63n === 1n;
    used.push({ at, e });
    if (level > 1 && !large) {
      table = wide ? e & physMask & ~0xfffn : e & 0xfffff000n;
      continue;
    }
    let error = allowed(s, { u, w, xd }, a) ? 0 : 1;
    if (s.lma && s.pke && u && a.kind !== "fetch") {
      const key = Number((e >> 59n) & 15n);
      const ad = (s.pkru >>> (2 * key)) & 1, wd = (s.pkru >>> (2 * key + 1)) & 1;
      if (ad || (wd && a.kind === "write" && (a.user || s.wp))) error |= 1 | 32;
    }
    if (error) return { error: error | kind };
    used.forEach((entry, i) => {
      // Two levels may be one entry (a table that maps itself), so read again.
      const now = m.read(entry.at, bytes);
      m.write(entry.at, bytes, now | 0x20n | (i === used.length - 1 && a.kind === "write" ? 0x40n : 0n));
    });
    const offset = linear & ((1n << shift) - 1n);
    if (!large) return { physical: (e & (wide ? physMask : 0xffffffffn) & ~0xfffn) | (linear & 0xfffn) };
    if (wide) return { physical: ((e & physMask) >> shift << shift) | offset };
    return { physical: (((e >> 13n) & 0xffn) << 32n) | (e & 0xffc00000n) | offset };
  }
  throw new Error("unreachable");
}
