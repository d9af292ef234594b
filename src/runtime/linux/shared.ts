import { PAGE_SIZE, Perm } from "../../mmu/perm.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { OpenFile } from "./contract.js";
import { PageVersions } from "./page-versions.js";

/**
 * Shared mappings. Every process has a buffer of its own, so what is shared lives in a backing (a file, or memory of nobody's), of which a mapping holds a copy:
 * `push` takes the process' changes to the backing, `pull` brings the others'. The scheduler pushes when it leaves a process and pulls when it enters one, and
 * system calls see files up to date.
 *
 * Both cost what was written, not what is mapped. A process' first store to a page is told (Perm.TRACKED); from then on there is a second copy of the page as
 * it was, and `push` compares the two, until the page has stayed the same for a while. Backings in memory know the version of each page.
 */

export interface Backing {
  readAt(position: number, into: Uint8Array): number;
  writeAt(position: number, from: Uint8Array): number;
  size(): number;
  /** When its pages were written; null: it is another's as well (a file of the host's), so look at `stamp`. */
  readonly versions: PageVersions | null;
  /** As long as it is the same, the content is, but for `own` writes by whoever asks; null: nothing is known. */
  stamp(own: number): string | null;
  retain(): void;
  release(): void;
  /** Equal for all mappings of one thing; futexes in shared memory are found by it. */
  readonly inode: object;
}

/** Memory that is shared and belongs to no file (MAP_SHARED | MAP_ANONYMOUS). */
export class AnonymousBacking implements Backing {
  readonly inode = this;
  readonly versions = new PageVersions();
  private readonly pages = new Map<number, Uint8Array>();
  /** Mappings of it. */
  users = 0;
  /** Its content is here; until it is published, when a second process gets it, it is only in the pages of the one that has it mapped. */
  published = false;

  constructor(private readonly length: number) {}

  size(): number {
    return this.length;
  }

  stamp(): null {
    return null;
  }

  retain(): void {
    this.users++;
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
    this.versions.touch(position, from.length);
    return from.length;
  }
}

/** A file as backing. */
export class FileBacking implements Backing {
  readonly versions: PageVersions | null;

  constructor(readonly file: OpenFile) {
    this.versions = file.versions?.() ?? null;
  }

  get inode(): object {
    return this.file.inode;
  }

  size(): number {
    return this.file.size();
  }

  stamp(own: number): string | null {
    return this.file.stamp?.(own) ?? null;
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
class Looks {
  private readonly last = new WeakMap<Backing, { stamp: string | null; left: number }>();
  private now = new Map<Backing, boolean>();
  private readonly own = new WeakMap<Backing, number>();

  /** The space itself wrote to a backing. */
  wrote(b: Backing): void {
    this.own.set(b, (this.own.get(b) ?? 0) + 1);
  }

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
    const stamp = b.stamp(this.own.get(b) ?? 0), last = this.last.get(b);
    if (stamp !== null && last && last.stamp === stamp && last.left-- > 0) return false;
    this.last.set(b, { stamp, left: BELIEVED });
    return true;
  }
}

/** A stretch of a backing in an address space. */
export interface SharedStretch {
  readonly start: number;
  readonly end: number;
  readonly offset: number;
  readonly shared: Backing;
}

/** A page that the process may be writing to. */
interface HotPage {
  readonly backing: Backing;
  readonly position: number;
  /** As it is in the backing. */
  readonly words: Int32Array;
  /** How long it has stayed the same, in the units below. */
  idle: number;
}

/** A page that stays the same for so long is tracked again. */
const PATIENCE = 32;
/** What a push counts for: at a system call, and when another process has its turn. */
const AT_CALL = 1, AT_SWITCH = 4;

/** Pages that are read at once. */
const CHUNK = 16;
const scratch = new Uint8Array(CHUNK * PAGE_SIZE);
const scratchWords = new Int32Array(scratch.buffer);

/** The shared pages of an address space. */
export class SharedPages {
  /** By page number: pages of files, and of shared memory. */
  private readonly files = new Map<number, HotPage>();
  private readonly anonymous = new Map<number, HotPage>();
  /** The version up to which this space has all of a backing. */
  private readonly seen = new WeakMap<PageVersions, number>();
  private readonly looks = new Looks();
  /** Whether a backing may be at two places in this space; then what it writes itself has to come in, too. */
  aliases = false;

