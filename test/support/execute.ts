import { liftBlock } from "../../src/frontend/block.js";
import type { HostServices, LibEnv } from "../../src/ir/env.js";
import { Exit } from "../../src/ir/exit.js";
import type { Block } from "../../src/ir/inst.js";
import { interpret } from "../../src/ir/interp.js";
import { GuestFault, Vector } from "../../src/ir/memory.js";
import { CpuState, EXIT, EXIT_ARG, LEFT, PC } from "../../src/ir/state.js";
import type { Region } from "../../src/jit/region.js";
import { bindRegion, type Binding, compileRegion, type RegionFunction } from "../../src/jit/compile.js";
import { userAccess } from "../../src/jit/user-access.js";
import { assembleRegion } from "../../src/jit/wasm/assembled-region.js";
import { STATE_AT } from "../../src/mmu/linear-memory.js";
import type { UserMemory } from "../../src/mmu/user-memory.js";
import { AssembledRegions, type Placed } from "../../src/runtime/assembled-regions.js";

/** Tier 0; regions as JavaScript; as WebAssembly, for which memory has to be linear. */
export type TestTier = "interp" | "jit" | "wasm";

/** Instructions that a run may retire. */
const BUDGET = 1000;
/** Assembled regions that stay in use: too few to be put together in one module, where they would jump to each other. */
const MOST_PLACED = 16;

/** Host services of a processor that is alone: system instructions are refused as a user program's are. */
const refuse = (): never => {
  throw new GuestFault(Vector.GP);
};
export const ALONE: HostServices = { rdtsc: refuse, cpuid: refuse, loadSegment: refuse, system: refuse, portIn: refuse, portOut: refuse, checkSegment: () => {}, portCheck: refuse };

/** One processor that runs single blocks on one tier, without a dispatcher. */
export class Executor {
  readonly state: CpuState;
  private readonly env: LibEnv;
  private readonly binding: Binding;
  private readonly assembled: AssembledRegions | null;
  private readonly placed: Placed[] = [];

  constructor(
    readonly memory: UserMemory,
    host: HostServices = ALONE,
  ) {
    const { linear } = memory, state = linear ? new CpuState(linear.buffer, STATE_AT) : new CpuState();
    this.state = state;
    this.env = { state, S: state.S, memory, fault: null, host };
    const stop: RegionFunction = () => stop;
    this.binding = { env: this.env, ...userAccess(this.env, memory), go: () => stop, link: () => stop, stop };
    this.assembled = linear && new AssembledRegions(linear, this.binding, 1);
  }

  /** Lift up to `count` instructions at pc (they are fetched from memory) for a tier; the returned function runs them once. */
  prepare(tier: TestTier, pc: number, mode: number, count: number): () => GuestFault | null {
    const block = liftBlock(this.memory, pc, mode, { maxInstructions: count });
    return tier === "interp" ? this.interpreter(block) : this.compiled(tier, pc, mode, block);
  }

  private interpreter(block: Block): () => GuestFault | null {
    return () => this.run(() => interpret(block, this.env));
  }

  private compiled(tier: "jit" | "wasm", pc: number, mode: number, block: Block): () => GuestFault | null {
    const region: Region = { pc, mode, nodes: [{ id: 0, pc, block, taken: null, fallthrough: null, expected: [] }] };
    const fn = tier === "jit" ? this.compile(region) : this.assemble(region);
    const { S } = this.state;
    return () => this.run(() => {
      fn();
      if (S[EXIT >> 2] !== Exit.single) return S[EXIT >> 2]! as Exit;
      // as the run loop does: the instruction, and here what follows it, is tier 0's
      S[EXIT >> 2] = Exit.none;
      const retired = BUDGET - S[LEFT >> 2]!;
      return interpret(liftBlock(this.memory, S[PC >> 2]!, mode, { maxInstructions: block.count - retired }), this.env);
    });
  }

  private compile(region: Region): RegionFunction {
    const compiled = compileRegion(region);
    return bindRegion(compiled, this.binding, [this.binding.stop, ...compiled.exits.slice(1).map(() => null)]);
  }

  private assemble(region: Region): RegionFunction {
    // Those of one place, for several modes, are used in turns.
    if (this.placed.length > MOST_PLACED) this.placed.shift()!.discard();
    const assembled = assembleRegion(region, this.memory.limits.tables, false);
    if (!assembled) throw new Error("not to be assembled");
    this.assembled!.add(assembled, false, (p) => this.placed.push(p!), () => true);
    return this.placed.at(-1)!.fn;
  }

  private run(go: () => Exit): GuestFault | null {
    const { S } = this.state;
    this.env.fault = null;
    S[LEFT >> 2] = BUDGET;
    S[EXIT >> 2] = Exit.none;
    const exit = go();
    if (exit === Exit.fault) return this.env.fault;
    // INTO and the like: the run loop raises them, as the processor does behind the instruction
    if (exit === Exit.interrupt) return new GuestFault(S[EXIT_ARG >> 2]! & 0xff);
    return null;
  }
}
