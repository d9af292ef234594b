import { ROOTS } from "../capabilities.js";
import type { Kernel, Process, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import type { FdTable } from "./fd-table.js";
import type { File } from "./file.js";
import type { Inode } from "./inode.js";
import { OpenedInode } from "./opened-inode.js";
import { netDirectory } from "./proc-net.js";
import { MagicInode, ProcessDirectory, SyntheticDirectory, SyntheticFile, type SyntheticFs, syntheticFs } from "./synthetic.js";
import type { Context, Vfs } from "./vfs.js";
import { pathFrom, Place } from "./walk.js";

/** /proc/PID and /proc/PID/task/TID. */

/** Inodes of one directory, by what they are; those of descriptors and texts are numbered from there. */
const enum Ino { EACH = 0x100000, MOUNTS = 10, MOUNT_INFO, EXE, CWD, ROOT, TASK, NS, NAMESPACE = 100, TEXT = 200, FD = 0x10000, FD_INFO = 0x30000, THREAD = 0x80000 }

/** Every process is in the first namespaces, numbered as Linux numbers those (include/linux/proc_ns.h). */
const NAMESPACES: readonly (readonly [name: string, type: string, ino: number])[] = [
  ["cgroup", "cgroup", 0xeffffffb], ["ipc", "ipc", 0xefffffff], ["mnt", "mnt", 0xeffffff8], ["net", "net", 0xeffffff9], ["pid", "pid", 0xeffffffc],
  ["pid_for_children", "pid", 0xeffffffc], ["time", "time", 0xeffffffa], ["time_for_children", "time", 0xeffffffa], ["user", "user", 0xeffffffd], ["uts", "uts", 0xeffffffe],
];
const NSFS = 0x6e736673;

const ANYONE = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], caps: ROOTS };

