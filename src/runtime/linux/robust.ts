import { Errno } from "./errno.js";
import { futexKey } from "./futex-key.js";
import type { GuestThread } from "./thread.js";
import { get32, put32 } from "./user.js";

/** Robust futexes (Linux kernel/futex: exit_robust_list): locks that a thread held when it ended are marked so. */

const OWNER_DIED = 0x40000000, WAITERS = 0x80000000 | 0, TID_MASK = 0x3fffffff;
const MAX_ENTRIES = 2048;

/** struct robust_list_head: list.next, futex_offset, list_op_pending; bit 0 of a pointer marks a PI futex. */
export function exitRobustList(t: GuestThread): void {
  const head = t.robustList;
  t.robustList = 0;
  if (!head) return;
  const m = t.memory;
  try {
    const offset = get32(m, head + 4), pending = get32(m, head + 8) & ~1;
    let entry = get32(m, head) & ~1;
    for (let n = 0; entry !== head && n < MAX_ENTRIES; n++) {
      const next = get32(m, entry) & ~1;
      if (entry !== pending) died(t, (entry + offset) | 0);
      entry = next;
    }
    if (pending) died(t, (pending + offset) | 0);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

function died(t: GuestThread, addr: number): void {
  const value = get32(t.memory, addr);
  if ((value & TID_MASK) !== t.tid) return;
  put32(t.memory, addr, (value & WAITERS) | OWNER_DIED);
  if (!(value & WAITERS)) return;
  t.kernel.futexes.wake(futexKey(t, addr, true), 1);
  t.kernel.futexes.wake(futexKey(t, addr, false), 1);
}
