import type { Process, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import { fromLatin1, latin1 } from "../user.js";
import { type Attributes, type Content, type Entry, type FileSystemInfo, Inode, S } from "./inode.js";
import type { Place } from "./walk.js";

/** Inodes whose content is made when it is asked for: /proc and /dev. */

export interface SyntheticFs extends FileSystemInfo {
  readonly time: TimeSpec;
}

export function syntheticFs(dev: number, magic: number, time: TimeSpec): SyntheticFs {
  return { dev, magic, readOnly: false, time, space: () => ({ total: 0, free: 0 }) };
}

abstract class SyntheticInode extends Inode {
  constructor(
    readonly fs: SyntheticFs,
    readonly ino: number,
    protected readonly mode: number,
    protected readonly owner: { uid: number; gid: number } = { uid: 0, gid: 0 },
    protected readonly rdev = 0,
  ) {
    super();
  }

  attributes(): Attributes {
    const { time } = this.fs;
    return {
      mode: this.mode, uid: this.owner.uid, gid: this.owner.gid, nlink: (this.mode & S.IFMT) === S.IFDIR ? 2 : 1, size: this.length(), blocks: 0,
      rdev: this.rdev, atime: time, mtime: time, ctime: time,
    };
  }

  protected length(): number {
    return 0;
  }
}

/** A directory whose children are computed. */
export class SyntheticDirectory extends SyntheticInode {
  constructor(
    fs: SyntheticFs,
    ino: number,
    private readonly find: (name: string) => Inode | null,
    private readonly list: () => string[],
    owner?: { uid: number; gid: number },
    mode = 0o555,
  ) {
    super(fs, ino, S.IFDIR | mode, owner);
  }

  override lookup(name: string): Inode | null {
    return this.find(name);
  }

  override entries(): Entry[] {
    return this.list().flatMap((name) => {
      const i = this.find(name);
      return i ? [{ name, ino: i.ino, type: i.type }] : [];
    });
  }
}

/** /proc/PID. */
export class ProcessDirectory extends SyntheticDirectory {
  constructor(readonly process: Process, ...rest: ConstructorParameters<typeof SyntheticDirectory>) {
    super(...rest);
  }
}

/** A file with the text that `make` gives when it is first read after its opening; `take` has what each write(2) brings. */
export class SyntheticFile extends SyntheticInode {
  constructor(
    fs: SyntheticFs,
    ino: number,
    private readonly make: () => string | Uint8Array,
    mode = 0o444,
    owner?: { uid: number; gid: number },
    private readonly take?: (text: string) => void,
  ) {
    super(fs, ino, S.IFREG | mode, owner);
  }

  override open(write: boolean): Content {
    if (write && !this.take) fail(E.ACCES);
    let made: Uint8Array | null = null;
    const content = (): Uint8Array => {
      if (made) return made;
      const text = this.make();
      return (made = typeof text === "string" ? fromLatin1(text) : text);
    };
    return {
      size: () => 0,
      readAt: (position, into) => {
        const part = content().subarray(position, position + into.length);
        into.set(part);
        return part.length;
      },
      writeAt: (_position, from) => {
        if (!this.take) fail(E.ACCES);
        this.take!(latin1(from));
        return from.length;
      },
      truncate: () => undefined,
      sync: () => undefined,
      close: () => undefined,
    };
  }
}

export class SyntheticLink extends SyntheticInode {
  constructor(fs: SyntheticFs, ino: number, private readonly target: () => string, owner?: { uid: number; gid: number }, mode = 0o777) {
    super(fs, ino, S.IFLNK | mode, owner);
  }

  override readlink(): string {
    return this.target();
  }
}

/** A link that leads to a place whatever its text says. */
export class MagicInode extends SyntheticLink {
  constructor(fs: SyntheticFs, ino: number, target: () => string, private readonly to: () => Place, owner?: { uid: number; gid: number }, mode = 0o777) {
    super(fs, ino, target, owner, mode);
  }

  jump(): Place {
    return this.to();
  }
}

/** A device node; openers know it by `rdev`. */
export class DeviceInode extends SyntheticInode {
  constructor(fs: SyntheticFs, ino: number, rdev: number, mode = 0o666, owner?: { uid: number; gid: number }) {
    super(fs, ino, S.IFCHR | mode, owner, rdev);
  }

  override change(): void {}
}
