import type { PhysicalMemory } from "./physical.js";
import { Tlb } from "./tlb.js";
import { makeWalker } from "./walk.js";
import type { Walker, WalkRegisters } from "./walker.js";

/** Everything cached for one role: TLBs, the walker made for it, and what the owner of translations keeps there. */
export interface Context<T> {
  readonly role: number;
  readonly tlb: Tlb;
  readonly walker: Walker;
  readonly slot: T;
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
  // In order of use, the latest last.
  private readonly byRole = new Map<number, Context<T>>();
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
    let c = this.byRole.get(role);
    if (c) this.byRole.delete(role);
    else {
      if (this.byRole.size >= this.limit) {
        const [oldest] = this.byRole.values();
        this.close(oldest!, "evicted");
        this.evicted++;
      }
      c = { role, tlb: new Tlb(), walker: makeWalker(role, this.memory, this.regs), slot: this.owner.open(role) };
      this.made++;
    }
    this.byRole.set(role, c);
    return c;
  }

  /** All of them, the one used least recently first. */
  all(): IterableIterator<Context<T>> {
    return this.byRole.values();
  }

  dropAll(): void {
    for (const c of [...this.byRole.values()]) this.close(c, "policy");
  }

  private close(c: Context<T>, why: "evicted" | "policy"): void {
    this.byRole.delete(c.role);
    this.goneFills += c.tlb.fills;
    this.owner.close(c.role, c.slot, why);
  }

  get tlbFills(): number {
    let n = this.goneFills;
    for (const c of this.byRole.values()) n += c.tlb.fills;
    return n;
  }
}
