import * as fs from "node:fs";
import type { Credentials, TimeSpec } from "../linux/contract.js";
import { E, Errno, fail } from "../linux/errno.js";
import { type Attributes, type Changes, type Content, type Entry, type FileSystemInfo, Inode, S } from "../linux/fs/inode.js";

/**
 * A folder of the host as a file system. Paths are kept as strings with one char a byte, since names need not be UTF-8. No symlink is ever followed
 * by the host: the guest's walk takes one step at a time from directories it has just seen, and directories remembered from before a rename or
 * symlink of the guest's are checked again (`checked`).
 */

const bytes = (path: string): Buffer => Buffer.from(path, "latin1");

/** Run a call of the host's; its errors become the guest's. */
function host<T>(call: () => T): T {
  try {
    return call();
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException;
    const number = code === undefined ? undefined : (E as Readonly<Record<string, number>>)[code.slice(1)];
    if (e instanceof Errno) throw e;
    if (code === undefined) throw e;
    return fail(number ?? E.IO);
  }
}

const spec = (ns: bigint): TimeSpec => ({ sec: Number(ns / 1_000_000_000n), nsec: Number(ns % 1_000_000_000n) });
const seconds = (t: TimeSpec): number => t.sec + t.nsec / 1e9;

function attributesOf(s: fs.BigIntStats): Attributes {
  return {
    mode: Number(s.mode), uid: Number(s.uid), gid: Number(s.gid), nlink: Number(s.nlink), size: Number(s.size), blocks: Number(s.blocks),
    rdev: Number(s.rdev), atime: spec(s.atimeNs), mtime: spec(s.mtimeNs), ctime: spec(s.ctimeNs),
  };
}

export class HostFolder implements FileSystemInfo {
  readonly dev: number;
  readonly magic = 0xef53;
  readonly root: HostInode;
  /** Changes of the tree that could make a remembered path lead elsewhere. */
  generation = 0;
  private readonly identities = new Map<bigint, object>();
  /** FIFOs and sockets, which live as long as the run: the host has no call for them. */
  readonly specials = new Map<string, SpecialInode>();
  private nextSpecial = 0x7f000000;

  constructor(folder: string, readonly readOnly = false) {
    const real = fs.realpathSync.native(folder);
    const s = fs.lstatSync(real, { bigint: true });
    this.dev = Number(s.dev);
    const path = Buffer.from(real, "utf8").toString("latin1");
    this.root = new HostInode(this, path === "/" ? "" : path, s);
  }

  identity(ino: bigint): object {
    let o = this.identities.get(ino);
    if (!o) this.identities.set(ino, (o = {}));
    return o;
  }

  special(path: string, mode: number, owner: Credentials): SpecialInode {
    const s = new SpecialInode(this, this.nextSpecial++, mode, owner);
    this.specials.set(path, s);
    return s;
  }

  space(): { total: number; free: number } {
    const s = fs.statfsSync(bytes(this.root.path || "/"));
    return { total: s.blocks * s.bsize, free: s.bavail * s.bsize };
  }
}

class SpecialInode extends Inode {
  private readonly a: Attributes;

  constructor(readonly fs: HostFolder, readonly ino: number, mode: number, owner: Credentials) {
    super();
    const now = Date.now();
    const t = { sec: Math.floor(now / 1000), nsec: (now % 1000) * 1e6 };
    this.a = { mode, uid: owner.fsuid, gid: owner.fsgid, nlink: 1, size: 0, blocks: 0, rdev: 0, atime: t, mtime: t, ctime: t };
  }

  attributes(): Attributes {
    return this.a;
  }

  override change(c: Changes): void {
    if (c.mode !== undefined) this.a.mode = (this.a.mode & S.IFMT) | c.mode;
    if (c.uid !== undefined) this.a.uid = c.uid;
    if (c.gid !== undefined) this.a.gid = c.gid;
  }
}

