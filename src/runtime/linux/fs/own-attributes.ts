import { anonymousAttributes } from "./file.js";
import { type Attributes, type Changes, S } from "./inode.js";

/** Attributes of what is in no directory, a pipe, a socket, an eventfd: its mode and owner can be changed like any file's, and mean nothing. */
export class OwnAttributes {
  private now: Attributes;

  constructor(mode: number) {
    this.now = anonymousAttributes(mode);
  }

  get(): Attributes {
    return this.now;
  }

  change(c: Changes): void {
    const { mode, atime, mtime, uid, gid } = { ...this.now, ...c };
    this.now = { ...this.now, mode: (this.now.mode & S.IFMT) | (mode & 0o7777), uid, gid, atime, mtime };
  }
}
