import type { RoleChange, RolePolicy } from "../../mmu/policy.js";
import { POLICIES } from "../../mmu/policies/index.js";
import { roleName } from "../../mmu/role.js";
import { Vcpu } from "../machine/cpu/vcpu.js";
import type { BootImage } from "../machine/load/index.js";
import { Machine, type MachineResult } from "../machine/machine.js";
import type { Tier } from "../tiers.js";
import { RoleCounter } from "./counter.js";
import { StateDigest } from "./end-state.js";
import { type PolicyReport, roleBits, type RolesReport, type TimelineEntry } from "./report.js";
import { Sampler } from "./sampler.js";

export type PolicyName = keyof typeof POLICIES;

export interface MeasureOptions {
  /** Policies to run under, by name or one's own; all four by default. */
  readonly policies?: ReadonlyArray<PolicyName | RolePolicy>;
  /** Bytes of RAM; 128 MiB by default. */
  readonly memory?: number;
  /** vCPUs; 2 by default, so that guests with a second processor find one. */
  readonly cpus?: number;
  /** Contexts that each vCPU keeps; 8 by default. */
  readonly contexts?: number;
  /** Instructions after which a run ends; DEFAULT_LIMIT by default. */
  readonly maxInstructions?: number;
  /** Milliseconds of wall time after which a run ends. */
  readonly timeout?: number;
  /** Which tiers may run code; `auto` by default. Counters of lookups depend on it. */
  readonly tier?: Tier;
  /** Most entries of each timeline; 10,000 by default. */
  readonly timeline?: number;
  /** What the guest sends over its serial port, under which policy. */
  readonly serial?: (bytes: Uint8Array, policy: string) => void;
  /** Every change of role bits that asks for a reset, as it happens. */
  readonly onRoleChange?: (entry: TimelineEntry, policy: string) => void;
  /** How far a run is, now and then. */
  readonly onProgress?: (policy: string, instructions: number) => void;
}

/** Bound of a run that has no other. */
export const DEFAULT_LIMIT = 1_000_000_000;
const DEFAULT_MEMORY = 128 << 20, DEFAULT_TIMELINE = 10_000;

/**
 * Run an image under each policy, on the same deterministic trace of instructions, and compare. Throws ImageError if the image cannot be booted,
 * RangeError for impossible options.
 */
export async function measureRoles(image: BootImage, options: MeasureOptions = {}): Promise<RolesReport> {
  const reports: PolicyReport[] = [];
  for (const p of policiesOf(options.policies)) reports.push(await measurePolicy(image, p, options));
  const [first] = reports;
  const sameTrace = reports.every((r) => r.instructions === first!.instructions && r.endState === first!.endState && r.exit === first!.exit);
  return { version: 1, image: image.name, instructions: first?.instructions ?? 0, sameTrace, policies: reports };
}

/** Policies by name or as they are; all that there are by default. */
export function policiesOf(list: ReadonlyArray<PolicyName | RolePolicy> = Object.keys(POLICIES) as PolicyName[]): RolePolicy[] {
  return list.map((p) => (typeof p === "string" ? POLICIES[p] : p));
}

/** One run. */
async function measurePolicy(image: BootImage, policy: RolePolicy, options: MeasureOptions): Promise<PolicyReport> {
  const { cpus = 2, memory = DEFAULT_MEMORY, contexts, timeline: most = DEFAULT_TIMELINE } = options;
  const counter = new RoleCounter();
  const sampler = new Sampler();
  const timeline: TimelineEntry[] = [];
  const digest = new StateDigest();
  let roleChanges = 0;
  // Processors change roles already when they are made, at power-on.
  let powered: Machine | null = null;
  const retired = (): number => powered?.vcpus.reduce((n, v) => n + v.instructions, 0) ?? 0;
  const changed = (vcpu: number, c: RoleChange): void => {
    if (roleChanges++ >= most && !options.onRoleChange) return;
    const entry: TimelineEntry = {
      instructions: retired(), vcpu, register: c.register, old: c.old, new: c.new, oldRole: roleName(c.oldRole), newRole: roleName(c.newRole), action: c.action,
    };
    if (roleChanges <= most) timeline.push(entry);
    options.onRoleChange?.(entry, policy.name);
  };
  const machine = new Machine({
    image, memory, cpus, policy, icount: true, audit: true, maxInstructions: options.maxInstructions ?? DEFAULT_LIMIT,
    ...(contexts !== undefined ? { contexts } : {}),
    ...(options.timeout !== undefined ? { timeout: options.timeout } : {}),
    ...(options.tier !== undefined ? { tier: options.tier } : {}),
    onRoleChange: changed,
    serial: (bytes) => {
      digest.words(Int32Array.from(bytes));
      options.serial?.(bytes, policy.name);
    },
    onSlice: (instructions) => {
      if (!sampler.due(instructions)) return;
      sampler.add({ instructions, ...machine.translations.lookups });
      options.onProgress?.(policy.name, instructions);
    },
  });
  const { translations, vcpus } = machine;
  powered = machine;
  translations.observer = counter;
  const started = performance.now();
  const result = await machine.run();
  const wallMs = performance.now() - started;
  for (const v of vcpus) digest.processor((v as Vcpu).p);
  digest.memory(machine.memory);
  const { mmu } = machine.stats();
  const { lookups, hits } = translations.lookups;
  const samples = sampler.finish({ instructions: result.instructions, lookups, hits });
  return {
    policy: policy.name,
    instructions: result.instructions,
    lookups,
    hits,
    hitRate: lookups > 0 ? hits / lookups : 0,
    misses: { ...counter.misses },
    translations: counter.translations,
    instructionsRetranslated: counter.instructionsRetranslated,
    contextResets: { requested: mmu.resetsRequested, rekeyed: mmu.rekeyed, avoided: mmu.avoided },
    tlb: { fills: mmu.tlbFills, flushes: mmu.tlbFlushes },
    roleMismatches: mmu.roleMismatches,
    wallMs: Math.round(wallMs * 10) / 10,
    exit: exitOf(result),
    endState: digest.toString(),
    roles: translations.roles.map((r) => ({ role: roleBits(r.role), name: roleName(r.role), blocks: r.blocks, hits: r.hits })),
    roleChanges,
    timeline,
    samples,
  };
}

/** The exit status of a guest that ended by itself; else what ended it. */
function exitOf(r: MachineResult): number | string {
  return r.end === "exit" || r.end === "poweroff" ? r.status : r.end;
}
