import fc from "../support/random-inputs.js";
import { describe, expect, it } from "vitest";
import type { RoleChange, RolePolicy } from "../../src/mmu/policy.js";
import { POLICIES } from "../../src/mmu/policies/index.js";
import { Access, Table, tableOf } from "../../src/mmu/pte.js";
import {
  CR0_PG, CR0_WP, CR4_LA57, CR4_PAE, CR4_PCIDE, CR4_PGE, CR4_PKE, CR4_PSE, CR4_SMAP, CR4_SMEP, EFER_LMA, EFER_LME, EFER_NX, RoleBit, roleOf,
} from "../../src/mmu/role.js";
import { PagedMachine } from "../support/paged-machine.js";
import { type ReferenceState, referenceWalk, type TableMemory } from "../support/reference-mmu.js";

const PAGES = 16, TABLE_PAGES = 8, SIZE = PAGES * 4096, BITS = 36;

function random(seed: number): () => number {
  let s = seed | 0;
  return () => {
    s = (s + 0x6d2b79f5) | 0;
    let t = Math.imul(s ^ (s >>> 15), 1 | s);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}

/** An entry, likely to be present and of use in any of the formats. */
function entry(r: () => number): [number, number] {
  const chance = (percent: number): boolean => r() % 100 < percent;
  let low = (r() % PAGES) << 12, high = 0;
  if (chance(92)) low |= 1;
  if (chance(70)) low |= 2;
  if (chance(65)) low |= 4;
  if (chance(30)) low |= 0x20;
  if (chance(30)) low |= 0x40;
  if (chance(12)) low = (low & 0xfff) | 0x80 | (chance(20) ? (r() & 0x3ff000) : 0);
  if (chance(30)) low |= 0x100;
  if (chance(15)) high |= 1 << 31;
  if (chance(4)) high |= r() & 0xffff;
  if (chance(15)) high |= (r() & 15) << 27;
  return [low, high];
}

function fillTables(write: (at: number, value: number) => void, seed: number): void {
  const r = random(seed);
  for (let page = 0; page < TABLE_PAGES; page++) {
    for (let i = 0; i < 8; i++) {
      const [low, high] = entry(r);
      write(page * 4096 + i * 8, low);
      write(page * 4096 + i * 8 + 4, high);
    }
    // PDPTEs for CR3 = page | 800h, mostly without reserved bits.
    for (let i = 0; i < 4; i++) {
      write(page * 4096 + 0x800 + i * 8, ((r() % TABLE_PAGES) << 12) | (r() % 8 ? 1 : 0) | (r() % 40 ? 0 : 2));
      write(page * 4096 + 0x804 + i * 8, 0);
    }
  }
  for (let page = TABLE_PAGES; page < PAGES; page++) for (let i = 0; i < 4096; i += 4) write(page * 4096 + i, r() | 0);
}

/** The processor without any caching: registers, memory, and accesses through the reference walk. */
class Reference implements TableMemory {
  readonly bytes = new Uint8Array(SIZE);
  private readonly view = new DataView(this.bytes.buffer);
  cr0 = 0; cr4 = 0; efer = 0; cr3 = 0; pkru = 0;
  pdptes = [0n, 0n, 0n, 0n];

  read(at: bigint, n: number): bigint {
    let v = 0n;
    for (let i = 0; i < n; i++) v |= BigInt(at + BigInt(i) < SIZE ? this.bytes[Number(at) + i]! : 0xff) << BigInt(8 * i);
    return v;
  }

  write(at: bigint, n: number, value: bigint): void {
    for (let i = 0; i < n; i++) if (at + BigInt(i) < SIZE) this.bytes[Number(at) + i] = Number((value >> BigInt(8 * i)) & 255n);
  }

  set32(at: number, value: number): void {
    this.view.setInt32(at, value, true);
  }

  get lma(): boolean {
    return (this.cr0 & CR0_PG) !== 0 && (this.efer & EFER_LME) !== 0;
  }

  state(): ReferenceState {
    const { cr0, cr4, efer } = this, on = (v: number, b: number): boolean => (v & b) !== 0;
    return {
      pg: on(cr0, CR0_PG), wp: on(cr0, CR0_WP), pse: on(cr4, CR4_PSE), pae: on(cr4, CR4_PAE), smep: on(cr4, CR4_SMEP), smap: on(cr4, CR4_SMAP),
      pke: on(cr4, CR4_PKE), la57: on(cr4, CR4_LA57), nxe: on(efer, EFER_NX), lma: this.lma, cr3: BigInt(this.cr3 >>> 0), pkru: this.pkru,
      pdptes: this.pdptes, physicalBits: BITS,
    };
  }

  /** A write of registers; false when loading PDPTEs raises #GP. */
  set(next: Partial<Pick<Reference, "cr0" | "cr4" | "efer" | "cr3">>): boolean {
    const old = { cr0: this.cr0, cr4: this.cr4, efer: this.efer, cr3: this.cr3 };
    Object.assign(this, next);
    const pae = this.cr0 & CR0_PG && this.cr4 & CR4_PAE && !this.lma;
    const loads = "cr3" in next || (old.cr0 ^ this.cr0) & CR0_PG || (old.cr4 ^ this.cr4) & (CR4_PAE | CR4_PGE | CR4_PSE | CR4_SMEP);
    if (!pae || !loads) return true;
    const loaded = [0, 1, 2, 3].map((i) => this.read(BigInt((this.cr3 & ~31) >>> 0) + BigInt(i * 8), 8));
    if (loaded.some((e) => e & 1n && (e & 0x1e6n || e >> BigInt(BITS)))) {
      Object.assign(this, old);
      return false;
    }
    this.pdptes = loaded;
    return true;
  }

  access(kind: Access, user: boolean, ac: boolean, addr: number, size: number, value: number): { text: string; at: number[] } {
    const at: number[] = [];
    const n = kind === Access.fetch ? 1 : size;
    const translate = (a: number): { base: bigint } | string => {
      const r = referenceWalk(this.state(), BigInt(a >>> 0), { kind: (["read", "write", "fetch"] as const)[kind], user, ac }, this);
      return "error" in r ? `fault 14 code ${r.error} at ${(a >>> 0).toString(16)}` : { base: r.physical };
    };
    const first = translate(addr);
    if (typeof first === "string") return { text: first, at };
    const here = 4096 - (addr & 0xfff);
    let second: { base: bigint } | string = first;
    if (here < n) {
      second = translate((addr + here) | 0);
      if (typeof second === "string") return { text: second, at };
    }
    let v = 0n;
    for (let i = 0; i < n; i++) {
      const p = i < here ? first.base + BigInt(i) : second.base + BigInt(i - here);
      at.push(Number(p));
      if (kind === Access.write) this.write(p, 1, BigInt((value >>> (8 * i)) & 255));
      else v |= this.read(p, 1) << BigInt(8 * i);
    }
    return { text: kind === Access.write ? "stored" : `${v}`, at };
  }
}

const attempt = (f: () => void): boolean => {
  try {
    f();
    return true;
  } catch {
    return false;
  }
};

const CR4_FREE = [CR4_PSE, CR4_PGE, CR4_SMEP, CR4_SMAP, CR4_PKE];
/** Steps are [what, detail]; what picks by weight: mostly accesses. */
const steps = fc.array(fc.tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 0x7fffffff })), { minLength: 20, maxLength: 120 });

