import { PAGE_SIZE, Perm } from "../../mmu/perm.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { OpenFile } from "./contract.js";
import { writableView } from "./user.js";

/**
 * Shared mappings. Every process has a buffer of its own, so what is shared lives in a backing (a file, or memory of nobody's), and a
 * mapping holds a copy of it and a second one, `last`, of what both agreed on: `push` takes the process' changes to the backing, `pull`
 * brings the others'. The scheduler pushes when it leaves a process and pulls when it enters one, and system calls see files up to date.
 */

export interface Backing {
  readAt(position: number, into: Uint8Array): number;
  writeAt(position: number, from: Uint8Array): number;
  size(): number;
  /** As long as it is the same, the content is; null: nothing is known. */
  stamp(): string | null;
  retain(): void;
  release(): void;
  /** Equal for all mappings of one thing; futexes in shared memory are found by it. */
  readonly inode: object;
}

/** Memory that is shared and belongs to no file (MAP_SHARED | MAP_ANONYMOUS). */
export class AnonymousBacking implements Backing {
  readonly inode = this;
  private readonly pages = new Map<number, Uint8Array>();
  /** Mappings of it. */
  users = 0;
  /** Has had several mappings; until then it needs no copying. */
  wasShared = false;

  constructor(private readonly length: number) {}

  size(): number {
    return this.length;
  }

  stamp(): null {
    return null;
  }

  retain(): void {
    if (++this.users > 1) this.wasShared = true;
  }

  release(): void {
    this.users--;
  }

  readAt(position: number, into: Uint8Array): number {
    for (let done = 0; done < into.length; ) {
      const at = position + done;
      const n = Math.min(PAGE_SIZE - (at % PAGE_SIZE), into.length - done);
      const page = this.pages.get(Math.floor(at / PAGE_SIZE));
      const part = into.subarray(done, done + n);
      if (page) part.set(page.subarray(at % PAGE_SIZE, (at % PAGE_SIZE) + n));
      else part.fill(0);
      done += n;
    }
    return into.length;
  }

  writeAt(position: number, from: Uint8Array): number {
    for (let done = 0; done < from.length; ) {
      const at = position + done;
      const n = Math.min(PAGE_SIZE - (at % PAGE_SIZE), from.length - done);
      const index = Math.floor(at / PAGE_SIZE);
      let page = this.pages.get(index);
      if (!page) this.pages.set(index, (page = new Uint8Array(PAGE_SIZE)));
      page.set(from.subarray(done, done + n), at % PAGE_SIZE);
      done += n;
    }
    return from.length;
  }
}

/** A file as backing. */
export class FileBacking implements Backing {
  constructor(readonly file: OpenFile) {}

  get inode(): object {
    return this.file.inode;
  }

  size(): number {
    return this.file.size();
  }

  stamp(): string | null {
    return this.file.stamp?.() ?? null;
  }

  retain(): void {
    this.file.retain();
  }

  release(): void {
    this.file.release();
  }

  readAt(position: number, into: Uint8Array): number {
    return this.file.readAt(position, into);
  }

  writeAt(position: number, from: Uint8Array): number {
    return this.file.writeAt(position, from);
  }
}

/** In how many pulls a file's stamp is believed in a row: the host's own processes can change pages that they share with it unseen. */
const BELIEVED = 200;

/** What one address space knows of the state that its shared mappings' backings are in. */
export class Looks {
  private readonly last = new WeakMap<Backing, { stamp: string | null; left: number }>();
  private now = new Map<Backing, boolean>();

  /** A pull begins: each backing is asked once in it. */
  begin(): void {
    if (this.now.size > 0) this.now = new Map();
  }

  /** Whether a backing's pages have to be read. */
  outdated(b: Backing): boolean {
    let answer = this.now.get(b);
    if (answer === undefined) this.now.set(b, (answer = this.ask(b)));
    return answer;
  }

  private ask(b: Backing): boolean {
    const stamp = b.stamp(), last = this.last.get(b);
    if (stamp !== null && last && last.stamp === stamp && last.left-- > 0) return false;
    this.last.set(b, { stamp, left: BELIEVED });
    return true;
  }
}

