import { Cap, capable } from "../capabilities.js";
import type { Credentials, TimeSpec } from "../contract.js";
import { E, fail } from "../errno.js";
import type { PageVersions } from "../page-versions.js";
import type { Seals } from "./seals.js";
import type { ExtendedAttributes } from "./extended-attributes.js";

/** Inodes: what file systems consist of. Names are guest strings (one char a byte). Methods throw Errno. */

export const enum S {
  IFMT = 0o170000, IFSOCK = 0o140000, IFLNK = 0o120000, IFREG = 0o100000, IFBLK = 0o060000, IFDIR = 0o040000, IFCHR = 0o020000, IFIFO = 0o010000,
  ISUID = 0o4000, ISGID = 0o2000, ISVTX = 0o1000,
}

export interface Attributes {
  mode: number;
  uid: number;
  gid: number;
  nlink: number;
  size: number;
  /** 512-byte blocks. */
  blocks: number;
  rdev: number;
  atime: TimeSpec;
  mtime: TimeSpec;
  ctime: TimeSpec;
}

/** Attributes to set. */
export type Changes = Partial<Pick<Attributes, "mode" | "uid" | "gid" | "size" | "atime" | "mtime">>;

export interface Entry {
  readonly name: string;
  readonly ino: number;
  /** Type bits of its mode. */
  readonly type: number;
}

/** Content of a regular file while it is open. */
export interface Content {
  size(): number;
  readAt(position: number, into: Uint8Array): number;
  writeAt(position: number, from: Uint8Array): number;
  truncate(size: number): void;
  /** What was written is to last; `data`: that and no more of its attributes than finding it takes. */
  sync(data: boolean): void;
  close(): void;
  /** Attributes of the open file, should its name be gone. */
  attributes?(): Attributes;
  /** What may not be done to it; left out: it cannot be sealed. */
  readonly seals?: Seals;
  /** As long as it is the same, the content is, but for `own` writes by whoever asks; null: nothing is known. */
  stamp?(own: number): string | null;
  /** When its pages were written, if nobody else's processes write to it. */
  versions?(): PageVersions;
}

/** A mounted file system, for statfs and read-only checks. */
export interface FileSystemInfo {
  readonly dev: number;
  /** Linux's magic number of the type. */
  readonly magic: number;
  readonly readOnly: boolean;
  /** Bytes in all and free. */
  space(): { total: number; free: number };
}

/** Who makes a file, which will be his. */
export type Maker = Omit<Credentials, "caps">;

const no = (errno: number): never => fail(errno);

/**
 * Which system call of a guest's is going on; 0: none. What a call asks twice of a file need be asked of the host once, so file systems may keep what
 * they know until the call is another one, or has changed something itself. A moment later the host's other processes may have changed it.
 */
export const goingOn = { call: 0 };

export abstract class Inode {
  abstract readonly fs: FileSystemInfo;
  abstract readonly ino: number;
  abstract attributes(): Attributes;

  /** Equal for the same file, however often it was looked up; locks and sockets are found by it. */
  get identity(): object {
    return this;
  }

  /** Type bits. */
  get type(): number {
    return this.attributes().mode & S.IFMT;
  }

  change(_c: Changes): void {
    no(E.PERM);
  }

  /** Its extended attributes; `write`: they will be changed. Null: its file system has none. */
  extended(_write: boolean): ExtendedAttributes | null {
    return null;
  }

  // Directories.

  lookup(_name: string): Inode | null {
    return no(E.NOTDIR);
  }

  entries(): Entry[] {
    return no(E.NOTDIR);
  }

  /** A regular file (or FIFO, socket, device node) of this mode. */
  create(_name: string, _mode: number, _rdev: number, _owner: Maker): Inode {
    return no(E.PERM);
  }

  /** Make a regular file and open it for reading and writing in one; null: `create` and `open` do that here. */
  createOpen(_name: string, _mode: number, _owner: Maker): { readonly inode: Inode; readonly content: Content } | null {
    return null;
  }

  mkdir(_name: string, _mode: number, _owner: Maker): void {
    no(E.PERM);
  }

  symlink(_name: string, _target: string, _owner: Maker): void {
    no(E.PERM);
  }

  /** A regular file without a name (O_TMPFILE), to be opened at once; it goes when it is closed. `linkable`: `link` may give it a name. */
  tmpfile(_mode: number, _owner: Maker, _linkable: boolean): Inode {
    return no(E.OPNOTSUPP);
  }

  link(_name: string, _inode: Inode): void {
    no(E.PERM);
  }

  unlink(_name: string): void {
    no(E.PERM);
  }

  rmdir(_name: string): void {
    no(E.PERM);
  }

  /** Within one file system; what is at the target is replaced. `exchange`: the two swap. */
  rename(_name: string, _to: Inode, _toName: string, _exchange: boolean): void {
    no(E.PERM);
  }

  readlink(): string {
    return no(E.INVAL);
  }

  /** The names of this directory are to last. */
  sync(): void {}

  // Regular files.

  /** O_ACCMODE bits say what for. */
  open(_write: boolean): Content {
    return no(E.INVAL);
  }
}

/** Whether someone may read (4), write (2), execute or search (1). */
export function permits(a: Attributes, cred: Credentials, want: number, effective = true): boolean {
  const uid = effective ? cred.fsuid : cred.uid, gid = effective ? cred.fsgid : cred.gid;
  if (capable(cred, Cap.DAC_OVERRIDE)) return !(want & 1) || (a.mode & S.IFMT) === S.IFDIR || (a.mode & 0o111) !== 0;
  const shift = uid === a.uid ? 6 : gid === a.gid || cred.groups.includes(a.gid) ? 3 : 0;
  return ((a.mode >> shift) & want) === want;
}

export const ZERO_TIME: TimeSpec = { sec: 0, nsec: 0 };