/** Run steps on the reference and on a machine under each policy; every access and, at the end, memory must agree. */
function run(seed: number, list: ReadonlyArray<readonly [number, number]>, policies: readonly RolePolicy[], limit: number): PagedMachine[] {
  const ref = new Reference();
  const machines = policies.map((p) => new PagedMachine(SIZE, p, { physicalBits: BITS, contexts: limit }));
  const all = (f: (m: PagedMachine) => void): void => machines.forEach(f);
  fillTables((a, v) => ref.set32(a, v), seed);
  all((m) => fillTables((a, v) => m.physical.write32(a, v), seed));
  const flushAll = (): void => all((m) => m.mmu.invpcid(2, 0, 0));
  const pcidBase = new Map<number, number>();
  const write = (next: Parameters<Reference["set"]>[0], f: (m: PagedMachine) => void): void => {
    const ok = ref.set(next);
    all((m) => expect(attempt(() => f(m))).toBe(ok));
  };
  for (const [what, r] of list) {
    if (what < 20) {
      const addr = ((r & 1) << 30) | ((r & 2) << 21) | ((r & 4) << 19) | ((r & 0x38) << 9) | [0, 0x10, 0x7fc, 0xffe][(r >> 6) & 3]!;
      const kind = [Access.read, Access.write, Access.fetch, Access.write][(r >> 8) & 3]!;
      const cpl = (r >> 10) & 1 ? 3 : 0, ac = ((r >> 11) & 1) !== 0, size = [1, 2, 4, 4][(r >> 12) & 3]!;
      const want = ref.access(kind, cpl === 3, ac, addr, size, r);
      all((m) => expect(`${m.mmu.policy.name}: ${m.access(kind, tableOf(cpl, ac), addr, size, r)}`).toBe(`${m.mmu.policy.name}: ${want.text}`));
      // A store that hit page tables needs the invalidation that a kernel would do.
      if (kind === Access.write && want.at.some((p) => p < TABLE_PAGES * 4096)) {
        flushAll();
        pcidBase.clear();
      }
    } else if (what < 23) write({ cr0: 1 | (ref.cr0 & CR0_PG) | (r & 1 ? CR0_WP : 0) }, (m) => m.mmu.writeCr0(ref.cr0));
    else if (what < 25) {
      // PG as a guest may: long mode needs PAE, PCIDE needs long mode.
      const pg = ref.cr0 & CR0_PG ? (ref.cr4 & CR4_PCIDE ? CR0_PG : 0) : ref.efer & EFER_LME && !(ref.cr4 & CR4_PAE) ? 0 : CR0_PG;
      const value = (ref.cr0 & ~CR0_PG) | pg | 1;
      write({ cr0: value }, (m) => m.mmu.writeCr0(value));
    } else if (what < 28) {
      let cr4 = ref.cr4 ^ CR4_FREE[r % CR4_FREE.length]!;
      if (r & 0x100 && !ref.lma) cr4 ^= CR4_PAE;
      if (r & 0x200 && !(ref.cr0 & CR0_PG)) cr4 ^= CR4_LA57;
      if (r & 0x400 && ref.lma) cr4 ^= CR4_PCIDE;
      const turnsPcid = ((cr4 ^ ref.cr4) & CR4_PCIDE) !== 0;
      write({ cr4 }, (m) => m.mmu.writeCr4(cr4));
      if (turnsPcid) {
        // Entries of PCID 0 become those of the current one: start afresh, as kernels do with CR3[11:0] = 0.
        flushAll();
        pcidBase.clear();
      }
    } else if (what === 28) {
      const efer = (r & 1 ? EFER_NX : 0) | (ref.cr0 & CR0_PG ? ref.efer & EFER_LME : r & 2 ? EFER_LME : 0);
      write({ efer }, (m) => m.mmu.writeEfer(efer));
    } else if (what === 29) {
      const base = (r % 4) << 12, pcide = (ref.cr4 & CR4_PCIDE) !== 0;
      const cr3 = base | 0x800 | (pcide ? (r >> 4) & 3 : 0);
      const keep = pcide && pcidBase.get(cr3 & 0xfff) === base;
      const changes = cr3 !== ref.cr3;
      write({ cr3 }, (m) => m.mmu.writeCr3(cr3, keep ? 1 << 31 : 0));
      pcidBase.set(cr3 & 0xfff, base);
      // Global pages outlive CR3 by right, and need not be the same in the other tables.
      if (changes && ref.cr4 & CR4_PGE) flushAll();
    } else if (what === 30) {
      const [low, high] = entry(random(r));
      const at = (r % TABLE_PAGES) * 4096 + ((r >> 4) % 8) * 8;
      ref.set32(at, low);
      ref.set32(at + 4, high);
      all((m) => {
        m.physical.write32(at, low);
        m.physical.write32(at + 4, high);
        m.mmu.invpcid(2, 0, 0);
      });
      pcidBase.clear();
    } else if (r % 4 === 0) {
      ref.pkru = r;
      all((m) => (m.mmu.pkru = r));
    } else if (r % 4 === 1) {
      Object.assign(ref, { cr0: 0x10, cr4: 0, efer: 0, cr3: 0, pkru: 0, pdptes: [0n, 0n, 0n, 0n] });
      all((m) => m.mmu.init(0x10));
      pcidBase.clear();
    } else all((m) => m.mmu.invlpg((r & 0x38) << 9));
  }
  all((m) => expect(Buffer.compare(m.physical.bytes.subarray(0, SIZE), ref.bytes)).toBe(0));
  return machines;
}