class HostInode extends Inode {
  readonly ino: number;
  private readonly key: bigint;
  private readonly isDirectory: boolean;
  private seen: number;

  constructor(
    readonly fs: HostFolder,
    /** Absolute, "" for the host's root. */
    readonly path: string,
    stats: fs.BigIntStats,
  ) {
    super();
    this.key = stats.ino;
    this.ino = Number(stats.ino);
    this.isDirectory = stats.isDirectory();
    this.seen = fs.generation;
  }

  override get identity(): object {
    return this.fs.identity(this.key);
  }

  private get at(): Buffer {
    return bytes(this.path || "/");
  }

  /** This directory's path, certain to lead to it without a symlink. */
  private checked(): string {
    if (!this.isDirectory) fail(E.NOTDIR);
    if (this.seen !== this.fs.generation) {
      const real = host(() => fs.realpathSync.native(this.at, "buffer")).toString("latin1");
      if (real !== (this.path || "/") || host(() => fs.lstatSync(this.at, { bigint: true })).ino !== this.key) fail(E.NOENT);
      this.seen = this.fs.generation;
    }
    return this.path;
  }

  private child(name: string): string {
    // Names come from the walk, which has split at slashes; these would leave the folder.
    if (name === "" || name === "." || name === ".." || name.includes("/") || name.includes("\0")) fail(E.INVAL);
    return `${this.checked()}/${name}`;
  }

  attributes(): Attributes {
    return attributesOf(host(() => fs.lstatSync(this.at, { bigint: true })));
  }

  override get type(): number {
    return this.isDirectory ? S.IFDIR : super.type;
  }

  override change(c: Changes): void {
    host(() => {
      if (c.size !== undefined) {
        const fd = fs.openSync(this.at, fs.constants.O_WRONLY | fs.constants.O_NOFOLLOW);
        try {
          fs.ftruncateSync(fd, c.size);
        } finally {
          fs.closeSync(fd);
        }
      }
      if (c.uid !== undefined || c.gid !== undefined) fs.lchownSync(this.at, c.uid ?? -1, c.gid ?? -1);
      if (c.mode !== undefined) fs.chmodSync(this.at, c.mode);
      if (c.atime || c.mtime) {
        const a = this.attributes();
        fs.lutimesSync(this.at, seconds(c.atime ?? a.atime), seconds(c.mtime ?? a.mtime));
      }
    });
  }

  override lookup(name: string): Inode | null {
    const path = this.child(name);
    const s = fs.lstatSync(bytes(path), { bigint: true, throwIfNoEntry: false });
    return s ? new HostInode(this.fs, path, s) : (this.fs.specials.get(path) ?? null);
  }

  override entries(): Entry[] {
    const base = this.checked();
    const names = host(() => fs.readdirSync(bytes(base || "/"), { encoding: "buffer" })).map((n) => n.toString("latin1"));
    const list: Entry[] = [];
    for (const name of names) {
      const s = fs.lstatSync(bytes(`${base}/${name}`), { bigint: true, throwIfNoEntry: false });
      if (s) list.push({ name, ino: Number(s.ino), type: Number(s.mode) & S.IFMT });
    }
    for (const [path, i] of this.fs.specials) {
      if (path.startsWith(`${base}/`) && !path.slice(base.length + 1).includes("/")) list.push({ name: path.slice(base.length + 1), ino: i.ino, type: i.type });
    }
    return list;
  }

  override create(name: string, mode: number, _rdev: number, owner: Credentials): Inode {
    const path = this.child(name);
    if ((mode & S.IFMT) !== S.IFREG) return this.fs.special(path, mode, owner);
    host(() => {
      const c = fs.constants;
      const fd = fs.openSync(bytes(path), c.O_WRONLY | c.O_CREAT | c.O_EXCL | c.O_NOFOLLOW, 0o600);
      try {
        // The guest's umask has been applied; the host's must not be.
        fs.fchmodSync(fd, mode & 0o7777);
      } finally {
        fs.closeSync(fd);
      }
    });
    return this.lookup(name) ?? fail(E.NOENT);
  }

