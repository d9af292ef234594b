import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get32, get64, joined, put32, put64, readableView, writableView } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { Event, happened } from "./file-events.js";
import { type File, O } from "./file.js";
import { RegularFile } from "./disk-files.js";
import { PipeEnd } from "./pipe.js";
import { filesOf } from "./vfs.js";

/** Reading, writing and positions. */

const MAX_COUNT = 0x7ffff000;

/** How a call waits on a file. */
export interface Waiting {
  /** Guest monotonic time at which it gives up with `late`, as SO_RCVTIMEO and SO_SNDTIMEO have it; such a call does not start again after a signal. */
  readonly deadline?: number;
  /** -EAGAIN unless something else is said. */
  readonly late?: number;
  /** Bytes that it has moved: what counts when it is interrupted or late. */
  readonly done?: () => number;
}

/** Try `attempt` until it is no longer -EAGAIN, waiting on the file; not for O_NONBLOCK. */
export function whenReady(f: File, attempt: () => number, nonBlocking = f.nonBlocking, w: Waiting = {}): Result {
  const { deadline = Infinity, late = -E.AGAIN } = w;
  const done = (): number => w.done?.() ?? 0;
  const retry = (timedOut: boolean): Result => {
    const r = attempt();
    if (r !== -E.AGAIN) return r;
    if (nonBlocking) return done() || r;
    return timedOut ? done() || late : blocked;
  };
  const blocked: Blocked = {
    queues: [f.queue],
    retry,
    deadline,
    interrupted: () => done() || -E.INTR,
    get restartable() {
      return deadline === Infinity && done() === 0;
    },
  };
  return retry(false);
}

/** When a call on a file gives up that begins now and may wait for so many nanoseconds. */
export const deadlineOf = (t: Thread, timeout: number): number => (timeout === Infinity ? Infinity : t.kernel.clock.monotonic() + timeout);

function reader(t: Thread, fd: number): File {
  const f = filesOf(t).get(fd);
  return f.readable ? f : fail(E.BADF);
}

function writer(t: Thread, fd: number): File {
  const f = filesOf(t).get(fd);
  return f.writable ? f : fail(E.BADF);
}

const count = (n: number): number => Math.min(n >>> 0, MAX_COUNT);

export function read(t: Thread, fd: number, at: number, length: number): Result {
  const f = reader(t, fd);
  const n = count(length);
  const into = (): Uint8Array => (n === 0 ? new Uint8Array(0) : writableView(t.memory, at, n));
  return f.patience === null
    ? whenReady(f, () => f.read(into(), t), f.nonBlocking, { deadline: deadlineOf(t, f.readTimeout) }) : readInTime(f, t, into);
}

/** A read that ends after a time, with or without bytes: terminals with VTIME. */
function readInTime(f: File, t: Thread, into: () => Uint8Array): Result {
  const attempt = (timedOut: boolean): Result => {
    const r = f.read(into(), t);
    if (r !== -E.AGAIN || f.nonBlocking) return r;
    if (timedOut) return f.readNow(into());
    // The time runs anew with each byte.
    return { queues: [f.queue], retry: attempt, deadline: t.kernel.clock.monotonic() + (f.patience ?? Infinity), restartable: true };
  };
  return attempt(false);
}

/** Write everything, waiting where the file takes a part; what was written so far counts when a signal interrupts. */
function writeAll(f: File, t: Thread, bytes: () => Uint8Array): Result {
  let done = 0;
  const deadline = deadlineOf(t, f.writeTimeout);
  const attempt = (timedOut: boolean): Result => {
    const from = bytes();
    for (;;) {
      const r = f.write(done === 0 ? from : from.subarray(done), t);
      if (r === -E.AGAIN) return f.nonBlocking || timedOut ? done || r : blocked;
      if (r < 0) return done > 0 ? done : r;
      done += r;
      if (done >= from.length || r === 0) return done;
    }
  };
  const blocked: Blocked = {
    queues: [f.queue],
    retry: attempt,
    deadline,
    interrupted: () => (done > 0 ? done : -E.INTR),
    get restartable() {
      return done === 0 && deadline === Infinity;
    },
  };
  return attempt(false);
}

export function write(t: Thread, fd: number, at: number, length: number): Result {
  const f = writer(t, fd);
  const n = count(length);
  return writeAll(f, t, () => (n === 0 ? new Uint8Array(0) : readableView(t.memory, at, n)));
}

