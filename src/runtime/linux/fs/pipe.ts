import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { put32 } from "../user.js";
import { File, O, Poll } from "./file.js";
import { type Attributes, type Changes, S } from "./inode.js";
import { OwnAttributes } from "./own-attributes.js";
import type { Place } from "./walk.js";

/** Bytes on their way: a queue of chunks with a capacity. */
export class ByteQueue {
  private chunks: Uint8Array[] = [];
  length = 0;

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.chunks.push(bytes.slice());
    this.length += bytes.length;
  }

  /** Take up to into.length bytes; `peek`: leave them. */
  take(into: Uint8Array, peek = false): number {
    let n = 0;
    let i = 0;
    for (; i < this.chunks.length && n < into.length; i++) {
      const c = this.chunks[i]!;
      const part = c.subarray(0, into.length - n);
      into.set(part, n);
      n += part.length;
      if (!peek && part.length < c.length) {
        this.chunks[i] = c.subarray(part.length);
        break;
      }
    }
    if (!peek) {
      this.chunks.splice(0, i);
      this.length -= n;
    }
    return n;
  }
}

const PIPE_SIZE = 65536, PIPE_BUF = 4096;
/** Bytes that pipes may hold together; beyond it new ones hold little (Linux' pipe-user-pages-soft). */
const ALL_PIPES = 64 << 20, LITTLE = 8192;

/** What the ends of a pipe share. */
export class Pipe {
  readonly data = new ByteQueue();
  private static room = ALL_PIPES;
  /** Bytes it may hold; 0 while nobody has an end. */
  private held = 0;
  readonly ends = new Set<PipeEnd>();
  readers = 0;
  writers = 0;
  /** Ends that were ever opened: who waits for one has seen it, though it be closed again. */
  readersEver = 0;
  writersEver = 0;
  private static next = 1;
  readonly ino = Pipe.next++;
  /** Of one without a name. */
  readonly own = new OwnAttributes(S.IFIFO | 0o600);

  get capacity(): number {
    return this.held;
  }

  /** F_SETPIPE_SZ; EPERM: pipes hold too much already. */
  resize(capacity: number): void {
    if (capacity > this.held && capacity - this.held > Pipe.room) fail(E.PERM);
    Pipe.room -= capacity - this.held;
    this.held = capacity;
  }

  /** Nobody has an end any more. */
  dispose(): void {
    Pipe.room += this.held;
    this.held = 0;
  }

  /** An end was opened. */
  use(): void {
    if (this.held > 0) return;
    this.held = Pipe.room >= PIPE_SIZE ? PIPE_SIZE : LITTLE;
    Pipe.room -= this.held;
  }

  changed(): void {
    for (const e of this.ends) e.queue.wake();
  }
}

const SIGPIPE = 13, FIONREAD = 0x541b;

/** One end of a pipe, or of a FIFO (then it has a place). */
export class PipeEnd extends File {
  constructor(
    readonly pipe: Pipe,
    flags: number,
    override readonly place: Place | null = null,
  ) {
    super(flags);
    pipe.use();
    pipe.ends.add(this);
    if (this.readable) pipe.readers++, pipe.readersEver++;
    if (this.writable) pipe.writers++, pipe.writersEver++;
    pipe.changed();
  }

  get path(): string {
    return this.place ? this.place.path : `pipe:[${this.pipe.ino}]`;
  }

  override get ino(): number {
    return this.place ? this.place.inode.ino : this.pipe.ino;
  }

  override get dev(): number {
    return this.place ? this.place.inode.fs.dev : 12;
  }

  override get inode(): object {
    return this.pipe;
  }

  attributes(): Attributes {
    return this.place ? this.place.inode.attributes() : this.pipe.own.get();
  }

  override change(c: Changes): void {
    this.pipe.own.change(c);
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const { pipe } = this;
    if (pipe.data.length === 0) return pipe.writers === 0 ? 0 : -E.AGAIN;
    const n = pipe.data.take(into);
    pipe.changed();
    return n;
  }

  override write(from: Uint8Array, t: Thread): number {
    const { pipe } = this;
    if (pipe.readers === 0) {
      t.signal({ signo: SIGPIPE, code: 0, pid: t.process.pid, uid: t.cred.uid });
      return -E.PIPE;
    }
    if (from.length === 0) return 0;
    const room = pipe.capacity - pipe.data.length;
    // Up to PIPE_BUF bytes are written at once or not at all.
    if (room <= 0 || (from.length <= PIPE_BUF && room < from.length)) return -E.AGAIN;
    const part = from.subarray(0, room);
    pipe.data.push(part);
    pipe.changed();
    return part.length;
  }

  override poll(): number {
    const { pipe } = this;
    let e = 0;
    if (this.readable) {
      if (pipe.data.length > 0) e |= Poll.IN | Poll.RDNORM;
      if (pipe.writers === 0) e |= Poll.HUP;
    }
    if (this.writable) {
      if (pipe.capacity - pipe.data.length >= PIPE_BUF) e |= Poll.OUT | Poll.WRNORM;
      if (pipe.readers === 0) e |= Poll.ERR;
    }
    return e;
  }

  override ioctl(request: number, arg: number, t: Thread): number {
    if (request !== FIONREAD) fail(E.NOTTY);
    put32(t.memory, arg, this.pipe.data.length);
    return 0;
  }

  protected override closed(): void {
    this.pipe.ends.delete(this);
    if (this.readable) this.pipe.readers--;
    if (this.writable) this.pipe.writers--;
    this.pipe.changed();
    if (this.pipe.ends.size === 0) this.pipe.dispose();
  }
}

/** The two ends of a new pipe, for reading and writing. */
export function makePipe(flags: number): [PipeEnd, PipeEnd] {
  const pipe = new Pipe();
  const more = flags & (O.NONBLOCK | O.DIRECT);
  return [new PipeEnd(pipe, O.RDONLY | more), new PipeEnd(pipe, O.WRONLY | more)];
}
