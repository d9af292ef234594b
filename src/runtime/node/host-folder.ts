import * as fs from "node:fs";
import type { TimeSpec } from "../linux/contract.js";
import { E, Errno, fail } from "../linux/errno.js";
import { type Attributes, type Changes, type Content, type Entry, type FileSystemInfo, goingOn, Inode, type Maker, S } from "../linux/fs/inode.js";
import { type DirectoryHandles, directoryHandles, type HostDirectory, keyOf, latin1Path as bytes } from "./directory-handles.js";
import { attributesOf, host, HostContent, NamelessContent, withoutName } from "./host-content.js";
import { SpecialFiles, SpecialInode } from "./special-files.js";

/**
 * A folder of the host as a file system. Paths are kept as strings with one char a byte, since names need not be UTF-8. No symlink is ever followed
 * by the host: the guest's walk takes one step at a time, each from a handle on the very directory (directory-handles.ts).
 */

const seconds = (t: TimeSpec): number => t.sec + t.nsec / 1e9;

const PROC_MAGIC = 0x9fa0;
const O_PATH = 0o10000000;
/** Names of our own, which the guest does not see. */
const SPARE = `.lift86-spare-${process.pid}-`;
const isSpare = (name: string): boolean => name.startsWith(SPARE);

/** What the system call that is going on was told of files, as long as it has not changed anything. Arrays: a Map that is cleared at each call takes a new table each time. */
class Known {
  private call = 0;
  private readonly inodes: Inode[] = [];
  private readonly stats: fs.BigIntStats[] = [];

  of(i: Inode): fs.BigIntStats | undefined {
    return this.call === goingOn.call ? this.stats[this.inodes.indexOf(i)] : undefined;
  }

  learn(i: Inode, s: fs.BigIntStats): void {
    if (goingOn.call === 0) return;
    if (this.call !== goingOn.call || this.inodes.length === MOST_KNOWN) this.forget();
    this.call = goingOn.call;
    this.inodes.push(i);
    this.stats.push(s);
  }

  forget(): void {
    this.inodes.length = this.stats.length = 0;
  }
}

/** As many as the steps of most paths. */
const MOST_KNOWN = 16;

export class HostFolder implements FileSystemInfo {
  readonly dev: number;
  readonly magic = 0xef53;
  readonly root: HostInode;
  readonly handles: DirectoryHandles;
  readonly known = new Known();
  /** Identities in use, by their file's key: whoever has one keeps it, and without anyone its entry goes. */
  private readonly identities = new Map<string, WeakRef<object>>();
  private readonly forgotten = new FinalizationRegistry((key: string) => {
    if (this.identities.get(key)?.deref() === undefined) this.identities.delete(key);
  });
  /** FIFOs, sockets and device nodes of the guest's. */
  readonly specials = new SpecialFiles(this);
  private nextSpare = 0;

  constructor(folder: string, readonly readOnly = false) {
    const real = fs.realpathSync.native(folder);
    const path = Buffer.from(real, "utf8").toString("latin1");
    const s = fs.lstatSync(bytes(path), { bigint: true });
    this.dev = Number(s.dev);
    this.handles = directoryHandles(path);
    this.root = new HostInode(this, null, "", s);
  }

  /** One object for all inodes of a file, as long as one of them has it. */
  identity(key: string): object {
    const known = this.identities.get(key)?.deref();
    if (known) return known;
    const o = {};
    this.identities.set(key, new WeakRef(o));
    this.forgotten.register(o, key);
    return o;
  }

  /** How many files have an identity now. */
  get identified(): number {
    return this.identities.size;
  }

  /** A name for a moment, or for a file that has none. */
  spareName(): string {
    return `${SPARE}${this.nextSpare++}`;
  }

  space(): { total: number; free: number } {
    const s = fs.statfsSync(bytes(this.handles.path(this.root)));
    return { total: s.blocks * s.bsize, free: s.bavail * s.bsize };
  }
}

class HostInode extends Inode implements HostDirectory {
  readonly ino: number;
  readonly key: string;
  private readonly dev: bigint;
  /** Bits of its mode that do not change. */
  private readonly kind: number;
  /** Once asked for. */
  private same: object | null = null;

