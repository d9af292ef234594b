import type { SigSet, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get16, get32, get64, put16, put32, put64, readableView, writableView } from "../user.js";
import type { Blocked, Result, WaitQueue } from "../wait.js";
import type { FdTable } from "./fd-table.js";
import { type File, Poll } from "./file.js";

/** poll, select and their variants. */

/** Wait on files until `look` finds something; `deadline` in ns. */
function waitForAny(t: Thread, files: readonly File[], look: () => number, timeout: number | null, finish: (n: number) => number): Result {
  const found = look();
  if (found !== 0 || timeout === 0) return finish(found);
  const queues: WaitQueue[] = [...new Set(files.map((f) => f.queue))];
  const b: Blocked = {
    queues,
    retry: (timedOut) => {
      const n = look();
      return n !== 0 || timedOut ? finish(n) : b;
    },
    ...(timeout === null ? {} : { deadline: t.kernel.clock.monotonic() + timeout }),
  };
  return b;
}

/** struct pollfd: fd, events, revents. */
function pollFiles(t: Thread, at: number, n: number, timeout: number | null): Result {
  if (n >>> 0 > t.process.rlimit(7).soft) fail(E.INVAL);
  const files = t.process.files as FdTable;
  const list: { file: File | null; events: number; at: number }[] = [];
  for (let i = 0; i < n; i++) {
    const fd = get32(t.memory, at + i * 8);
    list.push({ file: fd < 0 ? null : files.has(fd) ? files.get(fd) : null, events: get16(t.memory, at + i * 8 + 4), at: fd < 0 ? -1 : at + i * 8 });
  }
  if (n > 0 && writableView(t.memory, at, n * 8).length < n * 8) fail(E.FAULT);
  const revents = (e: { file: File | null; events: number; at: number }): number => {
    if (e.at === -1) return 0;
    return e.file ? e.file.poll(t) & (e.events | Poll.ERR | Poll.HUP) : Poll.NVAL;
  };
  const look = (): number => list.reduce((c, e) => c + (revents(e) ? 1 : 0), 0);
  return waitForAny(t, list.flatMap((e) => (e.file ? [e.file] : [])), look, timeout, (count) => {
    list.forEach((e, i) => put16(t.memory, at + i * 8 + 6, revents(e)));
    return count;
  });
}

export function poll(t: Thread, at: number, n: number, ms: number): Result {
  return pollFiles(t, at, n, ms < 0 ? null : ms * 1e6);
}

export function readTimeout(t: Thread, at: number, wide: boolean): number | null {
  if (!at) return null;
  const sec = wide ? get64(t.memory, at) : get32(t.memory, at), nsec = get32(t.memory, at + (wide ? 8 : 4));
  if (sec < 0 || nsec < 0 || nsec >= 1e9) fail(E.INVAL);
  return sec * 1e9 + nsec;
}

export function temporaryMask(t: Thread, at: number, size: number): void {
  if (!at) return;
  if (size !== 8) fail(E.INVAL);
  const KILL_STOP = (1 << 8) | (1 << 18);
  const mask: SigSet = { lo: get32(t.memory, at) & ~KILL_STOP, hi: get32(t.memory, at + 4) };
  t.setTemporaryMask(mask);
}

export const ppoll = (wide: boolean) => (t: Thread, at: number, n: number, timeoutAt: number, maskAt: number, size: number): Result => {
  const timeout = readTimeout(t, timeoutAt, wide);
  temporaryMask(t, maskAt, size);
  return pollFiles(t, at, n, timeout);
};

const READ = Poll.IN | Poll.RDNORM | Poll.HUP | Poll.ERR, WRITE = Poll.OUT | Poll.WRNORM | Poll.ERR, EXCEPT = Poll.PRI;

