import { Cap, capable } from "../capabilities.js";
import { E, fail } from "../errno.js";
import type { GuestThread } from "../thread.js";
import { copyFrom, copyTo, get32, put32 } from "../user.js";
import type { Blocked, Result } from "../wait.js";
import { Ipc, IPC_NOWAIT, type IpcLayout, IpcObject, IpcTable, MAY_CHANGE, MAY_READ, MOST_OBJECTS, type Owner } from "./ids.js";

/** System V message queues (Linux ipc/msg.c). */

const LONGEST = 8192, QUEUE_BYTES = 16384;
/** Bytes of all messages; then ENOMEM. */
const ALL_BYTES = 64 << 20;
/** What a message takes beside its text. */
const OVERHEAD = 64;
const NOERROR = 0o10000, EXCEPT = 0o20000, COPY = 0o40000;

interface Message {
  readonly type: number;
  readonly text: Uint8Array;
}

export class MessageQueue extends IpcObject {
  readonly messages: Message[] = [];
  bytes = 0;
  limit = QUEUE_BYTES;
  sentAt = 0;
  receivedAt = 0;
  sender = 0;
  receiver = 0;
}

export interface MessageLayout extends IpcLayout<MessageQueue> {
  owner(m: GuestThread["memory"], at: number): Owner & { readonly limit: number };
}

export class Messages {
  readonly table = new IpcTable<MessageQueue>();
  private bytes = 0;

  msgget(t: GuestThread, key: number, flags: number): number {
    return this.table.get(t, key, flags, () => true, (k, mode) => new MessageQueue(k, mode, t));
  }

  msgsnd(t: GuestThread, id: number, at: number, size: number, flags: number): Result {
    const type = get32(t.memory, at);
    if (size < 0 || size > LONGEST || id < 0 || type < 1) fail(E.INVAL);
    const text = copyFrom(t.memory, at + 4, size);
    const q = this.table.find(id);
    const attempt = (): Result => {
      if (q.removed) return -E.IDRM;
      q.check(t.cred, MAY_CHANGE);
      if (q.bytes + size > q.limit || q.messages.length + 1 > q.limit) return flags & IPC_NOWAIT ? -E.AGAIN : blocked;
      if (this.bytes + size + OVERHEAD > ALL_BYTES) return -E.NOMEM;
      q.messages.push({ type, text });
      this.account(q, size, 1);
      q.sender = t.process.pid;
      q.sentAt = t.kernel.realtime().sec;
      q.queue.wake();
      return 0;
    };
    const blocked: Blocked = { queues: [q.queue], retry: attempt };
    return attempt();
  }

  private account(q: MessageQueue, size: number, sign: 1 | -1): void {
    q.bytes += sign * size;
    this.bytes += sign * (size + OVERHEAD);
  }

  msgrcv(t: GuestThread, id: number, at: number, size: number, type: number, flags: number): Result {
    if (id < 0 || size < 0) fail(E.INVAL);
    if (flags & COPY && (flags & EXCEPT || !(flags & IPC_NOWAIT))) fail(E.INVAL);
    const q = this.table.find(id);
    const attempt = (): Result => {
      if (q.removed) return -E.IDRM;
      q.check(t.cred, MAY_READ);
      const i = choose(q, type, flags);
      if (i < 0) return flags & IPC_NOWAIT ? -E.NOMSG : blocked;
      const m = q.messages[i]!;
      if (m.text.length > size && !(flags & NOERROR)) return -E["2BIG"];
      const n = Math.min(m.text.length, size);
      if (!(flags & COPY)) {
        q.messages.splice(i, 1);
        this.account(q, m.text.length, -1);
        q.receiver = t.process.pid;
        q.receivedAt = t.kernel.realtime().sec;
        q.queue.wake();
      }
      put32(t.memory, at, m.type);
      copyTo(t.memory, at + 4, m.text.subarray(0, n));
      return n;
    };
    const blocked: Blocked = { queues: [q.queue], retry: attempt };
    return attempt();
  }

  msgctl(t: GuestThread, layout: MessageLayout, id: number, command: number, at: number): number {
    const MSG_STAT = 11, MSG_INFO = 12, STAT_ANY = 13;
    if (id < 0 || command < 0) fail(E.INVAL);
    if (command === Ipc.INFO || command === MSG_INFO) return this.info(t, at, command === MSG_INFO);
    if (command === MSG_STAT || command === STAT_ANY) return this.table.statAt(t, id, command === STAT_ANY, layout, at);
    const q = this.table.find(id);
    switch (command) {
      case Ipc.STAT:
        return this.table.stat(t, q, layout, at);
      case Ipc.SET: {
        const o = layout.owner(t.memory, at);
        if (o.limit > QUEUE_BYTES && !capable(t.cred, Cap.SYS_RESOURCE)) fail(E.PERM);
        q.setOwner(t, o);
        q.limit = o.limit;
        q.queue.wake();
        return 0;
      }
      case Ipc.RMID:
        q.checkOwner(t.cred);
        for (const m of q.messages) this.account(q, m.text.length, -1);
        this.table.remove(q);
        return 0;
      default:
        return fail(E.INVAL);
    }
  }

  /** struct msginfo. */
  private info(t: GuestThread, at: number, usage: boolean): number {
    const queues = [...this.table.all()];
    const messages = queues.reduce((n, q) => n + q.messages.length, 0), bytes = queues.reduce((n, q) => n + q.bytes, 0);
    const words = [usage ? queues.length : MOST_OBJECTS * QUEUE_BYTES / 1024, usage ? messages : QUEUE_BYTES, LONGEST, QUEUE_BYTES, MOST_OBJECTS, 16, usage ? bytes : QUEUE_BYTES, 0xffff];
    words.forEach((w, i) => put32(t.memory, at + i * 4, w));
    return this.table.highest;
  }
}

/** Index of the message that msgrcv takes, or -1. */
function choose(q: MessageQueue, type: number, flags: number): number {
  const { messages } = q;
  if (flags & COPY) return type >= 0 && type < messages.length ? type : -1;
  if (type === 0) return messages.length > 0 ? 0 : -1;
  if (type > 0) return messages.findIndex((m) => (m.type === type) === !(flags & EXCEPT));
  // The first of the lowest type up to -type.
  let best = -1;
  messages.forEach((m, i) => {
    if (m.type <= -type && (best < 0 || m.type < messages[best]!.type)) best = i;
  });
  return best;
}