/** struct iovec: base, length. */
function vectors(t: Thread, at: number, n: number): { base: number; length: number }[] {
  if (n < 0 || n > 1024) fail(E.INVAL);
  const list: { base: number; length: number }[] = [];
  let total = 0;
  for (let i = 0; i < n; i++) {
    const base = get32(t.memory, at + i * 8), length = get32(t.memory, at + i * 8 + 4);
    if (length < 0 || (total += length) > 0x7fffffff) fail(E.INVAL);
    if (length > 0) list.push({ base, length });
  }
  return list;
}

export function gather(t: Thread, at: number, n: number): Uint8Array {
  const list = vectors(t, at, n);
  if (list.length === 1) return readableView(t.memory, list[0]!.base, list[0]!.length);
  return joined(list.map((v) => readableView(t.memory, v.base, v.length)));
}

/** Read with `one` into each vector until it is short. */
export function scatter(t: Thread, at: number, n: number, one: (into: Uint8Array, done: number) => number): number {
  let done = 0;
  for (const v of vectors(t, at, n)) {
    const r = one(writableView(t.memory, v.base, v.length), done);
    if (r < 0) return done > 0 ? done : r;
    done += r;
    if (r < v.length) break;
  }
  return done;
}

export function readv(t: Thread, fd: number, at: number, n: number): Result {
  const f = reader(t, fd);
  return whenReady(f, () => scatter(t, at, n, (into) => f.read(into, t)), f.nonBlocking, { deadline: deadlineOf(t, f.readTimeout) });
}

export function writev(t: Thread, fd: number, at: number, n: number): Result {
  const f = writer(t, fd);
  return writeAll(f, t, () => gather(t, at, n));
}

const position = (lo: number, hi: number): number => {
  const p = hi * 4294967296 + (lo >>> 0);
  return p < 0 ? fail(E.INVAL) : p;
};

function readAt(f: File, at: number, into: Uint8Array): number {
  const n = f.readAt(at, into);
  if (n > 0 && f.place) happened(f.place, Event.ACCESS);
  return n;
}

export function pread64(t: Thread, fd: number, at: number, length: number, lo: number, hi: number): number {
  const n = count(length);
  return readAt(reader(t, fd), position(lo, hi), n === 0 ? new Uint8Array(0) : writableView(t.memory, at, n));
}

export function pwrite64(t: Thread, fd: number, at: number, length: number, lo: number, hi: number): number {
  const n = count(length);
  return writer(t, fd).put(position(lo, hi), n === 0 ? new Uint8Array(0) : readableView(t.memory, at, n), t);
}

export function preadv(t: Thread, fd: number, at: number, n: number, lo: number, hi: number): Result {
  const f = reader(t, fd);
  const p = position(lo, hi);
  return scatter(t, at, n, (into, done) => f.readAt(p + done, into));
}

export function pwritev(t: Thread, fd: number, at: number, n: number, lo: number, hi: number): Result {
  return writer(t, fd).put(position(lo, hi), gather(t, at, n), t);
}

/** With flags; position -1 is the file's own. */
export function preadv2(t: Thread, fd: number, at: number, n: number, lo: number, hi: number): Result {
  return lo === -1 && hi === -1 ? readv(t, fd, at, n) : preadv(t, fd, at, n, lo, hi);
}

export function pwritev2(t: Thread, fd: number, at: number, n: number, lo: number, hi: number): Result {
  return lo === -1 && hi === -1 ? writev(t, fd, at, n) : pwritev(t, fd, at, n, lo, hi);
}

export function lseek(t: Thread, fd: number, offset: number, whence: number): number {
  const f = filesOf(t).get(fd);
  const r = f.seek(offset, whence);
  if (r > 0x7fffffff) fail(E.OVERFLOW);
  return r;
}

export function llseek(t: Thread, fd: number, hi: number, lo: number, at: number, whence: number): number {
  put64(t.memory, at, filesOf(t).get(fd).seek(hi * 4294967296 + (lo >>> 0), whence));
  return 0;
}

// Copying between files.

const CHUNK = 65536;

/** Copy up to `n` bytes; `from` gives the next bytes or 0. Stops where either side would wait. */
function transfer(t: Thread, n: number, from: (into: Uint8Array) => number, to: File, undo: (unused: number) => void): Result {
  const buffer = new Uint8Array(Math.min(n, CHUNK));
  let done = 0;
  while (done < n) {
    const got = from(buffer.subarray(0, Math.min(CHUNK, n - done)));
    if (got <= 0) return done > 0 ? done : got;
    const put = to.write(buffer.subarray(0, got), t);
    if (put < got) undo(got - Math.max(put, 0));
    if (put < 0) return done > 0 ? done : put;
    done += put;
    if (put < got) break;
  }
  return done;
}

