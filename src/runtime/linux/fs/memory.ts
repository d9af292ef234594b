import type { TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { PageVersions } from "../page-versions.js";
import { KeptAttributes } from "./extended-attributes.js";
import { type Attributes, type Changes, type Content, type Entry, type FileSystemInfo, Inode, type Maker, S } from "./inode.js";
import { Seal, Seals } from "./seals.js";
import { SparseBytes } from "./sparse-bytes.js";

/** A file system in memory (as Linux's tmpfs). */

export interface MemoryFsOptions {
  readonly dev: number;
  readonly now: () => TimeSpec;
  /** Bytes that files may have together; then ENOSPC. */
  readonly capacity: number;
}

const TMPFS = 0x01021994;
const BLOCK = 4096;
/** Longest file, holes included. */
const MOST_BYTES = 2 ** 43;
/** At most one name for so many bytes of capacity, as tmpfs' nr_inodes. */
const BYTES_PER_NAME = 2048, MIN_NAMES = 1024;

export class MemoryFs implements FileSystemInfo {
  readonly dev: number;
  readonly magic = TMPFS;
  readonly readOnly = false;
  readonly now: () => TimeSpec;
  private used = 0;
  private names = 0;
  private nextIno = 1;
  readonly root: MemoryInode;

  constructor(private readonly options: MemoryFsOptions) {
    this.dev = options.dev;
    this.now = options.now;
    this.root = new MemoryInode(this, S.IFDIR | 0o755, 0, 0, 0);
    this.root.nlink = 2;
  }

  newIno(): number {
    return this.nextIno++;
  }

  /** Account for a file's growth (or shrinking); ENOSPC. */
  grow(bytes: number): void {
    if (bytes > 0 && this.used + bytes > this.options.capacity) fail(E.NOSPC);
    this.used += bytes;
  }

  /** Account for a name that comes (1) or goes (-1): empty files take memory, too. ENOSPC. */
  name(change: 1 | -1): void {
    if (change > 0 && this.names >= Math.max(MIN_NAMES, this.options.capacity / BYTES_PER_NAME)) fail(E.NOSPC);
    this.names += change;
  }

  space(): { total: number; free: number } {
    return { total: this.options.capacity, free: this.options.capacity - this.used };
  }
}

export class MemoryInode extends Inode implements Content {
  readonly ino: number;
  nlink = 1;
  private atime: TimeSpec;
  private mtime: TimeSpec;
  private ctime: TimeSpec;
  private readonly children: Map<string, MemoryInode> | null;
  private readonly bytes = new SparseBytes((more) => this.fs.grow(more));
  private length = 0;
  private attached: KeptAttributes | null = null;
  private opened = 0;
  /** Since somebody mapped it. */
  private written: PageVersions | null = null;
  private linkable = false;
  target = "";
  seals = new Seals(Seal.SEAL);

  constructor(
    readonly fs: MemoryFs,
    private mode: number,
    private uid: number,
    private gid: number,
    private readonly rdev: number,
  ) {
    super();
    this.ino = fs.newIno();
    this.atime = this.mtime = this.ctime = fs.now();
    this.children = (mode & S.IFMT) === S.IFDIR ? new Map() : null;
  }

  attributes(): Attributes {
    const size = this.children ? 40 + this.children.size * 20 : this.mode >> 12 === S.IFLNK >> 12 ? this.target.length : this.length;
    return {
      mode: this.mode, uid: this.uid, gid: this.gid, nlink: this.nlink, size, blocks: Math.ceil(this.bytes.allocated / BLOCK) * 8, rdev: this.rdev,
      atime: this.atime, mtime: this.mtime, ctime: this.ctime,
    };
  }

  override change(c: Changes): void {
    if (c.mode !== undefined && this.seals.has(Seal.EXEC) && (c.mode ^ this.mode) & 0o111) fail(E.PERM);
    if (c.size !== undefined) this.truncate(c.size);
    if (c.mode !== undefined) this.mode = (this.mode & S.IFMT) | (c.mode & 0o7777);
    if (c.uid !== undefined) this.uid = c.uid;
    if (c.gid !== undefined) this.gid = c.gid;
    if (c.atime) this.atime = c.atime;
    if (c.mtime) this.mtime = c.mtime;
    this.ctime = this.fs.now();
  }

  override extended(): KeptAttributes {
    return (this.attached ??= new KeptAttributes((more) => this.fs.grow(more)));
  }

  private directory(): Map<string, MemoryInode> {
    return this.children ?? fail(E.NOTDIR);
  }

  private touched(): void {
    this.mtime = this.ctime = this.fs.now();
  }

  override lookup(name: string): MemoryInode | null {
    return this.directory().get(name) ?? null;
  }

  override entries(): Entry[] {
    return [...this.directory()].map(([name, i]) => ({ name, ino: i.ino, type: i.mode & S.IFMT }));
  }

  private add(name: string, child: MemoryInode): MemoryInode {
    if (this.directory().has(name)) fail(E.EXIST);
    if (this.nlink === 0) fail(E.NOENT);
    this.fs.name(1);
    // The group of a set-group-ID directory is inherited.
    if (this.mode & S.ISGID) {
      child.gid = this.gid;
      if (child.children) child.mode |= S.ISGID;
    }
    this.directory().set(name, child);
    this.touched();
    return child;
  }

  override create(name: string, mode: number, rdev: number, owner: Maker): MemoryInode {
    return this.add(name, new MemoryInode(this.fs, mode, owner.fsuid, owner.fsgid, rdev));
  }

  override tmpfile(mode: number, owner: Maker, linkable: boolean): MemoryInode {
    this.directory();
    const made = new MemoryInode(this.fs, mode, owner.fsuid, owner.fsgid, 0);
    made.nlink = 0;
    made.linkable = linkable;
    return made;
  }

  override mkdir(name: string, mode: number, owner: Maker): void {
    const d = this.add(name, new MemoryInode(this.fs, S.IFDIR | (mode & 0o7777), owner.fsuid, owner.fsgid, 0));
    d.nlink = 2;
    this.nlink++;
  }

  override symlink(name: string, target: string, owner: Maker): void {
    this.add(name, new MemoryInode(this.fs, S.IFLNK | 0o777, owner.fsuid, owner.fsgid, 0)).target = target;
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof MemoryInode) || inode.fs !== this.fs) return fail(E.XDEV);
    // What lost its last name gets no other.
    if (inode.nlink === 0 && !inode.linkable) fail(E.NOENT);
    this.add(name, inode);
    inode.linkable = false;
    inode.nlink++;
    inode.ctime = this.fs.now();
  }

  override unlink(name: string): void {
    const child = this.lookup(name) ?? fail(E.NOENT);
    if (child.children) fail(E.ISDIR);
    this.directory().delete(name);
    this.touched();
    child.dropLink();
  }

  private dropLink(): void {
    this.nlink--;
    this.fs.name(-1);
    this.ctime = this.fs.now();
    this.freeIfGone();
  }

  private freeIfGone(): void {
    if (this.nlink > 0 || this.opened > 0) return;
    this.bytes.cut(0);
    this.length = 0;
    this.attached?.clear();
  }

  override rmdir(name: string): void {
    const child = this.lookup(name) ?? fail(E.NOENT);
    if (!child.children) fail(E.NOTDIR);
    if (child.children!.size > 0) fail(E.NOTEMPTY);
    this.directory().delete(name);
    child.nlink = 0;
    child.attached?.clear();
    this.fs.name(-1);
    this.nlink--;
    this.touched();
  }

  override rename(name: string, to: Inode, toName: string, exchange: boolean): void {
    if (!(to instanceof MemoryInode) || to.fs !== this.fs) fail(E.XDEV);
    const moved = this.lookup(name) ?? fail(E.NOENT);
    const old = to.lookup(toName);
    if (old === moved) return;
    if (moved.children && moved.contains(to)) fail(E.INVAL);
    if (exchange) {
      if (!old) fail(E.NOENT);
      if (old!.children && old!.contains(this)) fail(E.INVAL);
      this.directory().set(name, old!);
      if (old!.children) this.nlink++, to.nlink--;
    } else {
      if (old) {
        if (moved.children && !old.children) fail(E.NOTDIR);
        if (!moved.children && old.children) fail(E.ISDIR);
        if (old.children) to.rmdir(toName);
        else to.unlink(toName);
      }
      this.directory().delete(name);
    }
    to.directory().set(toName, moved);
    if (moved.children) this.nlink--, to.nlink++;
    this.touched();
    to.touched();
    moved.ctime = this.fs.now();
  }

  private contains(other: MemoryInode): boolean {
    if (this === other) return true;
    for (const c of this.children!.values()) if (c.children && c.contains(other)) return true;
    return false;
  }

  override readlink(): string {
    if ((this.mode & S.IFMT) !== S.IFLNK) fail(E.INVAL);
    return this.target;
  }

  // Content.

  override open(): Content {
    this.opened++;
    return this;
  }

  close(): void {
    this.opened--;
    this.freeIfGone();
  }

  size(): number {
    return this.length;
  }

  versions(): PageVersions {
    return (this.written ??= new PageVersions());
  }

  readAt(position: number, into: Uint8Array): number {
    const n = Math.max(0, Math.min(into.length, this.length - position));
    if (n > 0) this.bytes.readAt(position, into.subarray(0, n));
    return n;
  }

  writeAt(position: number, from: Uint8Array): number {
    if (position + from.length > MOST_BYTES) fail(E.FBIG);
    this.bytes.writeAt(position, from);
    this.written?.touch(position, from.length);
    if (from.length > 0) this.length = Math.max(this.length, position + from.length);
    this.touched();
    return from.length;
  }

  truncate(size: number): void {
    if (this.children) fail(E.ISDIR);
    if (size > MOST_BYTES) fail(E.FBIG);
    this.seals.checkSize(size, this.length);
    if (size < this.length) {
      this.bytes.cut(size);
      this.written?.touch(size, this.length - size);
    }
    this.length = size;
    this.touched();
  }

  override sync(): void {}
}
