import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { fromLatin1, getString, joined, put32 } from "../user.js";
import { AnonymousFile } from "./anonymous-file.js";
import { unwatch, watch, type Watcher } from "./file-events.js";
import { O, Poll } from "./file.js";
import { permits, S } from "./inode.js";
import { AT_FDCWD, filesOf, vfsOf } from "./vfs.js";

/** inotify(7). */

const enum In {
  ALL = 0xfff, Q_OVERFLOW = 0x4000, IGNORED = 0x8000, ONLYDIR = 0x1000000, DONT_FOLLOW = 0x2000000, EXCL_UNLINK = 0x4000000, MASK_CREATE = 0x10000000, MASK_ADD = 0x20000000,
  ONESHOT = 0x80000000,
}

const KNOWN = In.ALL | In.ONLYDIR | In.DONT_FOLLOW | In.EXCL_UNLINK | In.MASK_CREATE | In.MASK_ADD | 0x40000000 | (In.ONESHOT | 0);
/** fs.inotify.max_queued_events, max_user_watches */
const MOST_EVENTS = 16384, MOST_WATCHES = 65536;
const HEADER = 16;
const FIONREAD = 0x541b;

class Watch implements Watcher {
  constructor(
    private readonly file: Inotify,
    readonly number: number,
    readonly identity: object,
    public mask: number,
  ) {
    watch(identity, this);
  }

  told(event: number, name: string, cookie: number): void {
    if (!(event & this.mask & In.ALL)) return;
    this.file.add(this.number, event, cookie, name);
    if (this.mask & In.ONESHOT) this.ended();
  }

  ended(): void {
    this.file.remove(this);
    this.file.add(this.number, In.IGNORED, 0, "");
  }
}

interface Queued {
  readonly key: string;
  readonly bytes: Uint8Array;
}

export class Inotify extends AnonymousFile {
  private readonly byNumber = new Map<number, Watch>();
  private readonly byFile = new Map<object, Watch>();
  private readonly events: Queued[] = [];
  private next = 1;

  constructor(flags: number) {
    super("inotify", flags & O.NONBLOCK);
  }

  protected override details(): string {
    return [...this.byNumber.values()].map((w) => `inotify wd:${w.number.toString(16)} mask:${(w.mask & In.ALL).toString(16)}\n`).join("");
  }

  /** struct inotify_event: number of the watch, mask, cookie, length of the name, name with zeros up to a multiple of 16. The same again is said once. */
  add(number: number, mask: number, cookie: number, name: string): void {
    const key = `${number} ${mask} ${cookie} ${name}`;
    if (this.events.at(-1)?.key === key || this.events.length > MOST_EVENTS) return;
    if (this.events.length === MOST_EVENTS) [number, mask, cookie, name] = [-1, In.Q_OVERFLOW, 0, ""];
    const room = name === "" ? 0 : Math.ceil((name.length + 1) / HEADER) * HEADER, head = new DataView(new ArrayBuffer(HEADER)), text = new Uint8Array(room);
    [number, mask, cookie, room].forEach((w, i) => head.setInt32(i * 4, w, true));
    text.set(fromLatin1(name));
    this.events.push({ key, bytes: joined([new Uint8Array(head.buffer), text]) });
    this.queue.wake();
  }

  watch(identity: object, mask: number): number {
    const old = this.byFile.get(identity);
    if (old) {
      if (mask & In.MASK_CREATE) fail(E.EXIST);
      old.mask = mask & In.MASK_ADD ? old.mask | mask : mask;
      return old.number;
    }
    if (this.byNumber.size >= MOST_WATCHES) fail(E.NOSPC);
    const w = new Watch(this, this.next++, identity, mask);
    this.byNumber.set(w.number, w);
    this.byFile.set(identity, w);
    return w.number;
  }

  unwatch(number: number): void {
    (this.byNumber.get(number) ?? fail(E.INVAL)).ended();
  }

  remove(w: Watch): void {
    unwatch(w.identity, w);
    this.byNumber.delete(w.number);
    this.byFile.delete(w.identity);
  }

  override read(into: Uint8Array): number {
    if (this.events.length === 0) return -E.AGAIN;
    let done = 0;
    for (let first = this.events[0]; first && done + first.bytes.length <= into.length; first = this.events[0]) {
      into.set(first.bytes, done);
      done += first.bytes.length;
      this.events.shift();
    }
    return done || -E.INVAL;
  }

  override poll(): number {
    return this.events.length > 0 ? Poll.IN | Poll.RDNORM : 0;
  }

  override ioctl(request: number, arg: number, t: Thread): number {
    if (request !== FIONREAD) return -E.NOTTY;
    put32(t.memory, arg, this.events.reduce((n, e) => n + e.bytes.length, 0));
    return 0;
  }

  protected override closed(): void {
    for (const w of [...this.byNumber.values()]) this.remove(w);
  }
}

export const inotifyInit = (withFlags: boolean) => (t: Thread, arg: number): number => {
  const flags = withFlags ? arg : 0;
  if (flags & ~(O.CLOEXEC | O.NONBLOCK)) fail(E.INVAL);
  return filesOf(t).add(new Inotify(flags), (flags & O.CLOEXEC) !== 0);
};

function inotifyOf(t: Thread, fd: number): Inotify {
  const f = filesOf(t).get(fd);
  return f instanceof Inotify ? f : fail(E.INVAL);
}

export function inotifyAddWatch(t: Thread, fd: number, name: number, mask: number): number {
  if (mask & ~KNOWN || !(mask & In.ALL)) fail(E.INVAL);
  const f = filesOf(t).get(fd);
  if (mask & In.MASK_ADD && mask & In.MASK_CREATE) fail(E.INVAL);
  if (!(f instanceof Inotify)) return fail(E.INVAL);
  const { inode } = vfsOf(t).find(t.process, AT_FDCWD, getString(t.memory, name), !(mask & In.DONT_FOLLOW));
  if (mask & In.ONLYDIR && inode.type !== S.IFDIR) fail(E.NOTDIR);
  if (!permits(inode.attributes(), t.cred, 4)) fail(E.ACCES);
  return f.watch(inode.identity, mask);
}

export function inotifyRmWatch(t: Thread, fd: number, number: number): number {
  inotifyOf(t, fd).unwatch(number);
  return 0;
}

/** Whether anybody has a file open, whose last name is gone. */
export function isOpen(t: Thread, identity: object): boolean {
  for (const p of t.kernel.processes()) {
    const files = p.files as ReturnType<typeof filesOf> | null;
    if (files) for (const [, f] of files.descriptors()) if (f.inode === identity) return true;
  }
  return false;
}
