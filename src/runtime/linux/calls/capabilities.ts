import { and, Cap, capable, type CapSet, has, only, or, within, without } from "../capabilities.js";
import { E, fail } from "../errno.js";
import type { GuestThread } from "../thread.js";
import { get32, put32 } from "../user.js";

/** capget, capset and what prctl has of capabilities. */

/** Words of each set for a version of struct __user_cap_header; 0: the version is put there that there is. */
function versionWords(t: GuestThread, headAt: number): 0 | 1 | 2 {
  const version = get32(t.memory, headAt);
  if (version === 0x19980330) return 1;
  if (version === 0x20071026 || version === 0x20080522) return 2;
  put32(t.memory, headAt, 0x20080522);
  return 0;
}

/** struct __user_cap_data: effective, permitted, inheritable, once for each word. */
export function capget(t: GuestThread, headAt: number, dataAt: number): number {
  const words = versionWords(t, headAt);
  if (words === 0) return dataAt ? -E.INVAL : 0;
  const pid = get32(t.memory, headAt + 4);
  if (pid < 0) fail(E.INVAL);
  const { effective, permitted, inheritable } = (pid === 0 ? t : (t.kernel.threads.get(pid) ?? fail(E.SRCH))).cred.caps;
  if (!dataAt) return 0;
  for (let w = 0; w < words; w++) [effective, permitted, inheritable].forEach((s, i) => put32(t.memory, dataAt + w * 12 + i * 4, w === 0 ? s.lo : s.hi));
  return 0;
}

export function capset(t: GuestThread, headAt: number, dataAt: number): number {
  const words = versionWords(t, headAt);
  if (words === 0) fail(E.INVAL);
  const pid = get32(t.memory, headAt + 4), { caps } = t.cred;
  if (pid !== 0 && pid !== t.tid) fail(E.PERM);
  const set = (i: number): CapSet => ({ lo: get32(t.memory, dataAt + i * 4), hi: words === 2 ? get32(t.memory, dataAt + 12 + i * 4) & 0x1ff : 0 });
  const effective = set(0), permitted = set(1), inheritable = set(2);
  if (!capable(t.cred, Cap.SETPCAP) && !within(inheritable, or(caps.inheritable, caps.permitted))) fail(E.PERM);
  if (!within(inheritable, or(caps.inheritable, caps.bounding))) fail(E.PERM);
  if (!within(permitted, caps.permitted) || !within(effective, permitted)) fail(E.PERM);
  t.cred.caps = { ...caps, effective, permitted, inheritable, ambient: and(caps.ambient, and(permitted, inheritable)) };
  return 0;
}

/** PR_CAPBSET_DROP */
export function dropBounding(t: GuestThread, cap: number): number {
  if (!capable(t.cred, Cap.SETPCAP)) return -E.PERM;
  if (cap >>> 0 > Cap.LAST) return -E.INVAL;
  t.cred.caps = { ...t.cred.caps, bounding: without(t.cred.caps.bounding, only(cap)) };
  return 0;
}

/** PR_CAP_AMBIENT */
export function ambient(t: GuestThread, what: number, cap: number): number {
  const IS_SET = 1, RAISE = 2, LOWER = 3, CLEAR_ALL = 4, { caps } = t.cred;
  if (what === CLEAR_ALL) {
    if (cap !== 0) return -E.INVAL;
    t.cred.caps = { ...caps, ambient: { lo: 0, hi: 0 } };
    return 0;
  }
  if (what < IS_SET || what > LOWER || cap >>> 0 > Cap.LAST) return -E.INVAL;
  if (what === IS_SET) return has(caps.ambient, cap) ? 1 : 0;
  if (what === RAISE && !(has(caps.permitted, cap) && has(caps.inheritable, cap))) return -E.PERM;
  t.cred.caps = { ...caps, ambient: what === RAISE ? or(caps.ambient, only(cap)) : without(caps.ambient, only(cap)) };
  return 0;
}