/** What makes /proc/PID. */
export function processDirectories(kernel: Kernel, fs: SyntheticFs, vfs: () => Vfs): (p: Process) => Inode {
  const namespaces = syntheticFs(4, NSFS, kernel.realtime());
  const netFiles = netDirectory(kernel, fs, () => vfs().network);
  const root = (): Place => vfs().mounts.root;
  const resolve = (path: string): Place => vfs().mounts.walk(root(), path, ANYONE, true).place ?? fail(E.NOENT);
  /** A path as who reads it sees it. */
  const seen = (path: string, place: () => Place): string => {
    const context = kernel.current?.fs as Context | undefined;
    return context?.root.parent ? (pathFrom(context.root, place()) ?? path) : path;
  };
  /** With a note if another file, or none, has the name now. */
  const named = (place: Place, path: string): string => {
    if (!place.parent || path.endsWith(" (deleted)")) return path;
    let now: Place | null = null;
    try {
      now = vfs().mounts.child(place.parent, place.name);
    } catch {
      // Its directory is gone, too.
    }
    return now?.inode.identity === place.inode.identity ? path : `${path} (deleted)`;
  };
  const fdPlace = (f: File): Place => f.place ?? new Place(root(), f.path, new OpenedInode(f));

  /** A directory with an entry for each descriptor. */
  const descriptors = (p: Process, ino: number, mode: number, owner: Owner, make: (fd: number, f: File) => Inode): Inode => {
    const files = (): FdTable => (p.files as FdTable | null) ?? fail(E.SRCH);
    return new SyntheticDirectory(fs, ino, (name) => (/^\d{1,6}$/.test(name) && files().has(+name) ? make(+name, files().get(+name)) : null),
      () => [...files().descriptors()].map(([fd]) => String(fd)), owner, mode);
  };

  const namespaceDirectory = (base: number, owner: Owner): Inode => new SyntheticDirectory(fs, base + Ino.NS, (name) => {
    const i = NAMESPACES.findIndex(([n]) => n === name);
    if (i < 0) return null;
    const [, type, ino] = NAMESPACES[i]!;
    const there = new SyntheticFile(namespaces, ino, () => fail(E.INVAL));
    return new MagicInode(fs, base + Ino.NAMESPACE + i, () => `${type}:[${ino}]`, () => new Place(root(), `${type}:[${ino}]`, there), owner);
  }, () => NAMESPACES.map(([n]) => n), owner, 0o511);

  /** `of`: the directory of one thread, in `task`. */
  const directory = (p: Process, of: Thread | null): Inode => {
    const base = (of ? of.tid * Ino.EACH + Ino.THREAD : p.pid * Ino.EACH);
    const user = { uid: p.cred.euid, gid: p.cred.egid }, owner = p.dumpable === 1 ? user : { uid: 0, gid: 0 };
    const thread = (): Thread | null => of ?? [...p.threads].find((t) => t.tid === p.pid) ?? [...p.threads][0] ?? null;
    const make: Readonly<Record<string, () => Inode>> = {
      mounts: () => new SyntheticFile(fs, base + Ino.MOUNTS, () => MOUNTS, 0o444, owner),
      mountinfo: () => new SyntheticFile(fs, base + Ino.MOUNT_INFO, () => MOUNT_INFO, 0o444, owner),
      exe: () => new MagicInode(fs, base + Ino.EXE, () => seen(p.exe, () => resolve(p.exe)), () => resolve(p.exe), owner),
      cwd: () => new MagicInode(fs, base + Ino.CWD, () => seen(p.fs.cwd, () => contextOf(p).cwdPlace), () => contextOf(p).cwdPlace, owner),
      root: () => new MagicInode(fs, base + Ino.ROOT, () => seen(contextOf(p).root.path, () => contextOf(p).root), () => contextOf(p).root, owner),
      // A process finds its own descriptors whoever it has become.
      fd: () => descriptors(p, base + Ino.FD, 0o500, p === kernel.current ? user : owner, (fd, f) =>
        new MagicInode(fs, base + Ino.FD + 1 + fd, () => (f.place ? named(f.place, seen(f.path, () => f.place!)) : f.path), () => fdPlace(f), owner, (f.readable ? 0o500 : 0) | (f.writable ? 0o300 : 0))),
      fdinfo: () => descriptors(p, base + Ino.FD_INFO, 0o555, owner, (fd, f) =>
        new SyntheticFile(fs, base + Ino.FD_INFO + 1 + fd, () => f.describe((p.files as FdTable).closesOnExec(fd)), 0o444, owner)),
      net: netFiles,
      ns: () => namespaceDirectory(base, owner),
      task: () => new SyntheticDirectory(fs, base + Ino.TASK, (name) => {
        const t = [...p.threads].find(({ tid }) => String(tid) === name);
        return t ? directory(p, t) : null;
      }, () => [...p.threads].map((t) => String(t.tid)), owner),
    };
    const names = [...p.texts.keys(), ...Object.keys(make).filter((name) => name !== "task" || !of)];
    const find = (name: string): Inode | null => {
      const text = p.texts.get(name);
      if (!text) return names.includes(name) ? make[name]!() : null;
      const { write } = text;
      const take = write && ((s: string): void => write(p, thread(), s, kernel.currentThread ?? fail(E.SRCH)));
      return new SyntheticFile(fs, base + Ino.TEXT + names.indexOf(name), () => text.read(p, thread()), text.mode, owner, take);
    };
    return of ? new SyntheticDirectory(fs, base, find, () => names, owner) : new ProcessDirectory(p, fs, base, find, () => names, owner);
  };

  return (p) => directory(p, null);
}

const contextOf = (p: Process): Context => p.fs as Context;

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

const MOUNTS = "root / ext4 rw,relatime 0 0\nproc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\ndevtmpfs /dev tmpfs rw,nosuid 0 0\n";

/** Number, parent, device, root, place, options - type, source, options. */
const MOUNT_INFO = "1 0 8:1 / / rw,relatime - ext4 root rw\n2 1 0:5 / /proc rw,nosuid,nodev,noexec,relatime - proc proc rw\n3 1 0:6 / /dev rw,nosuid - tmpfs devtmpfs rw\n";
