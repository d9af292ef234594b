import type { UserMemory } from "../../../mmu/user-memory.js";
import { Seg, SEG_SEL } from "../../../ir/state.js";
import { E, fail } from "../errno.js";
import { checkDesc, FIRST_TLS, isEmptyDesc, loadSegment, TLS_ENTRIES, type UserDesc } from "../segments.js";
import type { GuestThread } from "../thread.js";
import { get32, put32 } from "../user.js";

/** set_thread_area and its kin (Linux arch/x86/kernel/tls.c). struct user_desc: entry number, base, limit, flags. */

export function getUserDesc(m: UserMemory, at: number): UserDesc & { entry: number } {
  return { entry: get32(m, at), base: get32(m, at + 4), limit: get32(m, at + 8), flags: get32(m, at + 12) };
}

export function setThreadArea(t: GuestThread, at: number): number {
  const d = getUserDesc(t.memory, at);
  checkDesc(d);
  let { entry } = d;
  if (entry === -1) {
    const free = t.tls.indexOf(null);
    if (free < 0) fail(E.SRCH);
    entry = FIRST_TLS + free;
    put32(t.memory, at, entry);
  }
  const i = entry - FIRST_TLS;
  if (i < 0 || i >= TLS_ENTRIES) fail(E.INVAL);
  t.tls[i] = isEmptyDesc(d) ? null : { base: d.base, limit: d.limit, flags: d.flags };
  // Linux reloads the segment registers that name the entry.
  for (const seg of [Seg.FS, Seg.GS]) {
    const selector = t.S[(SEG_SEL >> 2) + seg]! & 0xffff;
    if (selector >> 3 === entry) loadSegment(t.S, t.tls, seg, t.tls[i] ? selector : 0);
  }
  return 0;
}

export function getThreadArea(t: GuestThread, at: number): number {
  const i = get32(t.memory, at) - FIRST_TLS;
  if (i < 0 || i >= TLS_ENTRIES) fail(E.INVAL);
  const d = t.tls[i] ?? { base: 0, limit: 0, flags: 0x28 };
  put32(t.memory, at + 4, d.base);
  put32(t.memory, at + 8, d.limit);
  put32(t.memory, at + 12, d.flags);
  return 0;
}