  constructor(
    readonly fs: HostFolder,
    readonly parent: HostInode | null,
    readonly name: string,
    stats: fs.BigIntStats,
  ) {
    super();
    this.dev = stats.dev;
    this.ino = Number(stats.ino);
    this.key = keyOf(stats);
    this.kind = Number(stats.mode) & S.IFMT;
  }

  override get identity(): object {
    return (this.same ??= this.fs.identity(this.key));
  }

  override get type(): number {
    return this.kind;
  }

  /** The host's path of this directory. */
  private directory(): string {
    if (this.kind !== S.IFDIR) fail(E.NOTDIR);
    return this.fs.handles.path(this);
  }

  /** The host's path of this inode, whose last step must not be followed where it is no directory. */
  private at(): Buffer {
    this.fs.handles.begin();
    return bytes(this.kind === S.IFDIR ? this.directory() : `${this.parent!.directory()}/${this.name}`);
  }

  private child(name: string): string {
    // Names come from the walk, which has split at slashes; these would leave the folder.
    if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) fail(E.INVAL);
    return `${this.directory()}/${name}`;
  }

  attributes(): Attributes {
    return attributesOf(this.stats());
  }

  private stats(): fs.BigIntStats {
    const known = this.fs.known.of(this);
    if (known) return known;
    const at = this.at();
    const s = host(() => (this.kind === S.IFDIR ? fs.statSync(at, { bigint: true }) : fs.lstatSync(at, { bigint: true })));
    this.fs.known.learn(this, s);
    return s;
  }

  /** The beginning of a call that changes something: what is known of files may not hold any more. */
  private changes(): void {
    this.fs.known.forget();
    this.fs.handles.begin();
  }

  /** Do something with a name of the host's that leads to this inode and nothing else, though the call follows symlinks. */
  private pinned(call: (path: Buffer) => void): void {
    const at = this.at();
    host(() => {
      if (this.kind === S.IFDIR || process.platform !== "linux") return call(at);
      const fd = fs.openSync(at, O_PATH | fs.constants.O_NOFOLLOW);
      try {
        if (keyOf(fs.fstatSync(fd, { bigint: true })) !== this.key) fail(E.NOENT);
        call(bytes(`/proc/self/fd/${fd}`));
      } finally {
        fs.closeSync(fd);
      }
    });
  }

  override change(c: Changes): void {
    this.changes();
    if (c.size !== undefined) {
      const content = this.open(true);
      try {
        content.truncate(c.size);
      } finally {
        content.close();
      }
    }
    const follow = this.kind === S.IFDIR;
    if (c.uid !== undefined || c.gid !== undefined) {
      const at = this.at();
      host(() => (follow ? fs.chownSync : fs.lchownSync)(at, c.uid ?? -1, c.gid ?? -1));
    }
    if (c.mode !== undefined) {
      const { mode } = c;
      if (this.kind === S.IFLNK) fail(E.OPNOTSUPP);
      this.pinned((path) => fs.chmodSync(path, mode & 0o7777));
    }
    if (c.atime || c.mtime) {
      const a = this.attributes();
      const at = this.at();
      host(() => (follow ? fs.utimesSync : fs.lutimesSync)(at, seconds(c.atime ?? a.atime), seconds(c.mtime ?? a.mtime)));
      this.changes();
    }
  }

  override lookup(name: string): Inode | null {
    if (isSpare(name)) return null;
    this.fs.handles.begin();
    const path = bytes(this.child(name));
    const s = host(() => fs.lstatSync(path, { bigint: true, throwIfNoEntry: false }));
    if (!s) return this.fs.specials.get(this.key, name) ?? null;
    // Another procfs than the guest's would lead to the memory and descriptors of this process.
    if (s.dev !== this.dev && host(() => fs.statfsSync(path)).type === PROC_MAGIC) fail(E.ACCES);
    const found = new HostInode(this.fs, this, name, s);
    this.fs.known.learn(found, s);
    return found;
  }

  override entries(): Entry[] {
    this.fs.handles.begin();
    const base = this.directory();
    const names = host(() => fs.readdirSync(bytes(base), { encoding: "buffer" })).map((n) => n.toString("latin1"));
    const list: Entry[] = [];
    for (const name of names) {
      if (isSpare(name)) continue;
      const s = fs.lstatSync(bytes(`${base}/${name}`), { bigint: true, throwIfNoEntry: false });
      if (s) list.push({ name, ino: Number(s.ino), type: Number(s.mode) & S.IFMT });
    }
    for (const [name, i] of this.fs.specials.in(this.key)) list.push({ name, ino: i.ino, type: i.type });
    return list;
  }

  override create(name: string, mode: number, rdev: number, owner: Maker): Inode {
    if ((mode & S.IFMT) === S.IFREG) {
      const { inode, content } = this.createOpen(name, mode, owner);
      content.close();
      return inode;
    }
    this.changes();
    this.child(name);
    return this.fs.specials.make(this.key, name, mode, rdev, owner);
  }

  override createOpen(name: string, mode: number, owner: Maker): { inode: HostInode; content: HostContent } {
    this.changes();
    const path = this.child(name);
    return host(() => {
      const c = fs.constants;
      const fd = fs.openSync(bytes(path), c.O_RDWR | c.O_CREAT | c.O_EXCL | c.O_NOFOLLOW, 0o600);
      try {
        const given = ownerOf(owner, () => fs.fstatSync(fd));
        if (given) fs.fchownSync(fd, given.uid, given.gid);
        // The guest's umask has been applied; the host's must not be.
        fs.fchmodSync(fd, mode & 0o7777);
        const s = fs.fstatSync(fd, { bigint: true });
        const inode = new HostInode(this.fs, this, name, s);
        this.fs.known.learn(inode, s);
        return { inode, content: new HostContent(fd) };
      } catch (e) {
        fs.closeSync(fd);
        throw e;
      }
    });
  }

  override tmpfile(mode: number, owner: Maker, linkable: boolean): Inode {
    const name = this.fs.spareName();
    this.create(name, S.IFREG | 0o600, 0, owner);
    this.fs.handles.begin();
    const made = new NamelessInode(this.fs, this, name, fs.lstatSync(bytes(this.child(name)), { bigint: true }), linkable);
    made.change({ mode });
    return made;
  }

  override mkdir(name: string, mode: number, owner: Maker): void {
    this.changes();
    const path = bytes(this.child(name));
    host(() => fs.mkdirSync(path, 0o700));
    const made = this.lookup(name);
    if (made?.type === S.IFDIR) made.change({ ...ownerOf(owner, () => made.attributes()), mode: mode | (made.attributes().mode & S.ISGID) });
  }

  override symlink(name: string, target: string, owner: Maker): void {
    this.changes();
    const path = this.child(name);
    host(() => fs.symlinkSync(bytes(target), bytes(path)));
    if (belongs(owner)) return;
    const made = this.lookup(name);
    if (made?.type === S.IFLNK) made.change(ownerOf(owner, () => made.attributes()) ?? {});
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof HostInode) || inode.fs !== this.fs) return fail(inode instanceof SpecialInode ? E.PERM : E.XDEV);
    if (inode instanceof NamelessInode && !inode.linkable) fail(E.NOENT);
    this.changes();
    const from = inode.at(), path = this.child(name);
    host(() => fs.linkSync(from, bytes(path)));
  }

  override unlink(name: string): void {
    this.changes();
    const path = this.child(name);
    if (this.fs.specials.remove(this.key, name)) return;
    host(() => fs.unlinkSync(bytes(path)));
  }

  override rmdir(name: string): void {
    this.changes();
    const path = bytes(this.child(name));
    const s = host(() => fs.lstatSync(path, { bigint: true }));
    for (const special of this.fs.specials.in(keyOf(s))) if (special) fail(E.NOTEMPTY);
    host(() => fs.rmdirSync(path));
    this.fs.handles.removed(keyOf(s));
  }

  override rename(name: string, to: Inode, toName: string, exchange: boolean): void {
    if (!(to instanceof HostInode) || to.fs !== this.fs) return fail(E.XDEV);
    this.changes();
    const from = bytes(this.child(name)), target = bytes(to.child(toName));
    const special = this.fs.specials.get(this.key, name);
    if (special && !exchange) {
      if (fs.lstatSync(target, { throwIfNoEntry: false })) to.unlink(toName);
      this.fs.specials.remove(this.key, name);
      this.fs.specials.add(to.key, toName, special);
      return;
    }
    const s = host(() => fs.lstatSync(from, { bigint: true }));
    if (exchange) {
      const other = host(() => fs.lstatSync(target, { bigint: true }));
      this.exchange(from, target);
      if (other.isDirectory()) this.fs.handles.moved(keyOf(other), this, name);
    } else {
      host(() => fs.renameSync(from, target));
      this.fs.specials.remove(to.key, toName);
    }
    if (s.isDirectory()) this.fs.handles.moved(keyOf(s), to, toName);
  }

  /** The host has no call that swaps two names; a third name stands in, and nothing of the guest's runs meanwhile. */
  private exchange(a: Buffer, b: Buffer): void {
    const spare = bytes(`${this.directory()}/${this.fs.spareName()}`);
    host(() => {
      fs.renameSync(a, spare);
      fs.renameSync(b, a);
      fs.renameSync(spare, b);
    });
  }

  override sync(): void {
    // Windows opens no directories.
    if (this.kind !== S.IFDIR || this.fs.readOnly || process.platform === "win32") return;
    const fd = host(() => fs.openSync(this.at(), fs.constants.O_RDONLY | fs.constants.O_DIRECTORY));
    try {
      host(() => fs.fsyncSync(fd));
    } finally {
      fs.closeSync(fd);
    }
  }

  override readlink(): string {
    const at = this.at();
    return host(() => fs.readlinkSync(at, { encoding: "buffer" })).toString("latin1");
  }

  override open(write: boolean): Content {
    return new HostContent(this.openFile(write));
  }

  /** A descriptor of the host's. */
  protected openFile(write: boolean): number {
    const c = fs.constants;
    const at = this.at();
    // O_NONBLOCK: should the host have put a FIFO there meanwhile, this does not hang.
    const fd = host(() => fs.openSync(at, (write ? c.O_RDWR : c.O_RDONLY) | c.O_NOFOLLOW | c.O_NONBLOCK));
    const s = fs.fstatSync(fd, { bigint: true });
    if (keyOf(s) !== this.key || !s.isFile()) {
      fs.closeSync(fd);
      fail(E.NOENT);
    }
    return fd;
  }
}

