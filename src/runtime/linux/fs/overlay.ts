import { ROOTS } from "../capabilities.js";
import type { Credentials } from "../contract.js";
import { E, Errno, fail } from "../errno.js";
import type { ExtendedAttributes } from "./extended-attributes.js";
import { type Attributes, type Changes, type Content, type Entry, type FileSystemInfo, Inode, type Maker, S } from "./inode.js";

/**
 * Read-only layers under a writable one (as Linux's overlayfs): a name comes from the highest layer that has it, directories are merged, and what is
 * changed is first copied up. What is removed of a lower layer is noted in the upper one as OCI image layers note it, by an empty file `.wh.NAME`, and
 * `.wh..wh..opq` in a directory that hides all below; so an upper folder can be kept and used again. Guests do not see such names and cannot make them.
 */

const WHITEOUT = ".wh.", OPAQUE = ".wh..wh..opq";
const OVERLAYFS = 0x794c7630;
/** Inode numbers of new files, so that they are not those of a lower layer's. */
const UPPER_INO = 0x40000000;
const NOBODY: Credentials = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], caps: ROOTS };
const COPY = 1 << 20;

export interface OverlayOptions {
  readonly dev: number;
  /** Root directory of the writable layer. */
  readonly upper: Inode;
  /** Those of the others, the highest first. */
  readonly lowers: readonly Inode[];
}

export function overlay(o: OverlayOptions): Inode {
  const { upper } = o;
  const fs: FileSystemInfo = { dev: o.dev, magic: OVERLAYFS, get readOnly() { return upper.fs.readOnly; }, space: () => upper.fs.space() };
  return new OverlayInode(fs, null, "", upper, o.lowers);
}

/**
 * Children of a directory by name. A file must have one inode as long as anybody has that, as it may be copied up, and after it was changed, as numbers
 * and identities stay those of before. Others are made again when they are looked up again.
 */
class Children {
  private readonly changed = new Map<string, OverlayInode>();
  private readonly seen = new Map<string, WeakRef<OverlayInode>>();
  /** When so many were seen, it is time to see which nobody has any more. */
  private room = LEAST_ROOM;

  get(name: string): OverlayInode | undefined {
    return this.changed.get(name) ?? this.seen.get(name)?.deref();
  }

  see(name: string, inode: OverlayInode): void {
    if (this.seen.size >= this.room) {
      for (const [n, ref] of this.seen) if (!ref.deref()) this.seen.delete(n);
      this.room = Math.max(LEAST_ROOM, 2 * this.seen.size);
    }
    this.seen.set(name, new WeakRef(inode));
  }

  keep(name: string, inode: OverlayInode): void {
    this.changed.set(name, inode);
    this.seen.delete(name);
  }

  delete(name: string): void {
    this.changed.delete(name);
    this.seen.delete(name);
  }
}

const LEAST_ROOM = 64;

class OverlayInode extends Inode {
  readonly ino: number;
  private readonly key: object;
  /** Of directories, when one was looked up. */
  private looked: Children | null = null;

  constructor(
    readonly fs: FileSystemInfo,
    private parent: OverlayInode | null,
    private name: string,
    private upper: Inode | null,
    /** What is seen of it in lower layers: all of them directories, or none and one file. */
    private lowers: readonly Inode[],
  ) {
    super();
    const first = lowers[0];
    this.key = (first ?? upper)!.identity;
    this.ino = first ? first.ino : upper!.ino + UPPER_INO;
  }

  override get identity(): object {
    return this.key;
  }

  private get children(): Children {
    return (this.looked ??= new Children());
  }

  private get top(): Inode {
    return this.upper ?? this.lowers[0]!;
  }

  override get type(): number {
    return this.top.type;
  }

  attributes(): Attributes {
    return this.top.attributes();
  }

  override lookup(name: string): Inode | null {
    return this.child(name);
  }

