import { type Attributes, type Changes, type FileSystemInfo, Inode, type Maker, S } from "../linux/fs/inode.js";

/** FIFOs, sockets and device nodes of a host folder, by the key of their directory. They live as long as the run: the host has no call for them, or root's only. */
export class SpecialFiles {
  private readonly directories = new Map<string, Map<string, SpecialInode>>();
  private next = 0x7f000000;

  constructor(private readonly fs: FileSystemInfo) {}

  get(dir: string, name: string): SpecialInode | undefined {
    return this.directories.get(dir)?.get(name);
  }

  /** Names and files of a directory. */
  in(dir: string): Iterable<[string, SpecialInode]> {
    return this.directories.get(dir) ?? [];
  }

  add(dir: string, name: string, inode: SpecialInode): void {
    const list = this.directories.get(dir);
    if (list) list.set(name, inode);
    else this.directories.set(dir, new Map([[name, inode]]));
  }

  make(dir: string, name: string, mode: number, rdev: number, owner: Maker): SpecialInode {
    const s = new SpecialInode(this.fs, this.next++, mode, rdev, owner);
    this.add(dir, name, s);
    return s;
  }

  /** Whether there was one. */
  remove(dir: string, name: string): boolean {
    const list = this.directories.get(dir);
    if (!list?.delete(name)) return false;
    if (list.size === 0) this.directories.delete(dir);
    return true;
  }
}

export class SpecialInode extends Inode {
  private readonly a: Attributes;

  constructor(readonly fs: FileSystemInfo, readonly ino: number, mode: number, rdev: number, owner: Maker) {
    super();
    const now = Date.now();
    const t = { sec: Math.floor(now / 1000), nsec: (now % 1000) * 1e6 };
    this.a = { mode, uid: owner.fsuid, gid: owner.fsgid, nlink: 1, size: 0, blocks: 0, rdev, atime: t, mtime: t, ctime: t };
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