const sendfileWith = (wide: boolean) => (t: Thread, out: number, input: number, offsetAt: number, length: number): Result => {
  const from = reader(t, input), to = writer(t, out);
  if (!(from instanceof RegularFile)) fail(E.INVAL);
  const n = count(length);
  let at = offsetAt === 0 ? -1 : wide ? get64(t.memory, offsetAt) : get32(t.memory, offsetAt);
  const next = (into: Uint8Array): number => {
    if (at < 0) return from.read(into);
    const r = from.readAt(at, into);
    at += r;
    return r;
  };
  const undo = (unused: number): void => {
    if (at < 0) from.seek(-unused, 1);
    else at -= unused;
  };
  const finish = (r: number): number => {
    if (offsetAt && r > 0) wide ? put64(t.memory, offsetAt, at) : put32(t.memory, offsetAt, at);
    return r;
  };
  return whenReady(to, () => {
    const r = transfer(t, n, next, to, undo);
    return typeof r === "number" ? finish(r) : -E.AGAIN;
  });
};

export const sendfile = sendfileWith(false), sendfile64 = sendfileWith(true);

export function copyFileRange(t: Thread, input: number, inAt: number, out: number, outAt: number, length: number): number {
  const from = reader(t, input), to = writer(t, out);
  if (!(from instanceof RegularFile) || !(to instanceof RegularFile)) return fail(E.INVAL);
  if (to.flags & O.APPEND) fail(E.BADF);
  const a = inAt ? get64(t.memory, inAt) : from.position, b = outAt ? get64(t.memory, outAt) : to.position;
  const n = count(length);
  const buffer = new Uint8Array(Math.min(n, CHUNK));
  let done = 0;
  while (done < n) {
    const got = readAt(from, a + done, buffer.subarray(0, Math.min(CHUNK, n - done)));
    if (got <= 0) break;
    const put = to.put(b + done, buffer.subarray(0, got), t);
    if (put < 0) return done || put;
    done += got;
  }
  if (inAt) put64(t.memory, inAt, a + done);
  else from.position = a + done;
  if (outAt) put64(t.memory, outAt, b + done);
  else to.position = b + done;
  return done;
}

export const fsync = (data: boolean) => (t: Thread, fd: number): number => {
  filesOf(t).get(fd).sync(data);
  return 0;
};

export function sync(): number {
  return 0;
}

export function ftruncate64(t: Thread, fd: number, lo: number, hi: number): number {
  const size = hi * 4294967296 + (lo >>> 0);
  if (size < 0) fail(E.INVAL);
  writerForTruncate(t, fd).truncate(size, t);
  return 0;
}

export function ftruncate(t: Thread, fd: number, size: number): number {
  if (size < 0) fail(E.INVAL);
  writerForTruncate(t, fd).truncate(size, t);
  return 0;
}

function writerForTruncate(t: Thread, fd: number): File {
  const f = filesOf(t).get(fd);
  return f.writable ? f : fail(f instanceof RegularFile ? E.INVAL : E.BADF);
}

/** Holes and zeros are written: nothing is known of the blocks that a file has. */
export function fallocate(t: Thread, fd: number, mode: number, lo: number, hi: number, lengthLo: number, lengthHi: number): number {
  const KEEP_SIZE = 1, PUNCH_HOLE = 2, ZERO_RANGE = 0x10;
  const f = writer(t, fd), start = position(lo, hi), length = lengthHi * 4294967296 + (lengthLo >>> 0), end = start + length;
  if (length <= 0) fail(E.INVAL);
  if (mode & ~(KEEP_SIZE | PUNCH_HOLE | ZERO_RANGE) || (mode & PUNCH_HOLE && !(mode & KEEP_SIZE)) || (mode & PUNCH_HOLE && mode & ZERO_RANGE)) fail(E.OPNOTSUPP);
  if (!(f instanceof RegularFile)) return fail(f instanceof PipeEnd ? E.SPIPE : E.NODEV);
  if (mode & (PUNCH_HOLE | ZERO_RANGE)) {
    const zeros = new Uint8Array(CHUNK);
    for (let at = start; at < Math.min(end, f.size());) {
      const n = f.put(at, zeros.subarray(0, Math.min(CHUNK, end - at, f.size() - at)), t);
      if (n <= 0) return n;
      at += n;
    }
  }
  if (!(mode & KEEP_SIZE) && end > f.size()) f.truncate(end, t);
  return 0;
}

export function readahead(t: Thread, fd: number): number {
  reader(t, fd);
  return 0;
}

/** What is written is with the host at once. */
export function syncFileRange(t: Thread, fd: number): number {
  const { pollable } = filesOf(t).get(fd);
  return pollable ? -E.SPIPE : 0;
}
