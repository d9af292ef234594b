import { Cap, capable } from "../capabilities.js";
import type { Credentials, Thread } from "../contract.js";
import { E, Errno, fail } from "../errno.js";
import { copyFrom, copyTo, fromLatin1, getString } from "../user.js";
import { PathFile } from "./disk-files.js";
import { type Inode, permits, S } from "./inode.js";
import { AT_FDCWD, filesOf, vfsOf } from "./vfs.js";

/** System calls on extended attributes (Linux fs/xattr.c). Which file systems have them: see `Inode.extended`. */

const CREATE = 1, REPLACE = 2;
const MOST_NAME = 255, MOST_VALUE = 65536, MOST_LIST = 65536;

/** What a call is about: an inode; null: a file that has none, such as a pipe. */
type Find = (t: Thread, which: number) => Inode | null;

const named = (follow: boolean): Find => (t, at) => vfsOf(t).find(t.process, AT_FDCWD, getString(t.memory, at), follow).inode;

const open: Find = (t, fd) => {
  const f = filesOf(t).get(fd);
  if (f instanceof PathFile) fail(E.BADF);
  return f.place?.inode ?? null;
};

export const byPath = named(true), byLink = named(false), byDescriptor = open;

function attributeName(t: Thread, at: number): string {
  const name = getString(t.memory, at, MOST_NAME + 1, E.RANGE);
  return name === "" ? fail(E.RANGE) : name;
}

const isAdmin = (cred: Credentials): boolean => capable(cred, Cap.SYS_ADMIN);

/** Who may do that with an attribute of this name. EPERM, EACCES, ENODATA, EROFS, EOPNOTSUPP, EINVAL. */
function check(inode: Inode | null, name: string, cred: Credentials, write: boolean): void {
  if (write && inode?.fs.readOnly) fail(E.ROFS);
  const refuse = (): never => fail(write ? E.PERM : E.NODATA);
  const a = inode?.attributes();
  if (name.startsWith("trusted.")) {
    if (!isAdmin(cred)) refuse();
  } else if (name.startsWith("user.")) {
    // Only what has no other meaning of "to write" can have attributes of users'.
    const type = (a?.mode ?? 0) & S.IFMT;
    if (type !== S.IFREG && type !== S.IFDIR) refuse();
    if (write && type === S.IFDIR && a!.mode & S.ISVTX && cred.fsuid !== a!.uid && !isAdmin(cred)) fail(E.PERM);
    if (!permits(a!, cred, write ? 2 : 4)) fail(E.ACCES);
  } else if (name.startsWith("security.")) {
    if (write && !isAdmin(cred)) fail(E.PERM);
  } else {
    fail(E.OPNOTSUPP);
  }
  if (name.endsWith(".") && name.indexOf(".") === name.length - 1) fail(inode?.extended(false) ? E.INVAL : E.OPNOTSUPP);
}

export const setxattr = (find: Find) => (t: Thread, which: number, nameAt: number, valueAt: number, size: number, flags: number): number => {
  if (flags & ~(CREATE | REPLACE)) fail(E.INVAL);
  const name = attributeName(t, nameAt);
  if (size >>> 0 > MOST_VALUE) fail(E["2BIG"]);
  const value = copyFrom(t.memory, valueAt, size);
  const inode = find(t, which);
  check(inode, name, t.cred, true);
  const list = inode?.extended(true) ?? fail(E.OPNOTSUPP);
  if (flags & CREATE && list.has(name)) fail(E.EXIST);
  if (flags & REPLACE && !list.has(name)) fail(E.NODATA);
  list.set(name, value);
  inode!.change({});
  return 0;
};

export const getxattr = (find: Find) => (t: Thread, which: number, nameAt: number, at: number, size: number): number => {
  const name = attributeName(t, nameAt);
  const inode = find(t, which);
  check(inode, name, t.cred, false);
  const list = inode?.extended(false) ?? fail(E.OPNOTSUPP);
  return give(t, list.get(name) ?? fail(E.NODATA), at, size);
};

export const listxattr = (find: Find) => (t: Thread, which: number, at: number, size: number): number => {
  const admin = isAdmin(t.cred);
  const names = [...(find(t, which)?.extended(false)?.keys() ?? [])].filter((n) => admin || !n.startsWith("trusted."));
  const text = names.map((n) => `${n}\0`).join("");
  if (text.length > MOST_LIST) fail(E["2BIG"]);
  return give(t, fromLatin1(text), at, size);
};

export const removexattr = (find: Find) => (t: Thread, which: number, nameAt: number): number => {
  const name = attributeName(t, nameAt);
  const inode = find(t, which);
  check(inode, name, t.cred, true);
  const list = inode?.extended(true) ?? fail(E.OPNOTSUPP);
  if (!list.has(name)) fail(E.NODATA);
  list.delete(name);
  inode!.change({});
  return 0;
};

/** A result of unknown length: size 0 asks for that alone. */
function give(t: Thread, bytes: Uint8Array, at: number, size: number): number {
  if (size === 0) return bytes.length;
  if (bytes.length > size >>> 0) throw new Errno(E.RANGE);
  if (bytes.length > 0) copyTo(t.memory, at, bytes);
  return bytes.length;
}
