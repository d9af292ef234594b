import { GuestFault, Vector } from "../ir/memory.js";
import { type Context, type ContextOwner, Contexts } from "./context.js";
import { type ControlChange, type ControlRegister, Flush, flushOf, loadsPdptes } from "./control.js";
import type { PhysicalMemory } from "./physical.js";
import type { MmuCounters, RoleAction, RoleChange, RolePolicy } from "./policy.js";
import { Pte } from "./pte.js";
import { CR0_PG, CR4_PCIDE, CR4_PGE, EFER_LMA, EFER_LME, RoleBit, type RoleRegisters } from "./role.js";
import { pageOf, type Tlb, tagOf } from "./tlb.js";
import type { WalkRegisters } from "./walker.js";

export interface MmuOptions {
  /** Bits of a physical address, 32 to 52; 40 by default. */
  readonly physicalBits?: number;
  /** Contexts kept; 8 by default. */
  readonly contexts?: number;
  /** Compare the role in use with the registers after every change. */
  readonly audit?: boolean;
  /** Told of every change that asked for a reset. */
  readonly onRoleChange?: (change: RoleChange) => void;
}

/**
 * The MMU of one vCPU: its copy of the registers that decide about addresses, and the contexts that the policy keeps for their roles.
 * Writes of registers come here after the vCPU has checked their reserved bits and order.
 */
export class Mmu<T = unknown> implements WalkRegisters {
  private registers: RoleRegisters = { cr0: 0, cr4: 0, efer: 0 };
  cr3 = 0;
  cr3High = 0;
  readonly pdptes = new Int32Array(8);
  private keys = 0;
  readonly physicalBits: number;
  private readonly contexts: Contexts<T>;
  /** The context in use. */
  context: Context<T>;
  /**
   * Names the context in use and the meaning of addresses in it: while it stays, what was looked up stays valid, and so it is when it comes back. Flushes
   * of page-table entries give every context with page tables a new one.
   */
  version = 0;
  /** PCID in TLB tags: 0 unless CR4.PCIDE. */
  private pcid = 0;
  readonly audit: boolean;
  private readonly counts = { resetsRequested: 0, rekeyed: 0, avoided: 0, dropped: 0, skipped: 0, tlbFlushes: 0, audits: 0, roleMismatches: 0 };

  constructor(readonly memory: PhysicalMemory, readonly policy: RolePolicy, owner: ContextOwner<T>, private readonly options: MmuOptions = {}) {
    this.physicalBits = options.physicalBits ?? 40;
    if (!(this.physicalBits >= 32 && this.physicalBits <= 52)) throw new RangeError(`${this.physicalBits} bits of physical address`);
    this.audit = options.audit ?? false;
    this.contexts = new Contexts(memory, this, owner, options.contexts ?? 8);
    this.context = this.contexts.use(policy.role(this.registers));
    this.version = this.context.version;
    memory.remapped.add(() => this.dropTlbs());
  }

  get cr0(): number {
    return this.registers.cr0;
  }

  get cr4(): number {
    return this.registers.cr4;
  }

  /** With LMA as the processor has it. */
  get efer(): number {
    return this.registers.efer;
  }

  get counters(): MmuCounters {
    return { ...this.counts, tlbFills: this.contexts.tlbFills, contexts: this.contexts.made, contextsEvicted: this.contexts.evicted };
  }

  /** TAG of TLB entries for an address with this high half. */
  tag(high: number): number {
    return tagOf(high, this.pcid);
  }

  get globalPages(): boolean {
    return (this.registers.cr4 & CR4_PGE) !== 0;
  }

  // Registers. Each write either happens in full or throws the #GP of bad PDPTEs and changes nothing.

  writeCr0(value: number): void {
    const { cr4, efer } = this.registers;
    const lma = value & CR0_PG && efer & EFER_LME ? EFER_LMA : 0;
    this.change("CR0", { cr0: value | 0, cr4, efer: (efer & ~EFER_LMA) | lma });
  }

  writeCr4(value: number): void {
    this.change("CR4", { ...this.registers, cr4: value | 0 });
  }

  /** LMA in the value is ignored: the processor sets it. */
  writeEfer(value: number): void {
    this.change("EFER", { ...this.registers, efer: (value & ~EFER_LMA) | (this.registers.efer & EFER_LMA) });
  }

  /** CR3; with CR4.PCIDE, bit 63 of the value asks to keep the PCID's entries (it is not stored). */
  writeCr3(value: number, high = 0): void {
    const pcide = (this.registers.cr4 & CR4_PCIDE) !== 0;
    if (loadsPdptes({ register: "CR3", old: this.registers, new: this.registers })) this.loadPdptes(value);
    this.cr3 = value | 0;
    this.cr3High = pcide ? high & 0x7fffffff : high | 0;
    this.setPcid();
    if (!(pcide && high < 0)) {
      this.eachPaged((tlb) => tlb.flushNonGlobal(this.pcid));
      this.counts.tlbFlushes++;
    }
    this.renew();
  }

