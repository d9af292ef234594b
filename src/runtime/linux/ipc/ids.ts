import { Cap, capable } from "../capabilities.js";
import type { UserMemory } from "../../../mmu/user-memory.js";
import type { Credentials } from "../contract.js";
import { E, fail } from "../errno.js";
import type { GuestThread } from "../thread.js";
import { WaitQueue } from "../wait.js";

/** What the three kinds of System V IPC have in common: keys, identifiers, owners (Linux ipc/util.c). */

export const IPC_CREAT = 0o1000, IPC_EXCL = 0o2000, IPC_NOWAIT = 0o4000;
export const enum Ipc { RMID = 0, SET = 1, STAT = 2, INFO = 3 }
/** Bits for a thread that reads, and that changes, an object. */
export const MAY_READ = 0o444, MAY_CHANGE = 0o222;

/** Objects of each kind, and what an identifier is made of: index in the low bits, a sequence number above. */
const INDEX_BITS = 15;
export const MOST_OBJECTS = 32000;
const SEQUENCES = 1 << 16;

/** One set of semaphores, message queue or segment. */
export abstract class IpcObject {
  id = 0;
  sequence = 0;
  uid: number;
  gid: number;
  readonly cuid: number;
  readonly cgid: number;
  removed = false;
  /** Seconds of its last change. */
  changed: number;
  /** Woken when what its waiters wait for may have happened. */
  readonly queue = new WaitQueue();

  constructor(
    public key: number,
    public mode: number,
    t: GuestThread,
  ) {
    this.uid = this.cuid = t.cred.euid;
    this.gid = this.cgid = t.cred.egid;
    this.changed = t.kernel.realtime().sec;
  }

  /** EACCES unless a thread may do what these bits (of all three classes) say. */
  check(cred: Credentials, bits: number): void {
    if (capable(cred, Cap.IPC_OWNER)) return;
    const want = ((bits >> 6) | (bits >> 3) | bits) & 7;
    const isGroup = (gid: number): boolean => gid === cred.egid || cred.groups.includes(gid);
    const shift = cred.euid === this.uid || cred.euid === this.cuid ? 6 : isGroup(this.gid) || isGroup(this.cgid) ? 3 : 0;
    if (want & ~(this.mode >> shift)) fail(E.ACCES);
  }

  /** EPERM for all but its owner and creator. */
  checkOwner(cred: Credentials): void {
    if (!capable(cred, Cap.SYS_ADMIN) && cred.euid !== this.uid && cred.euid !== this.cuid) fail(E.PERM);
  }

  /** IPC_SET, as far as all kinds share it. */
  setOwner(t: GuestThread, o: Owner): void {
    this.checkOwner(t.cred);
    this.uid = o.uid;
    this.gid = o.gid;
    this.mode = (this.mode & ~0o777) | (o.mode & 0o777);
    this.changed = t.kernel.realtime().sec;
  }
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
}

/** How an ABI lays out the structures of semctl, msgctl and shmctl. */
export interface IpcLayout<T extends IpcObject> {
  put(m: UserMemory, at: number, o: T): void;
  /** uid, gid and mode for IPC_SET. */
  owner(m: UserMemory, at: number): Owner;
}

export class IpcTable<T extends IpcObject> {
  private readonly slots: (T | undefined)[] = [];
  private readonly keys = new Map<number, T>();
  private last = -1;
  private sequence = 0;

  /** semget and the like: find by key or make. `fits`: EINVAL for one that is smaller than asked for. */
  get(t: GuestThread, key: number, flags: number, fits: (o: T) => boolean, make: (key: number, mode: number) => T): number {
    const found = key === 0 ? undefined : this.keys.get(key);
    if (found) {
      if ((flags & (IPC_CREAT | IPC_EXCL)) === (IPC_CREAT | IPC_EXCL)) fail(E.EXIST);
      if (!fits(found)) fail(E.INVAL);
      found.check(t.cred, flags);
      return found.id;
    }
    if (key !== 0 && !(flags & IPC_CREAT)) fail(E.NOENT);
    let index = 0;
    while (this.slots[index]) index++;
    if (index >= MOST_OBJECTS) fail(E.NOSPC);
    const o = make(key, flags & 0o777);
    if (index <= this.last) this.sequence = (this.sequence + 1) % SEQUENCES;
    this.last = index;
    o.sequence = this.sequence;
    o.id = (this.sequence << INDEX_BITS) | index;
    this.slots[index] = o;
    if (key !== 0) this.keys.set(key, o);
    return o.id;
  }

  /** By identifier: EINVAL if there is none, EIDRM for one whose place another has. */
  find(id: number): T {
    const o = id < 0 ? undefined : this.slots[id & ((1 << INDEX_BITS) - 1)];
    if (!o) return fail(E.INVAL);
    return o.id === id ? o : fail(E.IDRM);
  }

  /** By index, as SEM_STAT and its kin ask. */
  private at(index: number): T {
    return this.slots[index & ((1 << INDEX_BITS) - 1)] ?? fail(E.INVAL);
  }

  /** IPC_STAT. */
  stat(t: GuestThread, o: T, layout: IpcLayout<T>, at: number): number {
    o.check(t.cred, MAY_READ);
    layout.put(t.memory, at, o);
    return 0;
  }

  /** SEM_STAT and its kin, by index; `any`: SEM_STAT_ANY, which asks for no right. Returns the identifier. */
  statAt(t: GuestThread, index: number, any: boolean, layout: IpcLayout<T>, at: number): number {
    const o = this.at(index);
    if (!any) o.check(t.cred, MAY_READ);
    layout.put(t.memory, at, o);
    return o.id;
  }

  /** Nobody finds it by its key any more. */
  dropKey(o: T): void {
    if (this.keys.get(o.key) === o) this.keys.delete(o.key);
    o.key = 0;
  }

  remove(o: T): void {
    this.dropKey(o);
    o.removed = true;
    delete this.slots[o.id & ((1 << INDEX_BITS) - 1)];
    o.queue.wake();
  }

  /** Highest index in use, which the INFO commands return; 0 with none. */
  get highest(): number {
    let i = this.slots.length - 1;
    while (i >= 0 && !this.slots[i]) i--;
    return Math.max(i, 0);
  }

  *all(): Generator<T> {
    for (const o of this.slots) if (o) yield o;
  }
}