  private child(name: string): OverlayInode | null {
    if (this.type !== S.IFDIR) fail(E.NOTDIR);
    if (name.startsWith(WHITEOUT)) return null;
    const known = this.children.get(name);
    if (known) return known;
    const above = this.upper?.lookup(name) ?? null;
    const below = above && (above.type !== S.IFDIR || above.lookup(OPAQUE)) ? [] : this.below(name);
    const lowers = above ? below.filter((i) => i.type === S.IFDIR) : below;
    if (!above && lowers.length === 0) return null;
    const made = new OverlayInode(this.fs, this, name, above, lowers);
    this.children.see(name, made);
    return made;
  }

  /** What the lower layers have under a name: directories down to the first that is none, or one file. */
  private below(name: string): Inode[] {
    if (this.upper?.lookup(WHITEOUT + name)) return [];
    const found: Inode[] = [];
    for (const layer of this.lowers) {
      if (layer.type !== S.IFDIR) break;
      const i = layer.lookup(name);
      if (!i) continue;
      if (i.type !== S.IFDIR) return found.length > 0 ? found : [i];
      found.push(i);
    }
    return found;
  }

  override entries(): Entry[] {
    const list = new Map<string, Entry>();
    const hidden = new Set<string>();
    for (const layer of this.upper ? [this.upper, ...this.lowers] : this.lowers) {
      for (const e of layer.entries()) {
        if (e.name.startsWith(WHITEOUT)) {
          if (layer === this.upper) hidden.add(e.name.slice(WHITEOUT.length));
        } else if (!list.has(e.name) && (layer === this.upper || !hidden.has(e.name))) {
          list.set(e.name, layer === this.upper ? { ...e, ino: this.child(e.name)?.ino ?? e.ino } : e);
        }
      }
    }
    return [...list.values()];
  }

  // Changes.

  /** This inode in the upper layer, copied there if need be. */
  private up(): Inode {
    if (this.upper) return this.upper;
    const from = this.lowers[0]!, a = from.attributes();
    const into = this.parent!.up(), type = a.mode & S.IFMT;
    if (type === S.IFDIR) into.mkdir(this.name, a.mode & 0o7777, NOBODY);
    else if (type === S.IFLNK) into.symlink(this.name, from.readlink(), NOBODY);
    else if (type === S.IFREG) this.copy(from, into, a);
    else into.create(this.name, a.mode, a.rdev, NOBODY);
    const made = into.lookup(this.name) ?? fail(E.IO);
    keepOwner(made, a);
    if (type !== S.IFLNK) made.change({ mode: a.mode & 0o7777 });
    made.change({ atime: a.atime, mtime: a.mtime });
    keepExtended(made, from);
    if (type !== S.IFDIR) this.lowers = [];
    this.upper = made;
    this.parent!.children.keep(this.name, this);
    return made;
  }

  private copy(from: Inode, into: Inode, a: Attributes): void {
    const source = from.open(false);
    const target = into.create(this.name, S.IFREG | 0o600, 0, NOBODY).open(true);
    try {
      const buffer = new Uint8Array(Math.min(COPY, Math.max(a.size, 1)));
      for (let at = 0; ;) {
        const n = source.readAt(at, buffer);
        if (n <= 0) break;
        target.writeAt(at, buffer.subarray(0, n));
        at += n;
      }
    } catch (e) {
      into.unlink(this.name);
      throw e;
    } finally {
      source.close();
      target.close();
    }
  }

  override change(c: Changes): void {
    this.up().change(c);
  }

  override extended(write: boolean): ExtendedAttributes | null {
    return (write ? this.up() : this.top).extended(write);
  }

  override open(write: boolean): Content {
    return write ? this.up().open(true) : this.top.open(false);
  }

  override readlink(): string {
    return this.top.readlink();
  }

  override sync(): void {
    this.upper?.sync();
  }

  /** Make room for a new name; true: the lower layers have it too. */
  private prepare(name: string): boolean {
    if (name.startsWith(WHITEOUT)) fail(E.INVAL);
    const upper = this.up();
    this.children.delete(name);
    const mark = upper.lookup(WHITEOUT + name);
    if (mark) upper.unlink(WHITEOUT + name);
    return mark !== null;
  }