  /** INIT or RESET: the registers' values after it (CR3, PKRU and PDPTEs are 0), all TLB entries go. */
  init(cr0: number): void {
    this.cr3 = this.cr3High = 0;
    this.pdptes.fill(0);
    this.keys = 0;
    this.change("INIT", { cr0, cr4: 0, efer: 0 });
  }

  get pkru(): number {
    return this.keys;
  }

  /** Keys are folded into TLB entries, so those go; the architecture demands no flush. */
  set pkru(value: number) {
    if (value === this.keys) return;
    this.keys = value | 0;
    for (const c of this.contexts.all()) if (c.role & RoleBit.CR4_PKE) c.tlb.flushAll();
    this.renew();
  }

  private change(register: ControlRegister, next: RoleRegisters): void {
    const change: ControlChange = { register, old: this.registers, new: next };
    if (loadsPdptes(change)) this.loadPdptes(this.cr3);
    this.registers = next;
    this.setPcid();
    const flush = flushOf(change);
    if (flush !== Flush.none) {
      if (flush === Flush.all) this.eachPaged(flushAll);
      else this.eachPaged((tlb) => tlb.flushPcidAndGlobal(this.pcid));
      this.counts.tlbFlushes++;
      this.renew();
    }
    if (this.policy.requests(change)) this.reset(change);
    if (this.audit) {
      this.counts.audits++;
      if (this.context.role !== this.policy.role(next)) this.counts.roleMismatches++;
    }
  }

  private reset(change: ControlChange): void {
    const oldRole = this.context.role;
    const computed = this.policy.role(change.new);
    const action: RoleAction = this.policy.action(oldRole, computed, change);
    this.counts.resetsRequested++;
    switch (action) {
      case "avoided":
        this.counts.avoided++;
        break;
      case "skipped":
        this.counts.skipped++;
        break;
      case "dropped":
        this.counts.dropped++;
        this.contexts.dropAll();
        this.go(computed);
        break;
      case "reset":
        this.counts.dropped++;
        this.dropTlbs();
        if (computed !== oldRole) this.counts.rekeyed++;
        this.go(computed);
        break;
      case "rekeyed":
        this.counts.rekeyed++;
        this.go(computed);
        break;
    }
    this.options.onRoleChange?.({ register: change.register, old: change.old, new: change.new, oldRole, newRole: this.context.role, action });
  }

  private go(role: number): void {
    this.context = this.contexts.use(role);
    this.version = this.context.version;
  }

  /** What addresses mean may have changed for those who looked them up: where there are page tables or, with `direct`, everywhere. */
  renew(direct = false): void {
    this.contexts.renew(direct);
    this.version = this.context.version;
  }

  /** All contexts but those with paging off: there addresses are not translated, and the architecture knows of no TLB entries. */
  private eachPaged(flush: (tlb: Tlb) => void): void {
    const all = this.contexts.all();
    for (let i = 0; i < all.length; i++) {
      const { role, tlb } = all[i]!;
      if (!(role & RoleBit.DIRECT) && !tlb.empty) flush(tlb);
    }
  }

  private dropTlbs(): void {
    for (const c of this.contexts.all()) c.tlb.flushAll();
    this.renew(true);
  }

  private setPcid(): void {
    this.pcid = this.registers.cr4 & CR4_PCIDE ? this.cr3 & 0xfff : 0;
  }

  /** The four PDPTEs at CR3 into the registers, or #GP(0) if one that is present has a reserved bit set (SDM vol. 3, 4.4.1). */
  private loadPdptes(cr3: number): void {
    const at = (cr3 & ~31) >>> 0;
    const reservedHigh = ~(2 ** (this.physicalBits - 32) - 1);
    for (let i = 0; i < 4; i++) {
      const low = this.memory.read32(at + i * 8), high = this.memory.read32(at + i * 8 + 4);
      if (low & Pte.P && (low & 0x1e6 || high & reservedHigh)) throw new GuestFault(Vector.GP);
      PDPTES[i * 2] = low;
      PDPTES[i * 2 + 1] = high;
    }
    this.pdptes.set(PDPTES);
  }

  // Instructions.

  invlpg(low: number, high = 0): void {
    this.eachPaged((tlb) => tlb.invalidate(pageOf(low, high), tagOf(high, this.pcid), true));
    this.renew();
  }

  /** INVPCID of a type (0 address, 1 PCID, 2 all, 3 all but global); the caller has checked type, PCID and address. */
  invpcid(type: number, pcid: number, low: number, high = 0): void {
    this.eachPaged((tlb) => {
      if (type === 0) tlb.invalidate(pageOf(low, high), tagOf(high, pcid), false);
      else if (type === 1) tlb.flushNonGlobal(pcid);
      else if (type === 2) tlb.flushAll();
      else tlb.flushNonGlobal(-1);
    });
    if (type !== 0) this.counts.tlbFlushes++;
    this.renew();
  }
}

const PDPTES = new Int32Array(8);

function flushAll(tlb: Tlb): void {
  tlb.flushAll();
}