describe("caching", () => {
  it("is not seen by the guest: random registers, invalidations and accesses give what plain walks give, under every policy", () => {
    const policies = Object.values(POLICIES);
    let fills = 0, roles = 0;
    fc.assert(fc.property(fc.integer(), steps, fc.constantFrom(1, 2, 8), (seed, list, limit) => {
      const [fixed, stale, , skip] = run(seed, list, policies, limit);
      fills += fixed!.mmu.counters.tlbFills;
      roles += fixed!.mmu.counters.rekeyed;
      expect(fixed!.mmu.counters.roleMismatches).toBe(0);
      expect(stale!.mmu.counters.roleMismatches).toBe(0);
      expect(fixed!.mmu.counters.contexts).toBeLessThanOrEqual(stale!.mmu.counters.contexts);
      expect(fixed!.mmu.counters.tlbFills).toBeLessThanOrEqual(stale!.mmu.counters.tlbFills);
      expect(skip!.mmu.counters.audits).toBe(stale!.mmu.counters.audits);
    }), { numRuns: 300 });
    expect(fills).toBeGreaterThan(1000);
    expect(roles).toBeGreaterThan(300);
  });

  const registers = fc.array(fc.oneof(
    fc.record({ reg: fc.constant("cr0" as const), bits: fc.constantFrom(0, CR0_WP, CR0_PG, CR0_PG | CR0_WP) }),
    fc.record({ reg: fc.constant("cr4" as const), bits: fc.subarray([...CR4_FREE, CR4_PGE]).map((b) => b.reduce((x, y) => x | y, 0)) }),
    fc.record({ reg: fc.constant("efer" as const), bits: fc.constantFrom(0, EFER_NX) }),
    fc.record({ reg: fc.constant("init" as const), bits: fc.constant(0) }),
  ), { maxLength: 60 });
  type Write = { reg: "cr0" | "cr4" | "efer" | "init"; bits: number };
  const put = (m: PagedMachine, w: Write): void => {
    if (w.reg === "cr0") m.mmu.writeCr0(w.bits | 1);
    else if (w.reg === "cr4") m.mmu.writeCr4(w.bits);
    else if (w.reg === "efer") m.mmu.writeEfer(w.bits);
    else m.mmu.init(0x10);
  };

  it("fixed re-keys exactly when the role differs, and otherwise keeps context and TLB", () => {
    fc.assert(fc.property(registers, (list) => {
      const m = new PagedMachine(SIZE);
      for (const w of list) {
        const before = m.mmu.context, rekeyed = m.mmu.counters.rekeyed;
        put(m, w);
        const differs = roleOf(m.mmu) !== before.role;
        expect(m.mmu.context !== before).toBe(differs);
        expect(m.mmu.counters.rekeyed - rekeyed).toBe(differs ? 1 : 0);
        expect(m.mmu.context.role).toBe(roleOf(m.mmu));
      }
      const c = m.mmu.counters;
      expect(c.resetsRequested).toBe(c.rekeyed + c.avoided);
    }));
  });

  it("skip mismatches exactly when the role kept is not the one recomputed", () => {
    let seen = 0;
    fc.assert(fc.property(registers, (list) => {
      const m = new PagedMachine(SIZE, POLICIES.skip);
      let kept = m.mmu.context.role, count = 0;
      for (const w of list) {
        const pg = m.mmu.cr0;
        put(m, w);
        // Skipped while paging is off before and after; else recomputed.
        if ((pg | m.mmu.cr0) & CR0_PG) kept = POLICIES.skip.role(m.mmu);
        expect(m.mmu.context.role).toBe(kept);
        if (kept !== POLICIES.skip.role(m.mmu)) count++;
        expect(m.mmu.counters.roleMismatches).toBe(count);
      }
      seen += count;
    }));
    expect(seen).toBeGreaterThan(100);
  });
});

