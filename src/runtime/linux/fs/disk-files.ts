import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import type { PageVersions } from "../page-versions.js";
import { type Attributes, type Content, type Entry, S } from "./inode.js";
import { ALWAYS_READY, File, O } from "./file.js";
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

  stamp(): string | null {
    return this.content.stamp?.() ?? null;
  }

  versions(): PageVersions | null {
    return this.content.versions?.() ?? null;
  }

  override readAt(position: number, into: Uint8Array): number {
    return this.content.readAt(position, into);
  }

  override writeAt(position: number, from: Uint8Array): number {
    return this.content.writeAt(this.flags & O.APPEND ? this.content.size() : position, from);
  }

  override read(into: Uint8Array): number {
    const n = this.content.readAt(this.position, into);
    this.position += n;
    return n;
  }

  override write(from: Uint8Array, t: Thread): number {
    if (this.flags & O.APPEND) this.position = this.content.size();
    let part = from;
    const limit = t.process.rlimit(1).soft;
    if (this.position + from.length > limit) {
      if (this.position >= limit) {
        t.signal({ signo: 25, code: 0x80 }); // SIGXFSZ
        return -E.FBIG;
      }
      part = from.subarray(0, limit - this.position);
    }
    const n = this.content.writeAt(this.position, part);
    this.position += n;
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

  override truncate(size: number): void {
    if (!this.writable) fail(E.INVAL);
    this.content.truncate(size);
  }

  override sync(data: boolean): void {
    this.content.sync(data);
  }

  override poll(): number {
    return ALWAYS_READY;
  }

  protected override closed(): void {
    this.content.close();
  }
}

export class DirectoryFile extends PlacedFile {
  private list: Entry[] | null = null;

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