  constructor(private readonly memory: UserMemory) {}

  /** Fill newly mapped pages from the backing. */
  load(v: SharedStretch): void {
    const { memory } = this, { shared, start, end, offset } = v, { versions } = shared;
    const size = shared.size();
    this.forget(start, end);
    if (versions && !this.seen.has(versions)) this.seen.set(versions, versions.now);
    if (shared instanceof AnonymousBacking) {
      for (const page of shared.versions.since(0, offset / PAGE_SIZE, (offset + end - start) / PAGE_SIZE)) this.read(shared, page * PAGE_SIZE, start + page * PAGE_SIZE - offset, size);
      if (!shared.published) return;
    } else {
      for (let at = start, last = Math.min(end, start + size - offset); at < last; at += PAGE_SIZE) this.read(shared, offset + at - start, at, size);
    }
    memory.track(start, end - start);
  }

  private read(backing: Backing, position: number, at: number, size: number): void {
    readPages(backing, position, size, 0, 1);
    this.memory.bytes.set(scratch.subarray(0, PAGE_SIZE), at);
  }

  /** Memory that only this process has mapped is to be had by others. */
  publish({ start, end, offset, shared }: SharedStretch): void {
    const { memory } = this;
    for (let at = start; at < end; at += PAGE_SIZE) {
      if (!memory.isZero(at / PAGE_SIZE)) shared.writeAt(offset + at - start, memory.bytes.subarray(at, at + PAGE_SIZE));
    }
    this.seen.set(shared.versions!, shared.versions!.now);
    memory.track(start, end - start);
  }

  /** The process is going to write to a page of a stretch, for the first time in a while. */
  heat(page: number, { start, offset, shared }: SharedStretch): void {
    const words = this.memory.words.slice(page << 10, (page + 1) << 10);
    (shared instanceof AnonymousBacking ? this.anonymous : this.files).set(page, { backing: shared, position: offset + page * PAGE_SIZE - start, words, idle: 0 });
  }

  /** A system call begins: it may look at files. */
  pushFiles(): void {
    this.pushAll(this.files, AT_CALL);
    if (this.aliases) this.pushAll(this.anonymous, AT_CALL);
  }

  push(): void {
    this.pushAll(this.files, AT_SWITCH);
    this.pushAll(this.anonymous, AT_SWITCH);
  }

  private pushAll(pages: Map<number, HotPage>, idle: number): void {
    if (pages.size === 0) return;
    let cold: number[] | null = null;
    for (const [page, hot] of pages) {
      if (this.pushPage(page, hot)) hot.idle = 0;
      else if ((hot.idle += idle) >= PATIENCE) (cold ??= []).push(page);
    }
    if (!cold) return;
    for (const page of cold) pages.delete(page);
    this.memory.trackPages(cold);
  }

  /** Write what this process changed; whether it did. */
  private pushPage(page: number, { backing, position, words: last }: HotPage): boolean {
    const { words, bytes } = this.memory, base = page << 10;
    let i = 0, j = 1024;
    while (i < 1024 && words[base + i] === last[i]) i++;
    if (i === 1024) return false;
    const size = backing.size();
    if (position >= size) return false;
    while (words[base + j - 1] === last[j - 1]) j--;
    const { versions } = backing, complete = versions !== null && !this.aliases && this.seen.get(versions) === versions.now;
    // Single bytes may be others': take only the words that changed here.
    for (let k = i; k < j; k++) {
      if (words[base + k] === last[k]) continue;
      let e = k + 1;
      while (e < j && words[base + e] !== last[e]) e++;
      const n = Math.min(e * 4, size - position) - k * 4, at = page * PAGE_SIZE + k * 4;
      if (n > 0) {
        backing.writeAt(position + k * 4, bytes.subarray(at, at + n));
        if (versions === null && !this.aliases) this.looks.wrote(backing);
      }
      k = e;
    }
    last.set(words.subarray(base, base + 1024));
    if (complete) this.seen.set(versions, versions.now);
    return true;
  }

  /** Bring what others changed in these stretches, which are all that there are. */
  pull(stretches: readonly SharedStretch[]): void {
    this.looks.begin();
    for (const v of stretches) {
      const { versions } = v.shared;
      if (versions) this.pullVersions(v, versions);
      else if (this.looks.outdated(v.shared)) this.pullAll(v);
    }
    // A backing may be at several places, so only now.
    for (const { shared: { versions } } of stretches) if (versions && this.seen.get(versions) !== versions.now) this.seen.set(versions, versions.now);
  }