describe("the scenario of origin: INIT of a processor whose paging is off, after EFER.NX was set", () => {
  const play = (policy: RolePolicy): { machine: PagedMachine; events: RoleChange[]; same: boolean } => {
    const events: RoleChange[] = [];
    const machine = new PagedMachine(SIZE, policy, { onRoleChange: (e) => events.push(e) });
    machine.mmu.writeEfer(EFER_NX);
    machine.access(Access.read, Table.supervisor, 0x100, 4);
    const { context } = machine.mmu;
    machine.mmu.init(0x10);
    machine.access(Access.read, Table.supervisor, 0x100, 4);
    return { machine, events, same: context === machine.mmu.context };
  };

  it("fixed goes on with the context and its TLB", () => {
    const { machine, events, same } = play(POLICIES.fixed);
    expect(same).toBe(true);
    expect(machine.mmu.counters).toMatchObject({ resetsRequested: 1, avoided: 1, rekeyed: 0, tlbFills: 1, contexts: 1, roleMismatches: 0 });
    expect(events).toEqual([{
      register: "EFER", old: { cr0: 0, cr4: 0, efer: 0 }, new: { cr0: 0, cr4: 0, efer: EFER_NX }, oldRole: RoleBit.DIRECT, newRole: RoleBit.DIRECT, action: "avoided",
    }]);
  });

  it("stale has a context for each, and fills its TLB again", () => {
    const { machine, events, same } = play(POLICIES.stale);
    expect(same).toBe(false);
    expect(machine.mmu.counters).toMatchObject({ resetsRequested: 2, rekeyed: 2, tlbFills: 2, contexts: 2, roleMismatches: 0 });
    expect(events.map((e) => [e.register, e.oldRole, e.newRole, e.action])).toEqual([
      ["EFER", RoleBit.DIRECT, RoleBit.DIRECT | RoleBit.EFER_NX, "reset"], ["INIT", RoleBit.DIRECT | RoleBit.EFER_NX, RoleBit.DIRECT, "reset"],
    ]);
  });

  it("flush drops on the EFER write; INIT asks for nothing", () => {
    const { machine } = play(POLICIES.flush);
    expect(machine.mmu.counters).toMatchObject({ resetsRequested: 1, dropped: 1, contexts: 2, tlbFills: 1 });
    expect(machine.closed).toEqual([RoleBit.DIRECT]);
  });

  it("skip keeps the context under a role that is wrong until INIT clears NX again", () => {
    const { machine, same } = play(POLICIES.skip);
    expect(same).toBe(true);
    expect(machine.mmu.counters).toMatchObject({ resetsRequested: 2, skipped: 2, tlbFills: 1, contexts: 1, audits: 2, roleMismatches: 1 });
  });
});

describe("flags of long mode", () => {
  it("LMA follows CR0.PG and EFER.LME", () => {
    const m = new PagedMachine(SIZE);
    m.mmu.writeCr4(CR4_PAE);
    m.mmu.writeEfer(EFER_LME | EFER_LMA);
    expect(m.mmu.efer).toBe(EFER_LME);
    m.mmu.writeCr0(CR0_PG | 1);
    expect(m.mmu.efer).toBe(EFER_LME | EFER_LMA);
    m.mmu.writeCr0(1);
    expect(m.mmu.efer).toBe(EFER_LME);
  });
});
