import type { Process } from "../contract.js";
import { E } from "../errno.js";
import { type Blocked, type Result, WaitQueue } from "../wait.js";

/** Record locks of processes (fcntl) and whole-file locks of open files (flock). */

export interface RecordLock {
  readonly owner: object;
  readonly pid: number;
  readonly write: boolean;
  start: number;
  /** First byte behind it; Infinity: to the end. */
  end: number;
}

interface FileLocks {
  records: RecordLock[];
  readonly whole: Map<object, boolean>;
  readonly queue: WaitQueue;
}

const files = new WeakMap<object, FileLocks>();

function locksOf(inode: object): FileLocks {
  let l = files.get(inode);
  if (!l) files.set(inode, (l = { records: [], whole: new Map(), queue: new WaitQueue() }));
  return l;
}

/** A lock of someone else's that stands in the way, or null. */
export function conflict(inode: object, owner: object, write: boolean, start: number, end: number): RecordLock | null {
  return locksOf(inode).records.find((r) => r.owner !== owner && (write || r.write) && r.start < end && start < r.end) ?? null;
}

function cut(l: FileLocks, owner: object, start: number, end: number): void {
  const next: RecordLock[] = [];
  for (const r of l.records) {
    if (r.owner !== owner || r.end <= start || end <= r.start) {
      next.push(r);
      continue;
    }
    if (r.start < start) next.push({ ...r, end: start });
    if (r.end > end) next.push({ ...r, start: end });
  }
  l.records = next;
}

export function unlockRecord(inode: object, owner: object, start: number, end: number): void {
  const l = locksOf(inode);
  cut(l, owner, start, end);
  l.queue.wake();
}

/** Lock; EAGAIN if another's is in the way, or wait for it. */
export function lockRecord(inode: object, owner: Process | object, pid: number, write: boolean, start: number, end: number, wait: boolean): Result {
  const l = locksOf(inode);
  const attempt = (): Result => {
    if (conflict(inode, owner, write, start, end)) return wait ? blocked : -E.AGAIN;
    cut(l, owner, start, end);
    l.records.push({ owner, pid, write, start, end });
    l.queue.wake();
    return 0;
  };
  const blocked: Blocked = { queues: [l.queue], retry: attempt, restartable: true };
  return attempt();
}

/** All record locks of a process on a file. */
export function releaseLocks(inode: object, owner: object): void {
  const l = files.get(inode);
  if (!l || l.records.length === 0) return;
  l.records = l.records.filter((r) => r.owner !== owner);
  l.queue.wake();
}

/** flock: `exclusive` null unlocks. */
export function lockFile(inode: object, file: object, exclusive: boolean | null, wait: boolean): Result {
  const l = locksOf(inode);
  if (exclusive === null) {
    l.whole.delete(file);
    l.queue.wake();
    return 0;
  }
  const attempt = (): Result => {
    for (const [other, x] of l.whole) if (other !== file && (x || exclusive)) return wait ? blocked : -E.AGAIN;
    l.whole.set(file, exclusive);
    l.queue.wake();
    return 0;
  };
  const blocked: Blocked = { queues: [l.queue], retry: attempt, restartable: true };
  return attempt();
}

/** An open file description is gone. */
export function releaseFileLock(inode: object, file: object): void {
  const l = files.get(inode);
  if (l?.whole.delete(file)) l.queue.wake();
}