  private pullVersions({ start, end, offset, shared }: SharedStretch, versions: PageVersions): void {
    const seen = this.seen.get(versions) ?? 0;
    if (seen === versions.now) return;
    const size = shared.size();
    for (const page of versions.since(seen, offset / PAGE_SIZE, (offset + end - start) / PAGE_SIZE)) {
      readPages(shared, page * PAGE_SIZE, size, 0, 1);
      this.compare(shared, page * PAGE_SIZE, start + page * PAGE_SIZE - offset, size, 0);
    }
  }

  /** Of a file that others may have changed anywhere. */
  private pullAll({ start, end, offset, shared }: SharedStretch): void {
    const size = shared.size();
    for (let at = start; at < end; at += CHUNK * PAGE_SIZE) {
      const pages = Math.min(CHUNK, (end - at) / PAGE_SIZE), position = offset + at - start;
      readPages(shared, position, size, 0, pages);
      for (let k = 0; k < pages; k++) this.compare(shared, position + k * PAGE_SIZE, at + k * PAGE_SIZE, size, k);
    }
  }

  /** Take a page over that was read as page k of `scratch`, if it is another than here. */
  private compare(backing: Backing, position: number, at: number, size: number, k: number): void {
    const { memory } = this, page = at / PAGE_SIZE, hot = this.anonymous.get(page) ?? this.files.get(page);
    const words = hot ? hot.words : memory.words, base = hot ? 0 : at / 4;
    let i = 0;
    while (i < 1024 && scratchWords[k * 1024 + i] === words[base + i]) i++;
    if (i === 1024) return;
    // What the system call itself wrote here is not there yet.
    if (hot && this.pushPage(page, hot)) readPages(backing, position, size, k, 1);
    if (memory.perms[page]! & Perm.CODE && memory.holdsCode(at | 0, PAGE_SIZE)) memory.observer?.codeWritten(at | 0, PAGE_SIZE);
    memory.bytes.set(scratch.subarray(k * PAGE_SIZE, (k + 1) * PAGE_SIZE), at);
    hot?.words.set(scratchWords.subarray(k * 1024, (k + 1) * 1024));
  }

  /** Pages are mapped no more, or to something else: what was written goes to the backing. */
  drop(start: number, end: number): void {
    for (const pages of [this.files, this.anonymous]) {
      for (const page of within(pages, start, end)) {
        this.pushPage(page, pages.get(page)!);
        pages.delete(page);
      }
    }
  }

  /** Their content is lost. */
  private forget(start: number, end: number): void {
    for (const pages of [this.files, this.anonymous]) for (const page of within(pages, start, end)) pages.delete(page);
  }

  /** A forked process has all that its parent, this one, has, which has pushed; pages of files are copied with others. */
  inherit(child: SharedPages, { start, end, offset, shared }: SharedStretch): void {
    const { versions } = shared;
    if (versions) child.seen.set(versions, this.seen.get(versions) ?? 0);
    child.aliases = this.aliases;
    if (shared instanceof AnonymousBacking) {
      for (const page of shared.versions.since(0, offset / PAGE_SIZE, (offset + end - start) / PAGE_SIZE)) {
        const at = start + page * PAGE_SIZE - offset;
        child.memory.bytes.set(this.memory.bytes.subarray(at, at + PAGE_SIZE), at);
      }
    }
    child.memory.track(start, end - start);
  }
}

/** Those of some pages that are in [start, end). */
function within(pages: ReadonlyMap<number, unknown>, start: number, end: number): number[] {
  const first = start / PAGE_SIZE, last = end / PAGE_SIZE, found: number[] = [];
  if (pages.size <= last - first) {
    for (const page of pages.keys()) if (page >= first && page < last) found.push(page);
  } else {
    for (let page = first; page < last; page++) if (pages.has(page)) found.push(page);
  }
  return found;
}

/** Read pages of a backing of so many bytes as pages k and following of `scratch`. */
function readPages(backing: Backing, position: number, size: number, k: number, pages: number): void {
  const into = scratch.subarray(k * PAGE_SIZE, (k + pages) * PAGE_SIZE);
  const n = position < size ? backing.readAt(position, into) : 0;
  into.fill(0, n);
}
