import type { Credentials, Kernel, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { Rlimit } from "../rlimit.js";
import { O } from "./file.js";
import { type Attributes, type Changes, type Entry, Inode, S } from "./inode.js";
import type { MessageQueue, MessageQueues } from "./message-queue.js";
import { syntheticFs } from "./synthetic.js";
import type { Opener } from "./vfs.js";

/** /dev/mqueue: POSIX message queues as files, which are listed, read, made and removed like others (mqueuefs of Linux' ipc/mqueue.c). */

const MQUEUE_MAGIC = 0x19800202;
/** What st_size of the directory grows by with each name. */
const ENTRY_BYTES = 20;

class QueueInode extends Inode {
  readonly ino: number;

  constructor(readonly fs: Inode["fs"], readonly name: string, readonly messages: MessageQueue) {
    super();
    this.ino = messages.ino;
  }

  override get identity(): object {
    return this.messages;
  }

  attributes(): Attributes {
    return this.messages.attributes();
  }

  override change(c: Changes): void {
    this.messages.change(c);
  }
}

class QueueDirectory extends Inode {
  readonly ino = 1;
  readonly fs;
  private changed: TimeSpec;

  constructor(private readonly queues: MessageQueues, private readonly kernel: Kernel) {
    super();
    this.changed = kernel.realtime();
    this.fs = syntheticFs(14, MQUEUE_MAGIC, this.changed);
  }

  attributes(): Attributes {
    const { changed } = this;
    return { mode: S.IFDIR | S.ISVTX | 0o777, uid: 0, gid: 0, nlink: 2, size: ENTRY_BYTES * (2 + this.queues.size), blocks: 0, rdev: 0, atime: changed, mtime: changed, ctime: changed };
  }

  override lookup(name: string): Inode | null {
    const q = this.queues.find(name);
    return q ? new QueueInode(this.fs, name, q) : null;
  }

  override entries(): Entry[] {
    return [...this.queues.entries()].map(([name, q]) => ({ name, ino: q.ino, type: S.IFREG }));
  }

  override create(name: string, mode: number, _rdev: number, owner: Credentials): Inode {
    if ((mode & S.IFMT) !== S.IFREG) fail(E.PERM);
    const most = this.kernel.current?.rlimit(Rlimit.MSGQUEUE).soft ?? Infinity;
    const q = this.queues.make(name, mode, null, owner, this.kernel, most);
    this.changed = this.kernel.realtime();
    return new QueueInode(this.fs, name, q);
  }

  override unlink(name: string): void {
    this.queues.remove(name);
    this.changed = this.kernel.realtime();
  }
}

export const queueDirectory = (queues: MessageQueues, kernel: Kernel): Inode => new QueueDirectory(queues, kernel);

/** Opens queues by path: what mq_open gives. */
export const queueOpener = (queues: MessageQueues): Opener => (_t, { inode }, flags) =>
  inode instanceof QueueInode ? queues.open(inode.messages, inode.name, flags & (O.ACCMODE | O.NONBLOCK)) : null;