/** Whether what this process makes is a guest's user's. Only the host's root can give files away: to others all files that the guest makes belong. */
const belongs = (user: Maker): boolean =>
  process.geteuid?.() !== 0 || (user.fsuid === 0 && user.fsgid === process.getegid!());

/** To whom what a guest's user made has to be given; null: it is his. A group that was not this process' own came from the directory. */
function ownerOf(user: Maker, made: () => { readonly uid: number; readonly gid: number }): { uid: number; gid: number } | null {
  if (belongs(user)) return null;
  const { gid } = made();
  return { uid: user.fsuid, gid: gid === process.getegid!() ? user.fsgid : gid };
}

/**
 * A file of O_TMPFILE. Node has no linkat(2) that could give a nameless file a name, so it has one that the guest does not see until it is closed.
 */
class NamelessInode extends HostInode {
  private opened = 0;

  constructor(fs: HostFolder, parent: HostInode, name: string, stats: fs.BigIntStats, readonly linkable: boolean) {
    super(fs, parent, name, stats);
  }

  override attributes(): Attributes {
    return withoutName(super.attributes());
  }

  override open(write: boolean): Content {
    const content = new NamelessContent(this.openFile(write), () => this.closed());
    this.opened++;
    return content;
  }

  private closed(): void {
    if (--this.opened > 0) return;
    try {
      this.parent!.unlink(this.name);
    } catch (e) {
      // Its directory is gone from the folder.
      if (!(e instanceof Errno)) throw e;
    }
  }
}