const scratch = new Uint8Array(PAGE_SIZE);
const scratchWords = new Int32Array(scratch.buffer);

/** A page of shared memory in one process. */
interface SharedPage {
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

/** Pages of one mapping, by page number; those never looked at have no entry. */
export class SharedPages {
  private readonly last = new Map<number, SharedPage>();

  /** Fill from the backing: [start, end) maps `offset`. */
  load(m: UserMemory, backing: Backing, start: number, end: number, offset: number): void {
    for (let at = start; at < end; at += PAGE_SIZE) {
      readPage(backing, offset + at - start);
      m.bytes.set(scratch, at);
      this.remember(at);
    }
  }

  private remember(at: number): void {
    const page = at / PAGE_SIZE;
    let p = this.last.get(page);
    if (!p) {
      const bytes = new Uint8Array(PAGE_SIZE);
      this.last.set(page, (p = { bytes, words: new Int32Array(bytes.buffer) }));
    }
    p.bytes.set(scratch);
  }

  /** Write what this process changed. */
  push(m: UserMemory, words: Int32Array, backing: Backing, start: number, end: number, offset: number): void {
    const size = backing.size();
    for (let at = start; at < end; at += PAGE_SIZE) {
      const last = this.last.get(at / PAGE_SIZE);
      const position = offset + at - start;
      if (!last || position >= size) continue;
      const base = at / 4;
      let i = 0, j = 1024;
      while (i < 1024 && words[base + i] === last.words[i]) i++;
      if (i === 1024) continue;
      while (words[base + j - 1] === last.words[j - 1]) j--;
      // Single bytes may be others': take only the words that changed here.
      for (let k = i; k < j; k++) {
        if (words[base + k] === last.words[k]) continue;
        let e = k + 1;
        while (e < j && words[base + e] !== last.words[e]) e++;
        const n = Math.min(e * 4, size - position) - k * 4;
        if (n > 0) backing.writeAt(position + k * 4, m.bytes.subarray(at + k * 4, at + k * 4 + n));
        k = e;
      }
      last.words.set(words.subarray(base, base + 1024));
    }
  }

  /** Bring what others changed. */
  pull(m: UserMemory, backing: Backing, start: number, end: number, offset: number): void {
    for (let at = start; at < end; at += PAGE_SIZE) {
      const last = this.last.get(at / PAGE_SIZE);
      if (!last) continue;
      readPage(backing, offset + at - start);
      let i = 0;
      while (i < 1024 && scratchWords[i] === last.words[i]) i++;
      if (i === 1024) continue;
      if (m.perms[at / PAGE_SIZE]! & Perm.WRITE) writableView(m, at | 0, PAGE_SIZE).set(scratch);
      else {
        if (m.perms[at / PAGE_SIZE]! & Perm.CODE) m.observer?.codeWritten(at | 0, PAGE_SIZE);
        m.bytes.set(scratch, at);
      }
      last.bytes.set(scratch);
    }
  }

  /** Pages of another address of the same mapping (mremap). */
  move(from: number, to: number, length: number): void {
    const moved: [number, SharedPage][] = [];
    for (let k = 0; k < length / PAGE_SIZE; k++) {
      const p = this.last.get(from / PAGE_SIZE + k);
      this.last.delete(from / PAGE_SIZE + k);
      if (p) moved.push([to / PAGE_SIZE + k, p]);
    }
    for (const [k, p] of moved) this.last.set(k, p);
  }

  drop(start: number, end: number): void {
    for (let at = start; at < end; at += PAGE_SIZE) this.last.delete(at / PAGE_SIZE);
  }

  clone(): SharedPages {
    const c = new SharedPages();
    for (const [k, p] of this.last) {
      const bytes = p.bytes.slice();
      c.last.set(k, { bytes, words: new Int32Array(bytes.buffer) });
    }
    return c;
  }
}

function readPage(backing: Backing, position: number): void {
  const n = position < backing.size() ? backing.readAt(position, scratch) : 0;
  scratch.fill(0, n);
}
