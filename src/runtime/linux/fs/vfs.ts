import { Cap, capable, ROOTS } from "../capabilities.js";
import type { Credentials, FileSystem, FsContext, Kernel, OpenFile, Process, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import type { Result } from "../wait.js";
import { FdTable } from "./fd-table.js";
import { DirectoryFile, PathFile, RegularFile } from "./disk-files.js";
import { type File, O } from "./file.js";
import { Event, happened, happenedIn } from "./file-events.js";
import { type Content, goingOn, Inode, permits, S } from "./inode.js";
import type { MessageQueues } from "./message-queue.js";
import type { Network } from "./network.js";
import { PidFd } from "./pidfd.js";
import { ProcessDirectory } from "./synthetic.js";
import { Pipe, PipeEnd } from "./pipe.js";
import type { Terminal } from "./tty.js";
import { type Mounts, pathFrom, Place, type Target } from "./walk.js";

/** The file system as system calls see it: paths resolved for a process, permissions, opening. */

export const AT_FDCWD = -100, AT_SYMLINK_NOFOLLOW = 0x100, AT_REMOVEDIR = 0x200, AT_SYMLINK_FOLLOW = 0x400, AT_EMPTY_PATH = 0x1000;

/** Current directory, root (chroot(2)) and umask of a process. */
export class Context implements FsContext {
  umask = 0o22;

  constructor(
    public cwdPlace: Place,
    public root: Place,
  ) {}

  get cwd(): string {
    return this.cwdPlace.path;
  }

  /** A path as this process sees it, who may have another root. */
  pathOf(place: Place): string {
    return pathFrom(this.root, place) ?? `(unreachable)${place.path}`;
  }

  clone(): Context {
    const c = new Context(this.cwdPlace, this.root);
    c.umask = this.umask;
    return c;
  }
}

/** Opens device nodes and other special files of an inode; null: it is none of its. */
export type Opener = (t: Thread | null, place: Place, flags: number) => File | null;

export interface VfsOptions {
  readonly mounts: Mounts;
  /** Files of descriptors 0 to 2. */
  readonly standard: readonly [File, File, File];
  readonly openers: readonly Opener[];
  readonly sessionEnded: (sid: number) => void;
  readonly flush: () => Promise<void>;
  /** For AF_INET; null: the guest has no network. */
  readonly network: Network | null;
  readonly messageQueues: MessageQueues;
  /** The terminal of standard input and output. */
  readonly console: Terminal | null;
}

const fifos = new WeakMap<object, Pipe>();

export class Vfs implements FileSystem {
  readonly mounts: Mounts;
  readonly network: Network | null;
  readonly messageQueues: MessageQueues;
  private calls = 0;

  constructor(
    readonly kernel: Kernel,
    private readonly options: VfsOptions,
  ) {
    this.mounts = options.mounts;
    this.network = options.network;
    this.messageQueues = options.messageQueues;
  }

  start(o: { cwd: string }): { files: FdTable; fs: Context } {
    const { root } = this.mounts;
    const nobody: Credentials = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], caps: ROOTS };
    const { place } = this.mounts.walk(root, o.cwd, nobody, true);
    if (!place) return fail(E.NOENT);
    if (place.inode.type !== S.IFDIR) fail(E.NOTDIR);
    const files = new FdTable();
    for (const f of this.options.standard) files.add(f, false);
    return { files, fs: new Context(place, root) };
  }

  pidfd(p: Process, flags: number): PidFd {
    return new PidFd(p, flags);
  }

  pidfdProcess(file: OpenFile, orDirectory = false): { readonly process: Process; readonly nonBlocking: boolean } | null {
    const inode = orDirectory && file instanceof DirectoryFile ? file.place.inode : null;
    if (inode instanceof ProcessDirectory) return { process: inode.process, nonBlocking: false };
    return file instanceof PidFd ? file : null;
  }

  started(p: Process): void {
    const { console } = this.options;
    if (!console) return;
    console.session = p.sid;
    console.foreground = p.pgid;
  }

  sessionEnded(sid: number): void {
    this.options.sessionEnded(sid);
  }

  during(call: boolean): void {
    goingOn.call = call ? ++this.calls : 0;
  }

  flush(): Promise<void> {
    return this.options.flush();
  }

  // Paths.

  /** Where a relative path begins. */
  base(p: Process, dirfd: number, path: string): Place {
    if (path.startsWith("/")) return (p.fs as Context).root;
    if (dirfd === AT_FDCWD) return (p.fs as Context).cwdPlace;
    const f = (p.files as FdTable).get(dirfd);
    if (path === "") return f.place ?? fail(E.NOENT);
    if (!f.place || f.place.inode.type !== S.IFDIR) fail(E.NOTDIR);
    return f.place!;
  }

  target(p: Process, dirfd: number, path: string, follow: boolean, cred = p.cred): Target {
    return this.mounts.walk(this.base(p, dirfd, path), path, cred, follow, (p.fs as Context).root);
  }

  /** What a path names; ENOENT. */
  find(p: Process, dirfd: number, path: string, follow: boolean, cred = p.cred): Place {
    return this.target(p, dirfd, path, follow, cred).place ?? fail(E.NOENT);
  }

  /** A path whose last step is to be made or removed: its directory, which must be writable. */
  edit(t: Thread, dirfd: number, path: string): Target & { directory: Inode } {
    const target = this.target(t.process, dirfd, path, false);
    const directory = target.parent.inode;
    this.mayWriteIn(t.cred, directory);
    return { ...target, directory };
  }

  mayWriteIn(cred: Credentials, directory: Inode): void {
    const a = directory.attributes();
    if ((a.mode & S.IFMT) !== S.IFDIR) fail(E.NOTDIR);
    if (!permits(a, cred, 3)) fail(E.ACCES);
    if (directory.fs.readOnly) fail(E.ROFS);
  }

  /** Sticky directories: only owners remove. */
  mayRemove(cred: Credentials, directory: Inode, victim: Inode): void {
    const d = directory.attributes();
    if (!(d.mode & S.ISVTX) || capable(cred, Cap.FOWNER)) return;
    if (d.uid !== cred.fsuid && victim.attributes().uid !== cred.fsuid) fail(E.PERM);
  }

  // Opening.

  open(t: Thread, dirfd: number, path: string, flags: number, mode: number): Result {
    const p = t.process;
    if (flags & O.TMPFILE_BIT) return this.openNameless(t, dirfd, path, flags, mode);
    const follow = !(flags & O.NOFOLLOW) && !(flags & O.CREAT && flags & O.EXCL);
    const target = this.target(p, dirfd, path, follow);
    let { place } = target;
    let created = false, content: Content | undefined;
    if (!place) {
      if (!(flags & O.CREAT)) return -E.NOENT;
      if (target.slash) return -E.ISDIR;
      this.mayWriteIn(t.cred, target.parent.inode);
      const directory = target.parent.inode, made = mode & 0o7777 & ~p.fs.umask;
      const both = flags & (O.PATH | O.DIRECTORY) ? null : directory.createOpen(target.name, made, t.cred);
      place = new Place(target.parent, target.name, both?.inode ?? directory.create(target.name, S.IFREG | made, 0, t.cred));
      content = both?.content;
      created = true;
      happenedIn(directory, target.name, null, Event.CREATE);
    } else if (flags & O.CREAT && flags & O.EXCL) {
      return -E.EXIST;
    }
    const file = this.openPlace(t, place, flags, created, content);
    return this.waitForFifo(t, file, flags);
  }

  /** O_TMPFILE */
  private openNameless(t: Thread, dirfd: number, path: string, flags: number, mode: number): number {
    if ((flags & (O.TMPFILE | O.CREAT)) !== O.TMPFILE || (flags & O.ACCMODE) === O.RDONLY) fail(E.INVAL);
    const dir = this.find(t.process, dirfd, path, !(flags & O.NOFOLLOW));
    if (dir.inode.type !== S.IFDIR) fail(E.NOTDIR);
    this.mayWriteIn(t.cred, dir.inode);
    const inode = dir.inode.tmpfile(S.IFREG | (mode & 0o7777 & ~t.process.fs.umask), t.cred, !(flags & O.EXCL));
    const place = new Place(dir, `#${inode.ino} (deleted)`, inode);
    return (t.process.files as FdTable).add(this.openPlace(t, place, flags & ~(O.TMPFILE | O.EXCL), true), (flags & O.CLOEXEC) !== 0);
  }

  /** Opening a FIFO waits for its other end. */
  private waitForFifo(t: Thread, file: File, flags: number): Result {
    const install = (): number => (t.process.files as FdTable).add(file, (flags & O.CLOEXEC) !== 0);
    if (!(file instanceof PipeEnd) || !file.place || (flags & O.ACCMODE) === O.RDWR) return install();
    const { pipe } = file;
    const reading = (flags & O.ACCMODE) === O.RDONLY;
    if (flags & O.NONBLOCK) {
      if (reading || pipe.readers > 0) return install();
      file.release();
      return -E.NXIO;
    }
    const { readersEver, writersEver } = pipe;
    const ready = (): boolean => (reading ? pipe.writers > 0 || pipe.writersEver !== writersEver : pipe.readers > 0 || pipe.readersEver !== readersEver);
    if (ready()) return install();
    const blocked = {
      queues: [file.queue],
      retry: (): Result => (ready() ? install() : blocked),
      interrupted: () => {
        file.release();
        return -E.INTR;
      },
      restartable: true,
    };
    return blocked;
  }

  /** Open what a path named; `opened`: what it contains, if it is open already. */
  openPlace(t: Thread, place: Place, flags: number, created = false, opened?: Content): File {
    const { inode } = place;
    const a = inode.attributes();
    const type = a.mode & S.IFMT;
    const access = flags & O.ACCMODE;
    if (flags & O.PATH) {
      if (flags & O.DIRECTORY && type !== S.IFDIR) fail(E.NOTDIR);
      return new PathFile(flags & (O.PATH | O.DIRECTORY | O.NOFOLLOW), place);
    }
    if (type === S.IFLNK) fail(E.LOOP);
    if (flags & O.DIRECTORY && type !== S.IFDIR) fail(E.NOTDIR);
    if (type === S.IFDIR && (access !== O.RDONLY || flags & (O.CREAT | O.TRUNC))) fail(E.ISDIR);
    const want = (access !== O.WRONLY ? 4 : 0) | (access !== O.RDONLY || flags & O.TRUNC ? 2 : 0);
    if (!created && !permits(a, t.cred, want)) fail(E.ACCES);
    if (type !== S.IFCHR && type !== S.IFIFO && want & 2 && inode.fs.readOnly) fail(E.ROFS);
    const kept = flags & ~(O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC);
    happened(place, Event.OPEN);
    for (const opener of this.options.openers) {
      const file = opener(t, place, flags);
      if (file) {
        file.flags = kept;
        return file;
      }
    }
    switch (type) {
      case S.IFDIR:
        return new DirectoryFile(kept, place);
      case S.IFREG: {
        const content = opened ?? inode.open(access !== O.RDONLY);
        if (flags & O.TRUNC && !created) {
          content.truncate(0);
          happened(place, Event.MODIFY);
        }
        return new RegularFile(kept, place, content);
      }
      case S.IFIFO: {
        let pipe = fifos.get(inode.identity);
        if (!pipe) fifos.set(inode.identity, (pipe = new Pipe()));
        return new PipeEnd(pipe, kept, place);
      }
      default:
        return fail(E.NXIO);
    }
  }

  openToRead(p: Process, path: string): OpenFile {
    const place = this.find(p, -100, path, true);
    if ((place.inode.attributes().mode & S.IFMT) !== S.IFREG) fail(E.ACCES);
    return new RegularFile(O.RDONLY, place, place.inode.open(false));
  }

  openExec(p: Process, dirfd: number, path: string, flags: number): { file: OpenFile; path: string; mode: number; uid: number; gid: number } {
    const place = path === "" && flags & AT_EMPTY_PATH
      ? this.base(p, dirfd, "") : this.find(p, dirfd, path, !(flags & AT_SYMLINK_NOFOLLOW));
    const a = place.inode.attributes();
    const type = a.mode & S.IFMT;
    if (type === S.IFLNK) fail(E.LOOP);
    if (type !== S.IFREG || !permits(a, p.cred, 1)) fail(E.ACCES);
    const file = new RegularFile(O.RDONLY, place, place.inode.open(false));
    return { file, path: place.path, mode: a.mode, uid: a.uid, gid: a.gid };
  }
}

export const vfsOf = (t: Thread): Vfs => (t.kernel as unknown as { fileSystem: Vfs }).fileSystem;
export const filesOf = (t: Thread): FdTable => t.process.files as FdTable;
export const contextOf = (t: Thread): Context => t.process.fs as Context;
