import { Sig, SI_KERNEL } from "./signal.js";
import type { GuestProcess } from "./process.js";

/** Process groups and sessions (POSIX job control). */

interface Processes {
  processes(): Iterable<GuestProcess>;
}

/** Living members of a group. */
export function* groupMembers(k: Processes, pgid: number): Generator<GuestProcess> {
  for (const p of k.processes()) if (p.pgid === pgid && !p.ending) yield p;
}

/** A group is orphaned if no member has a parent in another group of the same session. `without` counts as gone. */
export function isOrphaned(k: Processes, pgid: number, without?: GuestProcess): boolean {
  for (const p of groupMembers(k, pgid)) {
    if (p === without) continue;
    const { parent } = p;
    if (parent && !parent.ending && parent !== without && parent.pgid !== pgid && parent.sid === p.sid) return false;
  }
  return true;
}

/** Signals for stopped groups that the end of `p` orphans: SIGHUP and SIGCONT to all members. */
export function newlyOrphaned(k: Processes, p: GuestProcess): GuestProcess[] {
  const groups = new Set<number>([p.pgid]);
  for (const c of p.children) groups.add(c.pgid);
  const hit: GuestProcess[] = [];
  for (const g of groups) {
    const members = [...groupMembers(k, g)].filter((m) => m !== p);
    if (members.some((m) => m.stopSignal) && !isOrphaned(k, g) && isOrphaned(k, g, p)) hit.push(...members);
  }
  return hit;
}

export const ORPHAN_SIGNALS = [{ signo: Sig.HUP, code: SI_KERNEL }, { signo: Sig.CONT, code: SI_KERNEL }] as const;
