import { E, fail } from "../errno.js";
import type { File } from "./file.js";
import { type Attributes, type Changes, type Content, type FileSystemInfo, Inode } from "./inode.js";

/** What /proc/self/fd/3 leads to if the open file has no place in the tree: a pipe, a socket. Opening it gives the same open file again. */
export class OpenedInode extends Inode {
  readonly fs: FileSystemInfo;

  constructor(readonly file: File) {
    super();
    this.fs = { dev: file.dev, magic: 0, readOnly: false, space: () => ({ total: 0, free: 0 }) };
  }

  get ino(): number {
    return this.file.ino;
  }

  attributes(): Attributes {
    return this.file.attributes();
  }

  override change(c: Changes): void {
    this.file.change(c);
  }

  override open(): Content {
    return fail(E.NXIO);
  }
}
