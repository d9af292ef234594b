import type { Thread } from "../contract.js";
import { E } from "../errno.js";
import { File, O } from "./file.js";
import { type Attributes, type Changes, S } from "./inode.js";
import { interfaceIoctl } from "./interface-calls.js";
import { OwnAttributes } from "./own-attributes.js";

/** What sockets of all families show of themselves: `socket:[number]`, as in /proc/self/fd. */
export abstract class SocketFile extends File {
  private readonly own = new OwnAttributes(S.IFSOCK | 0o777);

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

  /** What kinds of sockets have in common; theirs come first. */
  override ioctl(request: number, arg: number, t: Thread): number {
    return interfaceIoctl(t, request, arg) ?? -E.NOTTY;
  }

  attributes(): Attributes {
    return this.own.get();
  }

  override change(c: Changes): void {
    this.own.change(c);
  }
}
