import { PAGE_SIZE } from "../../../mmu/perm.js";
import { E, fail } from "../errno.js";
import type { MemoryBudget } from "../memory-pool.js";
import { Map as MapFlag } from "../mm.js";
import { AnonymousBacking } from "../shared.js";
import type { GuestThread } from "../thread.js";
import { put32 } from "../user.js";
import { pageUp, Prot } from "../vma.js";
import { Ipc, type IpcLayout, IpcObject, IpcTable, MAY_READ, MOST_OBJECTS } from "./ids.js";

/** System V shared memory (Linux ipc/shm.c): segments are backings of shared mappings. */

const RDONLY = 0o10000, RND = 0o20000, REMAP = 0o40000, EXEC = 0o100000, HUGETLB = 0o4000;
const LARGEST = 2 ** 32 - 1 - (1 << 24);
/** Bit of a segment's mode: it goes with its last mapping. */
const DEST = 0o1000;

class SegmentBacking extends AnonymousBacking {
  constructor(length: number, private readonly unused: () => void) {
    super(length);
    // Whoever attaches it next finds what the others wrote.
    this.published = true;
  }

  override release(): void {
    super.release();
    if (this.users === 0) this.unused();
  }
}

export class Segment extends IpcObject {
  readonly backing: SegmentBacking;
  readonly creator: number;
  attachedAt = 0;
  detachedAt = 0;
  lastPid = 0;

  constructor(key: number, mode: number, t: GuestThread, readonly size: number, unused: (s: Segment) => void) {
    super(key, mode, t);
    this.backing = new SegmentBacking(pageUp(size), () => unused(this));
    this.creator = t.process.pid;
  }

  /** Mappings of it. */
  get attached(): number {
    return this.backing.users;
  }
}

export class SharedMemory {
  readonly table = new IpcTable<Segment>();
  private readonly byBacking = new Map<object, Segment>();

  constructor(private readonly budget: MemoryBudget) {}

  shmget(t: GuestThread, key: number, length: number, flags: number): number {
    const size = length >>> 0;
    return this.table.get(t, key, flags, (s) => size <= s.size, (k, mode) => {
      if (size < 1 || size > LARGEST) fail(E.INVAL);
      if (flags & HUGETLB) fail(E.NOMEM);
      // Its memory is somebody's whether it is mapped or not.
      this.budget.charge(pageUp(size));
      const s = new Segment(k, mode, t, size, (unused) => {
        if (unused.mode & DEST) this.destroy(unused);
      });
      this.byBacking.set(s.backing, s);
      return s;
    });
  }

  private destroy(s: Segment): void {
    if (s.removed) return;
    this.budget.uncharge(pageUp(s.size));
    this.byBacking.delete(s.backing);
    this.table.remove(s);
  }

  shmat(t: GuestThread, id: number, address: number, flags: number): number {
    let at = address >>> 0;
    if (id < 0) fail(E.INVAL);
    if (at % PAGE_SIZE) {
      if (!(flags & RND)) fail(E.INVAL);
      at -= at % PAGE_SIZE;
    }
    if (flags & REMAP && at === 0) fail(E.INVAL);
    const s = this.table.find(id);
    s.check(t.cred, MAY_READ | (flags & RDONLY ? 0 : 0o222) | (flags & EXEC ? 0o111 : 0));
    const { map } = t.space;
    const length = pageUp(s.size);
    if (at && !(flags & REMAP) && (at + length > map.memory.limit || !map.vmas.isFree(at, at + length))) fail(E.INVAL);
    const prot = Prot.READ | (flags & RDONLY ? 0 : Prot.WRITE) | (flags & EXEC ? Prot.EXEC : 0);
    const name = `/SYSV${(s.key >>> 0).toString(16).padStart(8, "0")} (deleted)`;
    const start = map.attach(at, length, prot, at ? MapFlag.FIXED : 0, s.backing, name, !(flags & RDONLY));
    s.attachedAt = t.kernel.realtime().sec;
    s.lastPid = t.process.pid;
    return start | 0;
  }

  shmdt(t: GuestThread, address: number): number {
    const at = address >>> 0;
    if (at % PAGE_SIZE) fail(E.INVAL);
    const { map } = t.space;
    // All that is left of the mapping that began there; pieces may have been cut out of it.
    const pieces = map.vmas.list.filter((v) => v.start >= at && v.shared && this.byBacking.has(v.shared) && v.start - v.offset === at);
    const s = pieces[0] && this.byBacking.get(pieces[0].shared!);
    if (!s) return fail(E.INVAL);
    s.detachedAt = t.kernel.realtime().sec;
    s.lastPid = t.process.pid;
    for (const v of pieces) if (v.shared === s.backing) map.munmap(v.start, v.end - v.start);
    return 0;
  }

  shmctl(t: GuestThread, layout: IpcLayout<Segment>, id: number, command: number, at: number): number {
    const LOCK = 11, UNLOCK = 12, SHM_STAT = 13, SHM_INFO = 14, STAT_ANY = 15;
    if (id < 0 || command < 0) fail(E.INVAL);
    if (command === Ipc.INFO) {
      [LARGEST, 1, MOST_OBJECTS, MOST_OBJECTS, LARGEST, 0, 0, 0, 0].forEach((w, i) => put32(t.memory, at + i * 4, w));
      return this.table.highest;
    }
    if (command === SHM_INFO) {
      const all = [...this.table.all()];
      const pages = all.reduce((n, s) => n + pageUp(s.size) / PAGE_SIZE, 0);
      [all.length, pages, pages, 0, 0, 0].forEach((w, i) => put32(t.memory, at + i * 4, w));
      return this.table.highest;
    }
    if (command === SHM_STAT || command === STAT_ANY) return this.table.statAt(t, id, command === STAT_ANY, layout, at);
    const s = this.table.find(id);
    switch (command) {
      case Ipc.STAT:
        return this.table.stat(t, s, layout, at);
      case Ipc.SET:
        s.setOwner(t, layout.owner(t.memory, at));
        return 0;
      case Ipc.RMID:
        s.checkOwner(t.cred);
        s.mode |= DEST;
        if (s.attached === 0) this.destroy(s);
        else this.table.dropKey(s);
        return 0;
      case LOCK:
      case UNLOCK:
        s.checkOwner(t.cred);
        return 0;
      default:
        return fail(E.INVAL);
    }
  }
}