  override create(name: string, mode: number, rdev: number, owner: Maker): Inode {
    this.prepare(name);
    this.up().create(name, mode, rdev, owner);
    return this.child(name) ?? fail(E.IO);
  }

  override tmpfile(mode: number, owner: Maker, linkable: boolean): Inode {
    return new OverlayInode(this.fs, this, "", this.up().tmpfile(mode, owner, linkable), []);
  }

  override mkdir(name: string, mode: number, owner: Maker): void {
    const hides = this.prepare(name);
    const upper = this.up();
    upper.mkdir(name, mode, owner);
    if (hides) markOpaque(upper.lookup(name)!);
  }

  override symlink(name: string, target: string, owner: Maker): void {
    this.prepare(name);
    this.up().symlink(name, target, owner);
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof OverlayInode) || inode.fs !== this.fs) return fail(E.XDEV);
    const from = inode.up();
    this.prepare(name);
    this.up().link(name, from);
    if (inode.name !== "") this.children.keep(name, inode);
  }

  /** The name is gone from the upper layer: hide it where lower ones have it. */
  private hide(name: string): void {
    this.children.delete(name);
    if (this.below(name).length > 0) this.up().create(WHITEOUT + name, S.IFREG | 0o600, 0, NOBODY);
  }

  override unlink(name: string): void {
    const victim = this.child(name) ?? fail(E.NOENT);
    if (victim.type === S.IFDIR) fail(E.ISDIR);
    const upper = this.up();
    if (upper.lookup(name)) upper.unlink(name);
    this.hide(name);
  }

  override rmdir(name: string): void {
    const victim = this.child(name) ?? fail(E.NOENT);
    if (victim.type !== S.IFDIR) fail(E.NOTDIR);
    if (victim.entries().length > 0) fail(E.NOTEMPTY);
    const upper = this.up();
    const above = upper.lookup(name);
    if (above) {
      for (const e of above.entries()) above.unlink(e.name);
      upper.rmdir(name);
    }
    this.hide(name);
  }

  override rename(name: string, to: Inode, toName: string, exchange: boolean): void {
    if (!(to instanceof OverlayInode) || to.fs !== this.fs) return fail(E.XDEV);
    if (exchange) return fail(E.INVAL);
    const moved = this.child(name) ?? fail(E.NOENT);
    // A merged directory cannot be moved without all that is below it; mv then copies.
    if (moved.type === S.IFDIR && moved.lowers.length > 0) fail(E.XDEV);
    for (let d: OverlayInode | null = to; d; d = d.parent) if (d === moved) fail(E.INVAL);
    const old = to.child(toName);
    if (old === moved) return;
    if (old && (old.type === S.IFDIR) !== (moved.type === S.IFDIR)) fail(old.type === S.IFDIR ? E.ISDIR : E.NOTDIR);
    moved.up();
    const from = this.up(), into = to.up();
    if (old?.type === S.IFDIR) to.rmdir(toName);
    const hides = to.prepare(toName) || to.below(toName).length > 0;
    from.rename(name, into, toName, false);
    this.hide(name);
    moved.parent = to;
    moved.name = toName;
    to.children.keep(toName, moved);
    if (hides && moved.type === S.IFDIR) markOpaque(moved.upper!);
  }
}

function markOpaque(dir: Inode): void {
  if (!dir.lookup(OPAQUE)) dir.create(OPAQUE, S.IFREG | 0o600, 0, NOBODY);
}

/** As far as the upper layer has any. */
function keepExtended(i: Inode, from: Inode): void {
  const old = from.extended(false), list = old && i.extended(true);
  if (list) for (const name of old.keys()) list.set(name, old.get(name)!);
}

/** Only root may give files away: without that they belong to whoever copies them. */
function keepOwner(i: Inode, a: Attributes): void {
  try {
    i.change({ uid: a.uid, gid: a.gid });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}
