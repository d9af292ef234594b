import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import type { PageVersions } from "../page-versions.js";
import { type Attributes, type Content, type Entry, S } from "./inode.js";
import { Event, happened, vanished } from "./file-events.js";
import { ALWAYS_READY, File, O } from "./file.js";
import type { Seals } from "./seals.js";
import type { Place } from "./walk.js";

/** Open regular files, directories, and O_PATH descriptors. */

abstract class PlacedFile extends File {
  constructor(
    flags: number,
    override readonly place: Place,
  ) {
    super(flags);
  }

  get path(): string {
    return this.place.path;
  }

  override get inode(): object {
    return this.place.inode.identity;
  }

  override get dev(): number {
    return this.place.inode.fs.dev;
  }

  override get ino(): number {
    return this.place.inode.ino;
  }

  attributes(): Attributes {
    return this.place.inode.attributes();
  }

  override get pollable(): boolean {
    return false;
  }

  override sync(_data: boolean): void {
    this.place.inode.sync();
  }
}

const SIGXFSZ = 25, SI_KERNEL = 0x80;

/** RLIMIT_FSIZE for a file that is to get this size; EFBIG with a signal. */
export function checkFileSize(t: Thread, size: number, old: number): void {
  if (size <= old || size <= t.process.rlimit(1).soft) return;
  t.signal({ signo: SIGXFSZ, code: SI_KERNEL });
  fail(E.FBIG);
}

/** Watched files without a name that somebody has open. */
export const nameless = new WeakSet<object>();

/** The last descriptor of a file is closed. */
function closedLast(f: PlacedFile): void {
  happened(f.place, f.writable ? Event.CLOSE_WRITE : Event.CLOSE_NOWRITE);
  if (nameless.delete(f.inode)) vanished(f.inode);
}

export class RegularFile extends PlacedFile {
  constructor(
    flags: number,
    place: Place,
    private readonly content: Content,
    mappable: "file" | "no" = "file",
  ) {
    super(flags, place);
    this.mappable = mappable;
  }

  override attributes(): Attributes {
    return this.content.attributes?.() ?? super.attributes();
  }

  override size(): number {
    return this.content.size();
  }

  stamp(own: number): string | null {
    return this.content.stamp?.(own) ?? null;
  }

  versions(): PageVersions | null {
    return this.content.versions?.() ?? null;
  }

  override readAt(position: number, into: Uint8Array): number {
    return this.content.readAt(position, into);
  }

  get seals(): Seals | null {
    return this.content.seals ?? null;
  }

  get sealed(): boolean {
    return this.seals?.againstWriting ?? false;
  }

  /** What of some bytes may be written: it may be sealed, and RLIMIT_FSIZE ends at -EFBIG with a signal. */
  private within(position: number, from: Uint8Array, t: Thread): Uint8Array | number {
    const limit = t.process.rlimit(1).soft;
    if (position + from.length > limit) {
      if (position >= limit) {
        t.signal({ signo: SIGXFSZ, code: SI_KERNEL });
        return -E.FBIG;
      }
      from = from.subarray(0, limit - position);
    }
    return from.subarray(0, this.seals?.writable(position, from.length, this.content.size()));
  }

  override put(position: number, from: Uint8Array, t: Thread): number {
    const part = this.within(this.flags & O.APPEND ? this.content.size() : position, from, t);
    if (typeof part === "number") return part;
    const n = this.writeAt(position, part);
    if (n > 0) happened(this.place, Event.MODIFY);
    return n;
  }

  override writeAt(position: number, from: Uint8Array): number {
    return this.content.writeAt(this.flags & O.APPEND ? this.content.size() : position, from);
  }

  override read(into: Uint8Array): number {
    const n = this.content.readAt(this.position, into);
    this.position += n;
    if (n > 0) happened(this.place, Event.ACCESS);
    return n;
  }

  override write(from: Uint8Array, t: Thread): number {
    if (this.flags & O.APPEND) this.position = this.content.size();
    const part = this.within(this.position, from, t);
    if (typeof part === "number") return part;
    const n = this.content.writeAt(this.position, part);
    this.position += n;
    if (n > 0) happened(this.place, Event.MODIFY);
    return n;
  }

  override seek(offset: number, whence: number): number {
    const size = this.content.size();
    let next: number;
    switch (whence) {
      case 0:
        next = offset;
        break;
      case 1:
        next = this.position + offset;
        break;
      case 2:
        next = size + offset;
        break;
      case 3: // SEEK_DATA: files have no holes here
      case 4:
        if (offset < 0 || offset >= size) fail(E.NXIO);
        next = whence === 3 ? offset : size;
        break;
      default:
        return fail(E.INVAL);
    }
    if (next < 0 || next > Number.MAX_SAFE_INTEGER) fail(E.INVAL);
    return (this.position = next);
  }

  override truncate(size: number, t: Thread): void {
    if (!this.writable) fail(E.INVAL);
    checkFileSize(t, size, this.content.size());
    this.content.truncate(size);
    happened(this.place, Event.MODIFY);
  }

  override sync(data: boolean): void {
    this.content.sync(data);
  }

  override poll(): number {
    return ALWAYS_READY;
  }

  protected override closed(): void {
    this.content.close();
    closedLast(this);
  }
}

export class DirectoryFile extends PlacedFile {
  private list: Entry[] | null = null;

  protected override closed(): void {
    closedLast(this);
  }

  /** Entries from the position on; they are read when the reading begins, "." and ".." first. */
  entries(extra: () => Entry[]): readonly Entry[] {
    if (this.list && this.position > 0) return this.list;
    const own = this.ino, up = this.place.parent?.inode.ino ?? own;
    const listed = this.place.inode.entries();
    const names = new Set(listed.map((e) => e.name));
    this.list = [
      { name: ".", ino: own, type: S.IFDIR }, { name: "..", ino: up, type: S.IFDIR }, ...listed, ...extra().filter((e) => !names.has(e.name)),
    ];
    return this.list;
  }

  override read(): number {
    return -E.ISDIR;
  }

  override readAt(): number {
    return fail(E.ISDIR);
  }

  override seek(offset: number, whence: number): number {
    if (whence > 1 || (whence === 1 && offset !== 0)) fail(E.INVAL);
    if (whence === 0) {
      if (offset < 0) fail(E.INVAL);
      this.position = offset;
      if (offset === 0) this.list = null;
    }
    return this.position;
  }
}

/** O_PATH: a name for a place, nothing more. */
export class PathFile extends PlacedFile {
  override read(): number {
    return -E.BADF;
  }

  override write(): number {
    return -E.BADF;
  }

  override seek(): number {
    return fail(E.BADF);
  }

  override sync(): void {
    fail(E.BADF);
  }
}

