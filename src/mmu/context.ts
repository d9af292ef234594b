import type { PhysicalMemory } from "./physical.js";
import { RoleBit } from "./role.js";
import { Tlb } from "./tlb.js";
import { makeWalker } from "./walk.js";
import type { Walker, WalkRegisters } from "./walker.js";

/** Everything cached for one role: TLBs, the walker made for it, and what the owner of translations keeps there. */
export interface Context<T> {
  readonly role: number;
  readonly tlb: Tlb;
  readonly walker: Walker;
  readonly slot: T;
  /** When it was used last, by a count of uses. */
  lastUse: number;
  /** The MMU's version while it is in use; another one after each flush that it may notice. */
  version: number;
}

/** Whoever keeps something for each context, such as an index of translations. */
export interface ContextOwner<T> {
  /** What a new context of this role carries. */
  open(role: number): T;
  /** The context was evicted for room, or dropped by the policy: then what was kept for its role is not to be found again. */
  close(role: number, slot: T, why: "evicted" | "policy"): void;
}

/** The contexts of one vCPU: at most `limit`, the one used least recently goes first. */
export class Contexts<T> {
  /** Few, so that looking through them is all the index there is. */
  private readonly list: Array<Context<T>> = [];
  private uses = 0;
  private versions = 0;
  made = 0;
  evicted = 0;
  /** TLB fills of contexts that are gone. */
  private goneFills = 0;

  constructor(
    private readonly memory: PhysicalMemory,
    private readonly regs: WalkRegisters,
    private readonly owner: ContextOwner<T>,
    private readonly limit: number,
  ) {
    if (!(limit >= 1)) throw new RangeError(`limit of ${limit} contexts`);
  }

  /** The context of a role, made if it is not there, now the one used last. */
  use(role: number): Context<T> {
    const c = this.find(role) ?? this.make(role);
    c.lastUse = ++this.uses;
    return c;
  }

  private find(role: number): Context<T> | null {
    const { list } = this;
    for (let i = 0; i < list.length; i++) if (list[i]!.role === role) return list[i]!;
    return null;
  }

  private make(role: number): Context<T> {
    if (this.list.length >= this.limit) {
      this.close(this.oldest(), "evicted");
      this.evicted++;
    }
    const walker = makeWalker(role, this.memory, this.regs);
    const c: Context<T> = { role, tlb: new Tlb(), walker, slot: this.owner.open(role), lastUse: 0, version: ++this.versions };
    this.made++;
    this.list.push(c);
    return c;
  }

  /** The one used least recently. */
  private oldest(): Context<T> {
    return this.list.reduce((a, b) => (b.lastUse < a.lastUse ? b : a));
  }

  /** What addresses mean may have changed: in all contexts, or those with page tables. */
  renew(direct: boolean): void {
    const { list } = this;
    for (let i = 0; i < list.length; i++) {
      const c = list[i]!;
      if (direct || !(c.role & RoleBit.DIRECT)) c.version = ++this.versions;
    }
  }

  /** All of them. */
  all(): ReadonlyArray<Context<T>> {
    return this.list;
  }

  dropAll(): void {
    for (const c of [...this.list]) this.close(c, "policy");
  }

  private close(c: Context<T>, why: "evicted" | "policy"): void {
    this.list.splice(this.list.indexOf(c), 1);
    this.goneFills += c.tlb.fills;
    this.owner.close(c.role, c.slot, why);
  }

  get tlbFills(): number {
    let n = this.goneFills;
    for (const c of this.list) n += c.tlb.fills;
    return n;
  }
}