function selectFiles(t: Thread, n: number, sets: readonly number[], timeout: number | null): Result {
  if (n < 0) fail(E.INVAL);
  n = Math.min(n, t.process.rlimit(7).soft);
  const m = t.memory;
  const bytes = Math.ceil(n / 32) * 4;
  const wanted = sets.map((at) => (at && n > 0 ? readableView(m, at, bytes).slice() : null));
  wanted.forEach((w) => {
    if (w && w.length < bytes) fail(E.FAULT);
  });
  const files = t.process.files as FdTable;
  const list: { fd: number; file: File; want: number }[] = [];
  for (let fd = 0; fd < n; fd++) {
    let want = 0;
    wanted.forEach((w, i) => {
      if (w && (w[fd >> 3]! >> (fd & 7)) & 1) want |= 1 << i;
    });
    if (want) list.push({ fd, file: files.get(fd), want });
  }
  const masks = [READ, WRITE, EXCEPT];
  const ready = (e: { file: File; want: number }): number => {
    const now = e.file.poll(t);
    let r = 0;
    masks.forEach((mask, i) => {
      if (e.want & (1 << i) && now & mask) r |= 1 << i;
    });
    return r;
  };
  const look = (): number => list.reduce((c, e) => c + [0, 1, 1, 2, 1, 2, 2, 3][ready(e)]!, 0);
  return waitForAny(t, list.map((e) => e.file), look, timeout, (count) => {
    const out = wanted.map((w) => (w ? new Uint8Array(bytes) : null));
    for (const e of list) {
      const r = ready(e);
      out.forEach((o, i) => {
        if (o && r & (1 << i)) o[e.fd >> 3]! |= 1 << (e.fd & 7);
      });
    }
    sets.forEach((at, i) => {
      const o = out[i];
      if (o) writableView(m, at, bytes).set(o);
    });
    return count;
  });
}

/** The time left is written back, as Linux does. */
function withRest(t: Thread, r: Result, at: number, timeout: number | null, put: (left: number) => void): Result {
  if (!at || timeout === null) return r;
  const end = t.kernel.clock.monotonic() + timeout;
  const rest = (): void => put(Math.max(0, end - t.kernel.clock.monotonic()));
  const wrap = (x: Result): Result => {
    if (typeof x === "number") {
      rest();
      return x;
    }
    return { ...x, retry: (timedOut) => wrap(x.retry(timedOut)) };
  };
  return wrap(r);
}

export function newselect(t: Thread, n: number, r: number, w: number, e: number, timeAt: number): Result {
  const m = t.memory;
  let timeout: number | null = null;
  if (timeAt) {
    const sec = get32(m, timeAt), usec = get32(m, timeAt + 4);
    if (sec < 0 || usec < 0) fail(E.INVAL);
    timeout = sec * 1e9 + usec * 1e3;
  }
  return withRest(t, selectFiles(t, n, [r, w, e], timeout), timeAt, timeout, (left) => {
    put32(m, timeAt, Math.floor(left / 1e9));
    put32(m, timeAt + 4, Math.floor((left % 1e9) / 1e3));
  });
}

/** The old call: its five arguments are in memory. */
export function oldSelect(t: Thread, at: number): Result {
  const a = (i: number): number => get32(t.memory, at + i * 4);
  return newselect(t, a(0), a(1), a(2), a(3), a(4));
}

/** The sixth argument points at (mask, size). */
export const pselect6 = (wide: boolean) => (t: Thread, n: number, r: number, w: number, e: number, timeAt: number, maskAt: number): Result => {
  const m = t.memory;
  const timeout = readTimeout(t, timeAt, wide);
  if (maskAt) temporaryMask(t, get32(m, maskAt), get32(m, maskAt + 4));
  return withRest(t, selectFiles(t, n, [r, w, e], timeout), timeAt, timeout, (left) => {
    if (wide) {
      put64(m, timeAt, Math.floor(left / 1e9));
      put64(m, timeAt + 8, Math.floor(left % 1e9));
    } else {
      put32(m, timeAt, Math.floor(left / 1e9));
      put32(m, timeAt + 4, Math.floor(left % 1e9));
    }
  });
};

