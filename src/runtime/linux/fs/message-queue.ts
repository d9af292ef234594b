import { Cap, capable } from "../capabilities.js";
import type { Credentials, Kernel, Process, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { fromLatin1 } from "../user.js";
import { WaitQueue } from "../wait.js";
import { File, O, Poll } from "./file.js";
import { type Attributes, type Changes, S } from "./inode.js";

/** POSIX message queues: their content, names and descriptors (Linux ipc/mqueue.c); the calls are in calls-mqueue.ts. */

/** What an unprivileged user may ask for (fs.mqueue.*_max), and root. */
const USER = { messages: 10, size: 8192 }, HARD = { messages: 65536, size: 16 << 20 };
const DEFAULTS = { messages: 10, size: 8192 };
/** Queues of all users; root may make more. */
const MOST_QUEUES = 256;
/** What Linux counts for a message that may come, and for a priority that there may be. */
const MESSAGE_BYTES = 48, PRIORITY_BYTES = 48;
/** Priorities are below it. */
export const PRIORITIES = 32768;
const SI_MESGQ = -3;
/** st_size of queues. */
const SHOWN_BYTES = 80;

export const enum Notify { SIGNAL = 0, NONE = 1, THREAD = 2 }
/** What a thread is told of: a message, or that it is told no more. */
const enum Told { MESSAGE = 1, REMOVED = 2 }

export interface Message {
  readonly priority: number;
  readonly bytes: Uint8Array;
}

/** mq_attr as far as it is given when a queue is made. */
export interface QueueSize {
  readonly messages: number;
  readonly size: number;
}

/** Who asked to be told of a message in an empty queue. */
export interface Registration {
  readonly owner: Process;
  readonly kind: Notify;
  readonly signo: number;
  readonly value: number;
  /** Tells a thread; it is called once. */
  readonly tell?: (what: number) => void;
}

/**
 * A call that waits for the other side. What it waits for is given to it, before anyone who comes later; it is there as long as its thread is parked on
 * its queue.
 */
export class Waiting {
  readonly queue = new WaitQueue();
  done = false;

  private constructor(public message: Message | null) {}

  /** Wait as the last of a list. */
  static join(list: Waiting[], message: Message | null): Waiting {
    const w = new Waiting(message);
    list.splice(0, list.length, ...list.filter((x) => x.waits), w);
    return w;
  }

  /** Take the first of a list that still waits. */
  static first(list: Waiting[]): Waiting | null {
    for (;;) {
      const w = list.shift();
      if (!w || w.waits) return w ?? null;
    }
  }

  /** Signals and deadlines end waiting, too. */
  private get waits(): boolean {
    return !this.done && !this.queue.empty;
  }

  finish(): void {
    this.done = true;
    this.queue.wake();
  }
}

export class MessageQueue {
  /** Highest priority first, then in order of arrival. */
  private readonly messages: Message[] = [];
  readonly receivers: Waiting[] = [];
  readonly senders: Waiting[] = [];
  /** Woken when what poll says may have changed. */
  readonly changed = new WaitQueue();
  registration: Registration | null = null;
  nlink = 1;
  /** Descriptors. */
  users = 0;
  private static next = 2;
  readonly ino = MessageQueue.next++;
  private uid: number;
  private gid: number;
  private atime: TimeSpec;
  private mtime: TimeSpec;
  private ctime: TimeSpec;

  constructor(readonly maximum: QueueSize, private mode: number, cred: Credentials, readonly kernel: Kernel, readonly account: { uid: number; bytes: number }) {
    this.uid = cred.fsuid;
    this.gid = cred.fsgid;
    this.atime = this.mtime = this.ctime = kernel.realtime();
  }

  get length(): number {
    return this.messages.length;
  }

  get full(): boolean {
    return this.messages.length >= this.maximum.messages;
  }

  attributes(): Attributes {
    const { uid, gid, mode, atime, mtime, ctime, nlink } = this;
    return { mode: S.IFREG | mode, uid, gid, nlink, size: SHOWN_BYTES, blocks: 0, rdev: 0, atime, mtime, ctime };
  }

  /** As chmod, chown and utimensat do; a size is not kept. */
  change(c: Changes): void {
    if (c.mode !== undefined) this.mode = c.mode & 0o7777;
    if (c.uid !== undefined) this.uid = c.uid;
    if (c.gid !== undefined) this.gid = c.gid;
    if (c.atime) this.atime = c.atime;
    if (c.mtime) this.mtime = c.mtime;
    this.ctime = this.kernel.realtime();
  }

  private insert(m: Message): void {
    let i = this.messages.length;
    while (i > 0 && this.messages[i - 1]!.priority < m.priority) i--;
    this.messages.splice(i, 0, m);
  }

  /** A message comes, and there is room: to who waits for one, else into the queue. */
  send(m: Message, sender: Process): void {
    const receiver = Waiting.first(this.receivers);
    if (receiver) {
      receiver.message = m;
      receiver.finish();
    } else {
      this.insert(m);
      if (this.messages.length === 1) this.notify(sender);
    }
    this.touched();
  }

  /** Take the first message; who waits for room sends its own. */
  receive(): Message {
    const m = this.messages.shift()!;
    const sender = Waiting.first(this.senders);
    if (sender) {
      this.insert(sender.message!);
      sender.finish();
    }
    this.touched();
    return m;
  }

  private touched(): void {
    this.atime = this.mtime = this.ctime = this.kernel.realtime();
    this.changed.wake();
  }

  /** Nobody is to be told any more. */
  unregister(): void {
    const r = this.registration;
    this.registration = null;
    r?.tell?.(Told.REMOVED);
  }

  private notify(sender: Process): void {
    const r = this.registration;
    this.registration = null;
    r?.tell?.(Told.MESSAGE);
    if (r?.kind !== Notify.SIGNAL || r.signo === 0 || !r.owner.files) return;
    this.kernel.signalProcess(r.owner, { signo: r.signo, code: SI_MESGQ, pid: sender.pid, uid: sender.cred.uid, value: r.value });
  }

  /** What a descriptor gives to read: bytes in it, and who is told. */
  text(): string {
    const bytes = this.messages.reduce((n, m) => n + m.bytes.length, 0), r = this.registration;
    const column = (n: number, width: number): string => String(n).padEnd(width);
    return `QSIZE:${column(bytes, 10)} NOTIFY:${column(r ? r.kind : 0, 5)} SIGNO:${column(r?.kind === Notify.SIGNAL ? r.signo : 0, 5)} NOTIFY_PID:${column(r ? r.owner.pid : 0, 6)}\n`;
  }
}

/** A descriptor of a queue. */
export class QueueFile extends File {
  override readonly queue: WaitQueue;

  constructor(readonly messages: MessageQueue, private readonly name: string, flags: number, private readonly gone: () => void) {
    super(flags);
    this.queue = messages.changed;
    messages.users++;
  }

  get path(): string {
    return `/${this.name}`;
  }

  override get inode(): object {
    return this.messages;
  }

  override get dev(): number {
    return 14;
  }

  override get ino(): number {
    return this.messages.ino;
  }

  override size(): number {
    return SHOWN_BYTES;
  }

  attributes(): Attributes {
    return this.messages.attributes();
  }

  override read(into: Uint8Array): number {
    const text = fromLatin1(this.messages.text()).subarray(this.position, this.position + into.length);
    into.set(text);
    this.position += text.length;
    return text.length;
  }

  override seek(offset: number, whence: number): number {
    const to = offset + (whence === 0 ? 0 : whence === 1 ? this.position : whence === 2 ? SHOWN_BYTES : NaN);
    if (!(to >= 0)) fail(E.INVAL);
    return (this.position = to);
  }

  override poll(): number {
    return (this.messages.length > 0 ? Poll.IN | Poll.RDNORM : 0) | (this.messages.full ? 0 : Poll.OUT | Poll.WRNORM);
  }

  override closedBy(p: Process): void {
    if (this.messages.registration?.owner === p) this.messages.unregister();
  }

  protected override closed(): void {
    this.messages.users--;
    this.gone();
  }
}

/** The queues of a guest by their names, and what users have of them. */
export class MessageQueues {
  private readonly names = new Map<string, MessageQueue>();
  private readonly bytes = new Map<number, number>();

  get size(): number {
    return this.names.size;
  }

  entries(): Iterable<[name: string, MessageQueue]> {
    return this.names;
  }

  find(name: string): MessageQueue | undefined {
    return this.names.get(name);
  }

  /** Make one; null: of the default size. `most`: RLIMIT_MSGQUEUE. */
  make(name: string, mode: number, given: QueueSize | null, cred: Credentials, kernel: Kernel, most: number): MessageQueue {
    const root = capable(cred, Cap.SYS_RESOURCE), limits = root ? HARD : USER, { messages, size } = given ?? DEFAULTS;
    if (this.names.size >= MOST_QUEUES && !root) fail(E.NOSPC);
    if (messages <= 0 || size <= 0 || messages > limits.messages || size > limits.size) fail(E.INVAL);
    const bytes = messages * (MESSAGE_BYTES + size) + Math.min(messages, PRIORITIES) * PRIORITY_BYTES;
    const had = this.bytes.get(cred.uid) ?? 0;
    if (had + bytes > most) fail(E.MFILE);
    this.bytes.set(cred.uid, had + bytes);
    const q = new MessageQueue({ messages, size }, mode & 0o7777, cred, kernel, { uid: cred.uid, bytes });
    this.names.set(name, q);
    return q;
  }

  open(q: MessageQueue, name: string, flags: number): QueueFile {
    return new QueueFile(q, name, flags & (O.ACCMODE | O.NONBLOCK), () => this.dropped(q));
  }

  unlink(name: string, cred: Credentials): void {
    const q = this.names.get(name) ?? fail(E.NOENT);
    // their directory is sticky, and root's
    if (!capable(cred, Cap.FOWNER) && cred.fsuid !== q.attributes().uid) fail(E.PERM);
    this.remove(name);
  }

  /** Take a name away whoever asks. */
  remove(name: string): void {
    const q = this.names.get(name) ?? fail(E.NOENT);
    this.names.delete(name);
    q.nlink = 0;
    this.dropped(q);
  }

  /** Without name and descriptors it is gone. */
  private dropped(q: MessageQueue): void {
    if (q.nlink > 0 || q.users > 0) return;
    this.bytes.set(q.account.uid, this.bytes.get(q.account.uid)! - q.account.bytes);
  }
}
