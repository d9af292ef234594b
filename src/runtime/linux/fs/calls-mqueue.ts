import { wallAtBoot } from "../clock.js";
import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { Rlimit } from "../rlimit.js";
import { copyFrom, copyTo, get32, getString, put32, writableView } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { readTimeout } from "./calls-poll.js";
import { O } from "./file.js";
import { permits, S } from "./inode.js";
import { type Message, Notify, PRIORITIES, QueueFile, type QueueSize, Waiting } from "./message-queue.js";
import { NetlinkSocket } from "./netlink-socket.js";
import { contextOf, filesOf, vfsOf } from "./vfs.js";

/** System calls on POSIX message queues (mq_overview(7)). */

const LONGEST_NAME = 255;

/** A name in the queues' own directory, without the slash that the C library takes away. */
function queueName(t: Thread, at: number): string {
  const name = getString(t.memory, at);
  if (name === "") fail(E.NOENT);
  if (name === "." || name === ".." || name.includes("/")) fail(E.ACCES);
  if (name.length > LONGEST_NAME) fail(E.NAMETOOLONG);
  return name;
}

export function mqOpen(t: Thread, nameAt: number, flags: number, mode: number, attributesAt: number): number {
  const wanted: QueueSize | null = attributesAt ? { messages: get32(t.memory, attributesAt + 4), size: get32(t.memory, attributesAt + 8) } : null;
  const name = queueName(t, nameAt), { messageQueues } = vfsOf(t), { cred } = t;
  let q = messageQueues.find(name);
  if (q) {
    if (flags & O.CREAT && flags & O.EXCL) fail(E.EXIST);
    if ((flags & O.ACCMODE) === O.ACCMODE) fail(E.INVAL);
    const want = [4, 2, 6][flags & O.ACCMODE]!;
    if (!permits(q.attributes(), cred, want)) fail(E.ACCES);
  } else {
    if (!(flags & O.CREAT)) fail(E.NOENT);
    q = messageQueues.make(name, mode & ~contextOf(t).umask, wanted, cred, t.kernel, t.process.rlimit(Rlimit.MSGQUEUE).soft);
  }
  return filesOf(t).add(messageQueues.open(q, name, flags), true);
}

export function mqUnlink(t: Thread, nameAt: number): number {
  vfsOf(t).messageQueues.unlink(queueName(t, nameAt), t.cred);
  return 0;
}

function queueFile(t: Thread, fd: number): QueueFile {
  const f = filesOf(t).get(fd);
  return f instanceof QueueFile ? f : fail(E.BADF);
}

/** A call that waits in a list of a queue's until the other side has come to it, or until a time on the wall. */
function waitIn(t: Thread, list: Waiting[], message: Message | null, until: number | null, finish: (w: Waiting) => number): Blocked {
  const w = Waiting.join(list, message);
  const blocked: Blocked = {
    queues: [w.queue],
    restartable: true,
    retry: (timedOut) => (w.done ? finish(w) : timedOut ? -E.TIMEDOUT : blocked),
    ...(until === null ? {} : { deadline: until - wallAtBoot(t.kernel.clock) }),
  };
  return blocked;
}

export const mqTimedsend = (wide: boolean) => (t: Thread, fd: number, at: number, length: number, priority: number, timeAt: number): Result => {
  const until = readTimeout(t, timeAt, wide);
  if (priority >>> 0 >= PRIORITIES) fail(E.INVAL);
  const f = queueFile(t, fd), q = f.messages;
  if (!f.writable) fail(E.BADF);
  if (length >>> 0 > q.maximum.size) fail(E.MSGSIZE);
  const message = { priority, bytes: length === 0 ? new Uint8Array(0) : copyFrom(t.memory, at, length) };
  if (!q.full) {
    q.send(message, t.process);
    return 0;
  }
  return f.nonBlocking ? -E.AGAIN : waitIn(t, q.senders, message, until, () => 0);
};

export const mqTimedreceive = (wide: boolean) => (t: Thread, fd: number, at: number, length: number, priorityAt: number, timeAt: number): Result => {
  const until = readTimeout(t, timeAt, wide);
  const f = queueFile(t, fd), q = f.messages;
  if (!f.readable) fail(E.BADF);
  if (length >>> 0 < q.maximum.size) fail(E.MSGSIZE);
  const give = (m: Message): number => {
    if (priorityAt) put32(t.memory, priorityAt, m.priority);
    if (m.bytes.length > 0) copyTo(t.memory, at, m.bytes);
    return m.bytes.length;
  };
  if (q.length > 0) return give(q.receive());
  return f.nonBlocking ? -E.AGAIN : waitIn(t, q.receivers, null, until, (w) => give(w.message!));
};

/** SIGEV_THREAD: 32 bytes that a thread of the C library's waits for on a netlink socket, and in the last of them what happened. */
const COOKIE = 32;

function threadOf(t: Thread, fd: number, cookieAt: number): { cookie: Uint8Array; socket: NetlinkSocket } {
  const cookie = copyFrom(t.memory, cookieAt, COOKIE);
  const socket = filesOf(t).get(fd);
  if (!(socket instanceof NetlinkSocket)) return fail((socket.attributes().mode & S.IFMT) === S.IFSOCK ? E.INVAL : E.NOTSOCK);
  return { cookie, socket };
}

function tellerOf({ cookie, socket }: ReturnType<typeof threadOf>): (what: number) => void {
  socket.retain();
  return (what) => {
    cookie[COOKIE - 1] = what;
    socket.deliver(cookie);
    socket.release();
  };
}

/** struct sigevent: value, signal, kind. */
export function mqNotify(t: Thread, fd: number, eventAt: number): number {
  let event: { value: number; signo: number; kind: Notify } | null = null;
  if (eventAt) {
    const [value, signo, kind] = [0, 4, 8].map((k) => get32(t.memory, eventAt + k)) as [number, number, number];
    if (kind < Notify.SIGNAL || kind > Notify.THREAD || (kind === Notify.SIGNAL && signo >>> 0 > 64)) fail(E.INVAL);
    event = { value, signo, kind };
  }
  const q = queueFile(t, fd).messages;
  if (!event) {
    if (q.registration?.owner === t.process) q.unregister();
  } else {
    const { kind, signo, value } = event;
    // What is wrong with the thread's socket comes first.
    const thread = kind === Notify.THREAD ? threadOf(t, signo, value) : null;
    if (q.registration) fail(E.BUSY);
    q.registration = { owner: t.process, kind, signo, value, ...(thread ? { tell: tellerOf(thread) } : {}) };
  }
  return 0;
}

/** struct mq_attr: flags, most messages, their most bytes, messages now; four words more. */
export function mqGetsetattr(t: Thread, fd: number, newAt: number, oldAt: number): number {
  const flags = newAt ? get32(t.memory, newAt) : 0;
  if (flags & ~O.NONBLOCK) fail(E.INVAL);
  const f = queueFile(t, fd), { maximum, length } = f.messages;
  const was = f.flags & O.NONBLOCK;
  if (newAt) f.flags = (f.flags & ~O.NONBLOCK) | flags;
  if (oldAt) {
    if (writableView(t.memory, oldAt, 32).fill(0).length < 32) fail(E.FAULT);
    [was, maximum.messages, maximum.size, length].forEach((w, i) => put32(t.memory, oldAt + i * 4, w));
  }
  return 0;
}
