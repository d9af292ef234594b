import { anonymousAttributes, File, O } from "./file.js";
import { type Attributes, S } from "./inode.js";

/** What sockets of all families show of themselves: `socket:[number]`, as in /proc/self/fd. */
export abstract class SocketFile extends File {
  constructor(
    flags: number,
    private readonly number: number,
  ) {
    super(O.RDWR | flags);
  }

  get path(): string {
    return `socket:[${this.number}]`;
  }

  override get ino(): number {
    return this.number;
  }

  override get dev(): number {
    return 8;
  }

  attributes(): Attributes {
    return anonymousAttributes(S.IFSOCK | 0o777);
  }
}