  override mkdir(name: string, mode: number): void {
    const path = bytes(this.child(name));
    host(() => {
      fs.mkdirSync(path, 0o700);
      fs.chmodSync(path, mode & 0o7777);
    });
  }

  override symlink(name: string, target: string): void {
    const path = this.child(name);
    this.fs.generation++;
    host(() => fs.symlinkSync(bytes(target), bytes(path)));
  }

  override link(name: string, inode: Inode): void {
    if (!(inode instanceof HostInode)) return fail(E.PERM);
    const path = this.child(name);
    // The way to the old name was walked just now.
    host(() => fs.linkSync(inode.at, bytes(path)));
  }

  override unlink(name: string): void {
    const path = this.child(name);
    if (this.fs.specials.delete(path)) return;
    host(() => fs.unlinkSync(bytes(path)));
  }

  override rmdir(name: string): void {
    const path = this.child(name);
    for (const p of this.fs.specials.keys()) if (p.startsWith(`${path}/`)) fail(E.NOTEMPTY);
    host(() => fs.rmdirSync(bytes(path)));
  }

  override rename(name: string, to: Inode, toName: string, exchange: boolean): void {
    if (!(to instanceof HostInode)) return fail(E.XDEV);
    const from = this.child(name), target = to.child(toName);
    this.fs.generation++;
    const special = this.fs.specials.get(from);
    if (special && !exchange) {
      if (fs.lstatSync(bytes(target), { throwIfNoEntry: false })) to.unlink(toName);
      this.fs.specials.delete(from);
      this.fs.specials.set(target, special);
      return;
    }
    if (exchange) return this.exchange(from, target);
    this.fs.specials.delete(target);
    host(() => fs.renameSync(bytes(from), bytes(target)));
  }

  /** The host has no call that swaps two names; a third name stands in, and nothing of the guest's runs meanwhile. */
  private exchange(a: string, b: string): void {
    const spare = `${a.slice(0, a.lastIndexOf("/"))}/.lift86-swap-${process.pid}`;
    host(() => {
      fs.renameSync(bytes(a), bytes(spare));
      fs.renameSync(bytes(b), bytes(a));
      fs.renameSync(bytes(spare), bytes(b));
    });
  }

  override readlink(): string {
    return host(() => fs.readlinkSync(this.at, { encoding: "buffer" })).toString("latin1");
  }

  override open(write: boolean): Content {
    const c = fs.constants;
    // O_NONBLOCK: should the host have put a FIFO there meanwhile, this does not hang.
    const fd = host(() => fs.openSync(this.at, (write ? c.O_RDWR : c.O_RDONLY) | c.O_NOFOLLOW | c.O_NONBLOCK));
    const s = fs.fstatSync(fd, { bigint: true });
    if (s.ino !== this.key || !s.isFile()) {
      fs.closeSync(fd);
      fail(E.NOENT);
    }
    return new HostContent(fd);
  }
}

/** An open file of the host's. What is written is with the host at once. */
export class HostContent implements Content {
  constructor(private readonly fd: number) {}

  attributes(): Attributes {
    return attributesOf(host(() => fs.fstatSync(this.fd, { bigint: true })));
  }

  size(): number {
    return host(() => fs.fstatSync(this.fd).size);
  }

  readAt(position: number, into: Uint8Array): number {
    let done = 0;
    while (done < into.length) {
      const n = host(() => fs.readSync(this.fd, into, done, into.length - done, position + done));
      if (n === 0) break;
      done += n;
    }
    return done;
  }

  writeAt(position: number, from: Uint8Array): number {
    let done = 0;
    while (done < from.length) done += host(() => fs.writeSync(this.fd, from, done, from.length - done, position + done));
    return done;
  }

  truncate(size: number): void {
    host(() => fs.ftruncateSync(this.fd, size));
  }

  sync(): void {
    host(() => fs.fsyncSync(this.fd));
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}
