/**
 * Why a lookup of a translation failed, and what was translated again: the memory of a translation cache, of what it had under which role.
 * Asked only when a lookup fails, a block is translated or a translation goes, so the hot path never sees it.
 *
 * A key is what a translation is filed under beside the role: mode, PC and the physical address of its first byte.
 */

/** Causes of a miss; the first that holds is counted, in this order. */
export type MissCause = "invalidated" | "spuriousRole" | "evicted" | "cold";

/** How a translation went: a store changed the code, a mapping took it away (invalidated); for room or by a policy (evicted). */
export type DropCause = "invalidated" | "evicted";

type Fate = "live" | DropCause;

export class TranslationHistory {
  /** By key: what became of the translations under each role. */
  private readonly fates = new Map<string, Map<number, Fate>>();

  /** `effective`: a role without the bits that the hardware ignores; two roles with the same effective role could share translations. */
  constructor(private readonly effective: (role: number) => number) {}

  /** The cause of a miss under a role. */
  missed(role: number, key: string): MissCause {
    const roles = this.fates.get(key);
    if (!roles) return "cold";
    const own = roles.get(role);
    if (own === "invalidated") return own;
    const effective = this.effective(role);
    for (const [other, fate] of roles) if (fate === "live" && other !== role && this.effective(other) === effective) return "spuriousRole";
    return own === "evicted" ? own : "cold";
  }

  /** A block was translated under a role; true if there had been a translation of it before, under whatever role. */
  translated(role: number, key: string): boolean {
    const roles = this.fates.get(key);
    if (!roles) {
      this.fates.set(key, new Map([[role, "live"]]));
      return false;
    }
    roles.set(role, "live");
    return true;
  }

  /** What was under this key is of no interest any more. */
  forget(key: string): void {
    this.fates.delete(key);
  }

  dropped(role: number, key: string, cause: DropCause): void {
    this.fates.get(key)?.set(role, cause);
  }
}

export function historyKey(mode: number, pc: number, physical: number): string {
  return `${mode}:${pc}:${physical}`;
}
