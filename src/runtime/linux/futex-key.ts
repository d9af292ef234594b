import type { FutexKey } from "./futex.js";
import type { GuestThread } from "./thread.js";

/** Name of a futex word; `isPrivate`: FUTEX_PRIVATE_FLAG was given. */
export function futexKey(t: GuestThread, addr: number, isPrivate: boolean): FutexKey {
  const shared = isPrivate ? null : t.space.map.sharedKey(addr);
  return shared ? { space: shared.inode, offset: shared.offset } : { space: t.space, offset: addr >>> 0 };
}
