import type { Credentials } from "./contract.js";

/** capabilities(7): what root may, one by one. */

export const enum Cap {
  CHOWN = 0, DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER, FSETID, KILL, SETGID, SETUID, SETPCAP, NET_ADMIN = 12, IPC_OWNER = 15, SYS_CHROOT = 18, SYS_ADMIN = 21, SYS_NICE = 23,
  SYS_RESOURCE = 24, MKNOD = 27, LAST = 40,
}

/** A set of capabilities as two words. */
export interface CapSet {
  readonly lo: number;
  readonly hi: number;
}

export const NONE: CapSet = { lo: 0, hi: 0 };
export const ALL: CapSet = { lo: -1, hi: 0x1ff };
/** Those that go by the user for files: setfsuid(2) takes and gives them. */
const OF_FILES: CapSet = { lo: 0x0800021f | 0, hi: 1 };

export const and = (a: CapSet, b: CapSet): CapSet => ({ lo: a.lo & b.lo, hi: a.hi & b.hi });
export const or = (a: CapSet, b: CapSet): CapSet => ({ lo: a.lo | b.lo, hi: a.hi | b.hi });
export const without = (a: CapSet, b: CapSet): CapSet => ({ lo: a.lo & ~b.lo, hi: a.hi & ~b.hi });
export const within = (a: CapSet, b: CapSet): boolean => (a.lo & ~b.lo) === 0 && (a.hi & ~b.hi) === 0;
export const only = (cap: number): CapSet => (cap < 32 ? { lo: 1 << cap, hi: 0 } : { lo: 0, hi: 1 << (cap - 32) });
export const has = (set: CapSet, cap: number): boolean => (cap < 32 ? (set.lo & (1 << cap)) !== 0 : (set.hi & (1 << (cap - 32))) !== 0);

/** The sets of a process. They are replaced, never changed. */
export interface Capabilities {
  readonly permitted: CapSet;
  readonly effective: CapSet;
  readonly inheritable: CapSet;
  readonly bounding: CapSet;
  readonly ambient: CapSet;
  /** PR_SET_KEEPCAPS: the permitted ones stay when no user of the process is root any more. */
  readonly keep: boolean;
}

const USUAL = { inheritable: NONE, bounding: ALL, ambient: NONE, keep: false };
export const ROOTS: Capabilities = { ...USUAL, permitted: ALL, effective: ALL };
export const NOBODYS: Capabilities = { ...USUAL, permitted: NONE, effective: NONE };

/** Whether somebody may do what takes a capability. */
export const capable = (c: Credentials, cap: Cap): boolean => has(c.caps.effective, cap);

/** After execve(2) of a file without capabilities of its own; `setId`: the file changes its user or group. */
export function afterExec(c: Credentials, setId: boolean): Capabilities {
  const { bounding, inheritable } = c.caps, ambient = setId ? NONE : c.caps.ambient;
  const base = { bounding, inheritable, ambient, keep: false };
  if (c.uid !== 0 && c.euid !== 0) return { ...base, permitted: ambient, effective: ambient };
  const permitted = or(bounding, inheritable);
  return { ...base, permitted, effective: c.euid === 0 ? permitted : ambient };
}

type Users = Pick<Credentials, "uid" | "euid" | "suid" | "fsuid">;

/** After users have changed from `old`. */
export function afterUsers(c: Capabilities, old: Users, now: Users): Capabilities {
  let { permitted, effective, ambient } = c;
  const root = (u: Users): boolean => u.uid === 0 || u.euid === 0 || u.suid === 0;
  if (root(old) && !root(now)) {
    if (!c.keep) permitted = effective = NONE;
    ambient = NONE;
  }
  if (old.euid === 0 && now.euid !== 0) effective = NONE;
  if (old.euid !== 0 && now.euid === 0) effective = permitted;
  return { ...c, permitted, effective, ambient };
}

/** After setfsuid(2). */
export function afterFileUser(c: Capabilities, old: number, now: number): Capabilities {
  if (old === 0 && now !== 0) return { ...c, effective: without(c.effective, OF_FILES) };
  return old !== 0 && now === 0 ? { ...c, effective: or(c.effective, and(c.permitted, OF_FILES)) } : c;
}
