import { describe, expect, it } from "vitest";
import { Access, Table } from "../../src/mmu/pte.js";
import { CR0_PG, CR0_WP, CR4_PAE, CR4_SMAP, CR4_SMEP, EFER_LME, EFER_NX } from "../../src/mmu/role.js";
import { PagedMachine } from "../support/paged-machine.js";
import { allowed } from "../support/reference-mmu.js";

const KINDS = ["read", "write", "fetch"] as const;
const ACCESS = { read: Access.read, write: Access.write, fetch: Access.fetch } as const;
const flags = (n: number): boolean[][] => Array.from({ length: 1 << n }, (_, k) => Array.from({ length: n }, (__, i) => (k & (1 << i)) !== 0));

/** Tables at 1000h to 3000h (down to the page table) that map page 0 with these rights, in the leaf or, `above`, in the entry over it. */
function build(levels: number, m: PagedMachine, bits: { p: boolean; w: boolean; u: boolean; xd: boolean }, above: boolean): void {
  const step = levels === 2 ? 4 : 8;
  m.physical.bytes.fill(0, 0x1000, 0x5000);
  for (let level = levels; level >= 1; level--) {
    const at = (levels - level + 1) * 0x1000, target = level === 1 ? 0x8000 : at + 0x1000;
    const special = level === (above ? 2 : 1);
    const pdpte = levels === 3 && level === 3;
    const p = !special || bits.p, w = !special || bits.w, u = !special || bits.u;
    m.physical.write32(at, target | (p ? 1 : 0) | (pdpte ? 0 : (w ? 2 : 0) | (u ? 4 : 0)));
    if (step === 8 && special && bits.xd) m.physical.write32(at + 4, 1 << 31);
  }
}

describe.each([2, 3, 4])("permissions with %i levels", (levels) => {
  it("are the manual's for every combination of page, configuration and access", () => {
    const m = new PagedMachine(0x10000);
    m.physical.bytes.fill(0x90, 0x8000, 0x9000);
    let cases = 0, granted = 0;
    for (const [wp, smep, smap, nxe] of flags(4) as Array<[boolean, boolean, boolean, boolean]>) {
      for (const [p, w, u, xd, above] of flags(5) as Array<[boolean, boolean, boolean, boolean, boolean]>) {
        build(levels, m, { p, w, u, xd }, above);
        m.mmu.init(1);
        m.mmu.writeCr4((levels > 2 ? CR4_PAE : 0) | (smep ? CR4_SMEP : 0) | (smap ? CR4_SMAP : 0));
        m.mmu.writeEfer((nxe ? EFER_NX : 0) | (levels > 3 ? EFER_LME : 0));
        m.mmu.writeCr3(0x1000);
        m.mmu.writeCr0(CR0_PG | 1 | (wp ? CR0_WP : 0));
        for (const [user, ac] of flags(2) as Array<[boolean, boolean]>) {
          for (const kind of KINDS) {
            const wide = levels > 2;
            const reserved = p && wide && xd && !nxe;
            const fetch = kind === "fetch" && (smep || (wide && nxe));
            let want = -1;
            const kindBits = (kind === "write" ? 2 : 0) | (user ? 4 : 0) | (fetch ? 16 : 0);
            if (!p) want = kindBits;
            else if (reserved) want = kindBits | 9;
            else if (!allowed({ wp, smep, smap, nxe: nxe && wide }, { u, w, xd }, { kind, user, ac })) want = kindBits | 1;
            const table = user ? Table.user : ac ? Table.supervisorAc : Table.supervisor;
            const got = m.access(ACCESS[kind], table, 0x123, 1, 0x90);
            const text = want >= 0 ? `fault 14 code ${want} at 123` : kind === "write" ? "stored" : "144";
            if (got !== text) expect({ got, wp, smep, smap, nxe, p, w, u, xd, above, user, ac, kind }).toEqual({ got: text });
            cases++;
            if (want < 0) granted++;
          }
        }
      }
    }
    expect(cases).toBe(16 * 32 * 12);
    expect(granted).toBeGreaterThan(1000);
    expect(granted).toBeLessThan(cases / 2);
  });
});

describe("implicit accesses", () => {
  it("are held back by SMAP whatever AC is, as they use the supervisor's table", () => {
    const m = new PagedMachine(0x10000);
    build(2, m, { p: true, w: true, u: true, xd: false }, false);
    m.mmu.writeCr4(CR4_SMAP);
    m.mmu.writeCr3(0x1000);
    m.mmu.writeCr0(CR0_PG | 1);
    expect(m.access(Access.read, Table.supervisorAc, 0, 4)).toBe("0");
    expect(m.access(Access.read, Table.supervisor, 0, 4)).toBe("fault 14 code 1 at 0");
  });
});
