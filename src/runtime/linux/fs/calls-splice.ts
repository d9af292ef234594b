import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { get64, put64 } from "../user.js";
import type { Blocked, Result, WaitQueue } from "../wait.js";
import { gather, scatter } from "./calls-io.js";
import { RegularFile } from "./disk-files.js";
import { type File, O } from "./file.js";
import { PipeEnd } from "./pipe.js";
import { filesOf } from "./vfs.js";

/** splice, tee and vmsplice (Linux fs/splice.c): bytes between a pipe and something else, without passing through the guest. */

const MOVE = 1, NONBLOCK = 2, MORE = 4, GIFT = 8;
const ALL = MOVE | NONBLOCK | MORE | GIFT;
const CHUNK = 65536;

const file = (t: Thread, fd: number): File => filesOf(t).get(fd);

/** Try until it is no longer -EAGAIN, waiting on both files; what one side lacks wakes the call, too. */
function whenEither(queues: readonly WaitQueue[], nonBlocking: boolean, attempt: () => number): Result {
  const retry = (): Result => {
    const r = attempt();
    return r === -E.AGAIN && !nonBlocking ? blocked : r;
  };
  const blocked: Blocked = { queues, retry, restartable: true };
  return retry();
}

/** Where the side that is no pipe is read or written: at an offset in memory, which moves on, or at its own position. */
class Cursor {
  private at: number;

  constructor(
    private readonly t: Thread,
    private readonly pointer: number,
    readonly file: File,
  ) {
    this.at = pointer ? get64(t.memory, pointer) : -1;
    if (pointer && this.at < 0) fail(E.INVAL);
  }

  read(into: Uint8Array): number {
    return this.pointer ? this.file.readAt(this.at, into) : this.file.read(into, this.t);
  }

  write(from: Uint8Array): number {
    return this.pointer ? this.file.put(this.at, from, this.t) : this.file.write(from, this.t);
  }

  moved(n: number): void {
    if (!this.pointer) return;
    this.at += n;
    put64(this.t.memory, this.pointer, this.at);
  }
}

export function splice(t: Thread, input: number, inAt: number, output: number, outAt: number, length: number, flags: number): Result {
  if (length === 0) return 0;
  if (flags & ~ALL) fail(E.INVAL);
  const from = file(t, input), to = file(t, output);
  if (!from.readable || !to.writable) fail(E.BADF);
  const n = Math.min(length >>> 0, 0x7ffff000);
  const nonBlocking = (flags & NONBLOCK) !== 0;
  const fromPipe = from instanceof PipeEnd, toPipe = to instanceof PipeEnd;
  if (fromPipe && toPipe) {
    if (inAt || outAt) fail(E.SPIPE);
    if (from.pipe === to.pipe) fail(E.INVAL);
    return whenEither([from.queue, to.queue], nonBlocking || from.nonBlocking || to.nonBlocking, () => pipeToPipe(t, from, to, n, true));
  }
  if (fromPipe) {
    if (inAt) fail(E.SPIPE);
    if (outAt && !(to instanceof RegularFile)) fail(E.INVAL);
    if (to.flags & O.APPEND) fail(E.INVAL);
    const cursor = new Cursor(t, outAt, to);
    return whenEither([from.queue, to.queue], nonBlocking || from.nonBlocking, () => drain(from, cursor, n));
  }
  if (toPipe) {
    if (outAt) fail(E.SPIPE);
    if (inAt && !(from instanceof RegularFile)) fail(E.INVAL);
    const cursor = new Cursor(t, inAt, from);
    return whenEither([from.queue, to.queue], nonBlocking || to.nonBlocking, () => fill(t, cursor, to, n));
  }
  return fail(E.INVAL);
}

/** From a pipe: as much as is there and the other side takes. */
function drain(from: PipeEnd, to: Cursor, n: number): number {
  const { pipe } = from;
  let done = 0;
  while (done < n) {
    if (pipe.data.length === 0) return done > 0 || pipe.writers === 0 ? done : -E.AGAIN;
    const part = new Uint8Array(Math.min(n - done, pipe.data.length, CHUNK));
    pipe.data.take(part, true);
    let written: number;
    try {
      written = to.write(part);
    } catch (e) {
      if (done > 0) return done;
      throw e;
    }
    if (written <= 0) return done > 0 ? done : written;
    pipe.data.take(part.subarray(0, written));
    pipe.changed();
    to.moved(written);
    done += written;
    if (written < part.length) break;
  }
  return done;
}

/** Into a pipe: as much as it has room for. */
function fill(t: Thread, from: Cursor, to: PipeEnd, n: number): number {
  const room = roomIn(t, to);
  if (room <= 0) return room;
  const part = new Uint8Array(Math.min(n, room));
  const got = from.read(part);
  if (got <= 0) return got;
  to.pipe.data.push(part.subarray(0, got));
  to.pipe.changed();
  from.moved(got);
  return got;
}

/** Bytes that a pipe takes now; -EAGAIN or -EPIPE. */
function roomIn(t: Thread, to: PipeEnd): number {
  const { pipe } = to;
  // Writing nothing to a pipe that nobody reads raises the signal.
  if (pipe.readers === 0) return to.write(new Uint8Array(1), t);
  return pipe.capacity > pipe.data.length ? pipe.capacity - pipe.data.length : -E.AGAIN;
}

/** `take`: splice; otherwise tee, which leaves the bytes where they are. */
function pipeToPipe(t: Thread, from: PipeEnd, to: PipeEnd, n: number, take: boolean): number {
  const room = roomIn(t, to);
  if (room < 0 && room !== -E.AGAIN) return room;
  if (from.pipe.data.length === 0) return from.pipe.writers === 0 ? 0 : -E.AGAIN;
  if (room <= 0) return room;
  const part = new Uint8Array(Math.min(n, room, from.pipe.data.length));
  from.pipe.data.take(part, !take);
  to.pipe.data.push(part);
  if (take) from.pipe.changed();
  to.pipe.changed();
  return part.length;
}

export function tee(t: Thread, input: number, output: number, length: number, flags: number): Result {
  if (flags & ~ALL) fail(E.INVAL);
  if (length === 0) return 0;
  const from = file(t, input), to = file(t, output);
  if (!from.readable || !to.writable) fail(E.BADF);
  if (!(from instanceof PipeEnd) || !(to instanceof PipeEnd) || from.pipe === to.pipe) return fail(E.INVAL);
  const n = Math.min(length >>> 0, 0x7ffff000);
  return whenEither([from.queue, to.queue], (flags & NONBLOCK) !== 0 || from.nonBlocking || to.nonBlocking, () => pipeToPipe(t, from, to, n, false));
}

/** Memory into a pipe, which copies it, or out of one. */
export function vmsplice(t: Thread, fd: number, at: number, n: number, flags: number): Result {
  if (flags & ~ALL) fail(E.INVAL);
  const f = file(t, fd);
  if (!(f instanceof PipeEnd)) return fail(E.BADF);
  const nonBlocking = (flags & NONBLOCK) !== 0;
  if (f.writable) {
    const bytes = gather(t, at, n).slice();
    if (bytes.length === 0) return 0;
    return whenEither([f.queue], nonBlocking, () => {
      const room = roomIn(t, f);
      if (room <= 0) return room;
      const part = bytes.subarray(0, room);
      f.pipe.data.push(part);
      f.pipe.changed();
      return part.length;
    });
  }
  return whenEither([f.queue], nonBlocking, () => scatter(t, at, n, (into) => f.read(into)));
}
