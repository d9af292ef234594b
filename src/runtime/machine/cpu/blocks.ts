import { liftBlock } from "../../../frontend/block.js";
import { Mode } from "../../../frontend/mode.js";
import type { Block } from "../../../ir/inst.js";
import { PC } from "../../../ir/state.js";
import type { Inspection } from "../../inspect/inspection.js";
import { timed } from "../../inspect/time-split.js";
import { Doing, during } from "../../inspect/whereabouts.js";
import type { DebugStops } from "../../debug-stops.js";
import type { MachineTranslations, ModeIndex, RoleIndex, Translation } from "../translations.js";
import type { FetchUnit } from "./code.js";
import type { Processor } from "./processor.js";

/** The blocks that a vCPU runs: found among the translations of its role and mode, or lifted now. A fetch that faults throws GuestFault. */
export class Blocks {
  /** The index of translations in use. */
  current: ModeIndex;
  /** Where the block last given is kept, if it is. */
  found: Translation | null = null;

  constructor(
    private readonly p: Processor,
    private readonly code: FetchUnit,
    private readonly translations: MachineTranslations,
    private readonly stops: DebugStops,
    private readonly inspection: Inspection | null,
    index: RoleIndex,
  ) {
    this.current = index.mode(0);
  }

  /** The block at PC under a role, in a mode. */
  at(index: RoleIndex, mode: number): Block {
    let { current } = this;
    if (index !== current.index || mode !== current.mode) current = this.current = index.mode(mode);
    const pc = this.p.S[PC >> 2]!;
    index.counters.lookups++;
    this.found = null;
    const physical = this.code.physical(pc);
    const recalled = current.recall(pc, physical);
    if (recalled !== null) {
      index.counters.hits++;
      this.found = recalled;
      return recalled.block;
    }
    for (let t = current.blocks.get(pc) ?? null; t; t = t.next) {
      if (t.physical !== physical || (t.nextPage >= 0 && this.code.nextPage(pc) !== t.nextPage)) continue;
      index.counters.hits++;
      current.remember(t);
      this.found = t;
      return t.block;
    }
    this.translations.observer?.missed(index.role, mode, pc, physical);
    const { times, where } = this.inspection ?? {};
    const lift = (): Block => liftBlock(this.code, pc, mode, mode & Mode.TRAP ? { maxInstructions: 1 } : { stops: this.stopOffsets() });
    const block = timed(times, "lifting", () => during(where, Doing.lifting, lift));
    this.found = this.file(index, mode, block, physical);
    return block;
  }

  /** A block of at most so many instructions, not kept. */
  lift(mode: number, maxInstructions: number): Block {
    return liftBlock(this.code, this.p.S[PC >> 2]!, mode, { maxInstructions, stops: this.stopOffsets() });
  }

  /** Whether a breakpoint is within a block, which was made for another base of CS. Only while there are breakpoints. */
  crossesStop(block: Block): boolean {
    const base = this.code.linear(block.pc), size = block.end - block.pc;
    for (const a of this.stops.code!) if ((a - base) >>> 0 < size && a !== base) return true;
    return false;
  }

  /** Breakpoints as offsets in CS, as blocks are lifted by. */
  private stopOffsets(): ReadonlySet<number> | null {
    const base = this.code.linear(0);
    const { code } = this.stops;
    return code === null || base === 0 ? code : new Set([...code].map((a) => (a - base) | 0));
  }

  /** Keep a block that was read from RAM or ROM. */
  private file(index: RoleIndex, mode: number, block: Block, physical: number): Translation | null {
    if (!this.translations.isMemory(physical)) return null;
    let nextPage = -1;
    if ((physical & 0xfff) + (block.end - block.pc) > 4096) {
      nextPage = this.code.nextPage(block.pc);
      if (!this.translations.isMemory(nextPage)) return null;
    }
    return this.translations.add(index, mode, block, physical, nextPage);
  }
}
