import type { OpenFile, Process, Thread, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { WaitQueue, type Result } from "../wait.js";
import { type Attributes, type Changes, S, ZERO_TIME } from "./inode.js";
import { releaseFileLock } from "./locks.js";
import type { Place } from "./walk.js";

/** Open file descriptions. */

export const enum O {
  ACCMODE = 3, RDONLY = 0, WRONLY = 1, RDWR = 2, CREAT = 0o100, EXCL = 0o200, NOCTTY = 0o400, TRUNC = 0o1000, APPEND = 0o2000, NONBLOCK = 0o4000,
  DSYNC = 0o10000, ASYNC = 0o20000, DIRECT = 0o40000, LARGEFILE = 0o100000, DIRECTORY = 0o200000, NOFOLLOW = 0o400000, NOATIME = 0o1000000,
  CLOEXEC = 0o2000000, SYNC = 0o4010000, PATH = 0o10000000, TMPFILE_BIT = 0o20000000, TMPFILE = 0o20200000,
}

/** Events of poll(2). */
export const enum Poll { IN = 1, PRI = 2, OUT = 4, ERR = 8, HUP = 16, NVAL = 32, RDNORM = 64, RDBAND = 128, WRNORM = 256, WRBAND = 512, RDHUP = 0x2000 }

/** A file that can always be read and written. */
export const ALWAYS_READY = Poll.IN | Poll.OUT | Poll.RDNORM | Poll.WRNORM;

/**
 * Base of all open files. `read` and `write` never wait: they return -EAGAIN, and the call waits on `queue`, which is woken whenever what
 * `poll` says may have changed.
 */
export abstract class File implements OpenFile {
  /** O_* flags that F_GETFL shows. */
  flags: number;
  readonly queue = new WaitQueue();
  private users = 1;
  /** Open files of all guests. */
  static open = 0;
  mappable: "no" | "file" | "zero" = "no";
  /** The file's place in the tree, for /proc, fchdir and openat; null: it has none. */
  place: Place | null = null;
  position = 0;
  /** F_SETOWN, F_SETSIG. */
  owner = 0;
  /** Nanoseconds that reads and writes wait before they fail with EAGAIN: SO_RCVTIMEO, SO_SNDTIMEO. */
  readTimeout = Infinity;
  writeTimeout = Infinity;

  constructor(flags: number) {
    this.flags = flags;
    File.open++;
  }

  get readable(): boolean {
    return (this.flags & O.ACCMODE) !== O.WRONLY && !(this.flags & O.PATH);
  }

  get writable(): boolean {
    return (this.flags & O.ACCMODE) !== O.RDONLY && !(this.flags & O.PATH);
  }

  get nonBlocking(): boolean {
    return (this.flags & O.NONBLOCK) !== 0;
  }

  abstract readonly path: string;
  abstract attributes(): Attributes;

  /** Change its attributes, if it has no place in the tree. */
  change(_c: Changes): void {
    fail(E.INVAL);
  }

  get inode(): object {
    return this;
  }

  get dev(): number {
    return 0;
  }

  get ino(): number {
    return 0;
  }

  /** What /proc/PID/fdinfo says of it. */
  describe(closesOnExec: boolean): string {
    const flags = this.flags | (closesOnExec ? O.CLOEXEC : 0);
    return `pos:\t${this.position}\nflags:\t0${(flags >>> 0).toString(8)}\nmnt_id:\t1\nino:\t${this.ino}\n${this.details()}`;
  }

  /** More of that, for some kinds. */
  protected details(): string {
    return "";
  }

  size(): number {
    return 0;
  }

  readAt(_position: number, _into: Uint8Array): number {
    return fail(E.SPIPE);
  }

  writeAt(_position: number, _from: Uint8Array): number {
    return fail(E.SPIPE);
  }

  /** Write at a position for a system call; what mappings bring comes by `writeAt`. */
  put(position: number, from: Uint8Array, _t: Thread): number {
    return this.writeAt(position, from);
  }

  /** Read at the file's position; -EAGAIN: nothing there yet. */
  read(_into: Uint8Array, _t: Thread): number {
    return fail(E.INVAL);
  }

  /** Nanoseconds that a read waits now, until what `readNow` gives has to do; null: it has no time limit. */
  get patience(): number | null {
    return null;
  }

  readNow(_into: Uint8Array): number {
    return 0;
  }

  write(_from: Uint8Array, _t: Thread): number {
    return fail(E.INVAL);
  }

  seek(_offset: number, _whence: number): number {
    return fail(E.SPIPE);
  }

  truncate(_size: number, _t: Thread): void {
    fail(E.INVAL);
  }

  sync(_data: boolean): void {
    fail(E.INVAL);
  }

  ioctl(_request: number, _arg: number, _t: Thread): Result {
    return fail(E.NOTTY);
  }

  /** Events that hold now; what signals are there depends on who asks. */
  poll(_t: Thread): number {
    return ALWAYS_READY;
  }

  /** Whether epoll takes it: not regular files and directories. */
  get pollable(): boolean {
    return true;
  }

  /** Whether any descriptor or mapping is left of it. */
  get isOpen(): boolean {
    return this.users > 0;
  }

  retain(): void {
    this.users++;
  }

  release(): void {
    if (--this.users > 0) return;
    File.open--;
    releaseFileLock(this.inode, this);
    this.closed();
  }

  /** A process closes a descriptor of it; others may be open. */
  closedBy(_p: Process): void {}

  /** The last descriptor and mapping are gone. */
  protected closed(): void {}
}

/** Attributes of what has no inode in any file system: pipes, sockets, epoll. */
export function anonymousAttributes(mode: number, now: TimeSpec = ZERO_TIME): Attributes {
  return { mode, uid: 0, gid: 0, nlink: 1, size: 0, blocks: 0, rdev: 0, atime: now, mtime: now, ctime: now };
}

export const isDirectory = (a: Attributes): boolean => (a.mode & S.IFMT) === S.IFDIR;
