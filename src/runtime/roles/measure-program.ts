import type { TranslationObserver } from "../../jit/cache.js";
import { historyKey, type MissCause, TranslationHistory } from "../../jit/history.js";
import { effectiveRole } from "../../mmu/policies/leaky-role.js";
import type { RolePolicy } from "../../mmu/policy.js";
import { roleName } from "../../mmu/role.js";
import type { Inspection } from "../inspect/inspection.js";
import { type LinuxSystem, USER_REGISTERS } from "../linux/system.js";
import { StateDigest } from "./end-state.js";
import { type PolicyName, policiesOf } from "./measure.js";
import { type PolicyReport, roleBits, type RolesReport } from "./report.js";
import { Sampler } from "./sampler.js";

/** What a run of a program is made with. */
export interface ProgramRun {
  readonly policy: RolePolicy;
  readonly inspection: Inspection;
}

/**
 * The same for a Linux program, whose processors have one role from begin to end: it shows that nothing changes. `start` makes the system for each run,
 * with `icount`, so that runs are alike. Throws LaunchError if the program cannot be started.
 */
export async function measureProgramRoles(
  name: string, start: (run: ProgramRun) => LinuxSystem, policies?: ReadonlyArray<PolicyName | RolePolicy>,
): Promise<RolesReport> {
  const reports: PolicyReport[] = [];
  for (const policy of policiesOf(policies)) reports.push(await measureRun(policy, start));
  const [first] = reports;
  const sameTrace = reports.every((r) => r.instructions === first!.instructions && r.endState === first!.endState);
  return { version: 1, image: name, instructions: first?.instructions ?? 0, sameTrace, policies: reports };
}

/** Misses and retranslations of all processes together. */
class ProgramCounter {
  readonly causes: Record<MissCause, number> = { cold: 0, evicted: 0, invalidated: 0, spuriousRole: 0 };
  translations = 0;
  instructionsRetranslated = 0;
  onTranslated: (() => void) | null = null;

  /** The observer of one process' translations. */
  observe(role: number): TranslationObserver {
    const history = new TranslationHistory(effectiveRole);
    const keyOf = (t: { readonly mode: number; readonly pc: number }): string => historyKey(t.mode, t.pc, t.pc);
    return {
      translated: (t) => {
        const key = keyOf(t);
        this.causes[history.missed(role, key)]++;
        this.translations++;
        if (history.translated(role, key)) this.instructionsRetranslated += t.block.count;
        this.onTranslated?.();
      },
      // Another program's code at the same address is other code.
      dropped: (t, why) => (why === "cleared" ? history.forget(keyOf(t)) : history.dropped(role, keyOf(t), why)),
    };
  }
}

async function measureRun(policy: RolePolicy, start: (run: ProgramRun) => LinuxSystem): Promise<PolicyReport> {
  const role = policy.role(USER_REGISTERS);
  const counter = new ProgramCounter();
  const system = start({ policy, inspection: { observe: (_memory, filedUnder) => counter.observe(filedUnder) } });
  const sampler = new Sampler();
  const sample = (): { instructions: number; lookups: number; hits: number } => {
    const { instructions, cache } = system.stats();
    return { instructions, lookups: cache.lookups ?? 0, hits: cache.hits ?? 0 };
  };
  counter.onTranslated = () => {
    const s = sample();
    if (sampler.due(s.instructions)) sampler.add(s);
  };
  const started = performance.now();
  const result = await system.run();
  const wallMs = performance.now() - started;
  const last = sample(), { causes } = counter;
  const digest = new StateDigest();
  digest.words(Int32Array.of(result.status, result.signal, last.instructions | 0));
  const { evicted, invalidated, spuriousRole } = causes;
  return {
    policy: policy.name,
    ...last,
    hitRate: last.lookups > 0 ? last.hits / last.lookups : 0,
    // A lookup whose instruction cannot even be fetched is a miss without a translation.
    misses: { cold: last.lookups - last.hits - evicted - invalidated - spuriousRole, evicted, invalidated, spuriousRole },
    translations: counter.translations,
    instructionsRetranslated: counter.instructionsRetranslated,
    contextResets: { requested: 0, rekeyed: 0, avoided: 0 },
    tlb: { fills: 0, flushes: 0 },
    roleMismatches: system.audit().mismatches,
    wallMs: Math.round(wallMs * 10) / 10,
    exit: result.limit ?? result.status,
    endState: digest.toString(),
    roles: [{ role: roleBits(role), name: roleName(role), blocks: counter.translations, hits: last.hits }],
    roleChanges: 0,
    timeline: [],
    samples: sampler.finish(last),
  };
}
