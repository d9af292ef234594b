import * as fs from "node:fs";
import type { TimeSpec } from "../linux/contract.js";
import { E, Errno, fail } from "../linux/errno.js";
import type { Attributes, Content } from "../linux/fs/inode.js";

/** Calls of the host's as the guest's file systems make them, and files that are open there. */

/** Run a call of the host's; its errors become the guest's. */
export function host<T>(call: () => T): T {
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

export function attributesOf(s: fs.BigIntStats): Attributes {
  return {
    mode: Number(s.mode), uid: Number(s.uid), gid: Number(s.gid), nlink: Number(s.nlink), size: Number(s.size), blocks: Number(s.blocks),
    rdev: Number(s.rdev), atime: spec(s.atimeNs), mtime: spec(s.mtimeNs), ctime: spec(s.ctimeNs),
  };
}

/** Of a file that has a name of the host's only, which the guest does not see. */
export const withoutName = (a: Attributes): Attributes => ({ ...a, nlink: a.nlink - 1 });

/** Nanoseconds, above the steps of file systems' times. */
const RECENT = 50_000_000n;
/** Milliseconds until a file that was changed just now is looked at again for changes by the host's own processes, which may leave no trace. */
const AGAIN = 50;

/** An open file of the host's. What is written is with the host at once. */
export class HostContent implements Content {
  /** By guests, to any file. */
  private static writes = 0;

  constructor(private readonly fd: number) {}

  attributes(): Attributes {
    return attributesOf(host(() => fs.fstatSync(this.fd, { bigint: true })));
  }

  size(): number {
    return host(() => fs.fstatSync(this.fd).size);
  }

  stamp(own: number): string {
    const s = host(() => fs.fstatSync(this.fd, { bigint: true })), now = Date.now();
    // Times have steps: what changes within one leaves no trace.
    if (BigInt(now) * 1_000_000n - s.ctimeNs < RECENT) return `${HostContent.writes - own} ${Math.floor(now / AGAIN)}`;
    return `${s.ctimeNs}:${s.size}`;
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
    HostContent.writes++;
    while (done < from.length) done += host(() => fs.writeSync(this.fd, from, done, from.length - done, position + done));
    return done;
  }

  truncate(size: number): void {
    HostContent.writes++;
    host(() => fs.ftruncateSync(this.fd, size));
  }

  sync(data: boolean): void {
    host(() => (data ? fs.fdatasyncSync : fs.fsyncSync)(this.fd));
  }

  close(): void {
    fs.closeSync(this.fd);
  }
}

/** A file of O_TMPFILE. */
export class NamelessContent extends HostContent {
  constructor(fd: number, private readonly closed: () => void) {
    super(fd);
  }

  override attributes(): Attributes {
    return withoutName(super.attributes());
  }

  override close(): void {
    super.close();
    this.closed();
  }
}
