import { ROOTS } from "../capabilities.js";
import type { Kernel, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { File, O } from "./file.js";
import { type Attributes, Inode, S } from "./inode.js";
import { MemoryFs } from "./memory.js";
import { PtyMaster } from "./pty.js";
import { DeviceInode, SyntheticDirectory, syntheticFs } from "./synthetic.js";
import { type Terminal, TtyFile } from "./tty.js";
import type { Opener } from "./vfs.js";
import { type Mounts, Place } from "./walk.js";

/** /dev: the memory devices, terminals and pseudo-terminals; a file system in memory, where sockets, links and the like can be made. */

const device = (major: number, minor: number): number => (major << 8) | minor;

const NULL = device(1, 3), ZERO = device(1, 5), FULL = device(1, 7), RANDOM = device(1, 8), URANDOM = device(1, 9), TTY = device(5, 0), PTMX = device(5, 2);
/** Bytes of files that somebody puts there. */
const CAPACITY = 16 << 20;
const ROOT = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [], caps: ROOTS };

class MemoryDevice extends File {
  constructor(
    private readonly kernel: Kernel,
    private readonly device: number,
    flags: number,
    override readonly place: Place,
  ) {
    super(flags);
    if (device === ZERO) this.mappable = "zero";
  }

  get path(): string {
    return this.place.path;
  }

  override get dev(): number {
    return this.place.inode.fs.dev;
  }

  override get ino(): number {
    return this.place.inode.ino;
  }

  attributes(): Attributes {
    return this.place.inode.attributes();
  }

  override read(into: Uint8Array): number {
    if (this.device === NULL) return 0;
    if (this.device === RANDOM || this.device === URANDOM) this.kernel.random(into);
    else into.fill(0);
    return into.length;
  }

  override write(from: Uint8Array): number {
    return this.device === FULL ? -E.NOSPC : from.length;
  }

  override readAt(_position: number, into: Uint8Array): number {
    return this.read(into);
  }

  override writeAt(_position: number, from: Uint8Array): number {
    return this.write(from);
  }

  override seek(): number {
    return 0;
  }

  override get pollable(): boolean {
    return this.device === RANDOM || this.device === URANDOM;
  }
}

/** Most pseudo-terminals. */
const MAX_PTYS = 256;

export interface Devices {
  readonly root: Inode;
  /** /dev/pts */
  readonly pts: Inode;
  readonly opener: Opener;
  /** Give up the terminals of a session. */
  sessionEnded(sid: number): void;
  /** Where the console is. */
  consolePlace(mounts: Mounts): Place | null;
  /** The controlling terminal of a session. */
  terminalOf(sid: number): Terminal | null;
}

/** `console`: the terminal of standard input and output, if they are one. */
export function makeDevices(kernel: Kernel, console: Terminal | null, owner: { uid: number; gid: number }): Devices {
  const { root } = new MemoryFs({ dev: 6, now: () => kernel.realtime(), capacity: CAPACITY });
  const ptsFs = syntheticFs(24, 0x1cd1, kernel.realtime());
  const masters = new Map<number, PtyMaster>();
  const pts = new SyntheticDirectory(ptsFs, 1, (name) => {
    const m = /^\d{1,4}$/.test(name) ? masters.get(+name) : undefined;
    if (m) return new DeviceInode(ptsFs, m.number + 3, m.terminal.rdev, 0o620, owner);
    return console && `/dev/pts/${name}` === console.name ? new DeviceInode(ptsFs, 1003, console.rdev, 0o620, owner) : null;
  }, () => [...[...masters.keys()].map(String), ...(console?.name.startsWith("/dev/pts/") ? [console.name.slice(9)] : [])], undefined, 0o755);
  for (const [name, rdev] of [["null", NULL], ["zero", ZERO], ["full", FULL], ["random", RANDOM], ["urandom", URANDOM], ["tty", TTY], ["ptmx", PTMX]] as const) {
    root.create(name, S.IFCHR | 0o666, rdev, ROOT);
  }
  for (const [name, to] of [["fd", "/proc/self/fd"], ["stdin", "/proc/self/fd/0"], ["stdout", "/proc/self/fd/1"], ["stderr", "/proc/self/fd/2"]] as const) root.symlink(name, to, ROOT);

  const terminals = function* (): Generator<Terminal> {
    if (console) yield console;
    for (const m of masters.values()) yield m.terminal;
  };
  const terminalOf = (sid: number): Terminal | null => {
    for (const t of terminals()) if (t.session === sid) return t;
    return null;
  };

  const openPtmx = (place: Place, flags: number): File => {
    let n = 0;
    while (masters.has(n) || (console && console.name === `/dev/pts/${n}`)) n++;
    if (n >= MAX_PTYS) fail(E.NOSPC);
    const m = new PtyMaster(kernel, n, (k) => void masters.delete(k), place);
    m.flags = flags;
    masters.set(n, m);
    return m;
  };

  const openTerminal = (t: Thread | null, file: TtyFile, flags: number): TtyFile => {
    if (t && !(flags & O.NOCTTY) && !terminalOf(t.process.sid)) file.terminal.adopt(t);
    return file;
  };

  const opener: Opener = (t, place, flags) => {
    const a = place.inode.attributes();
    if ((a.mode & S.IFMT) !== S.IFCHR) return null;
    const kept = flags & ~(O.CREAT | O.EXCL | O.NOCTTY | O.TRUNC | O.CLOEXEC);
    switch (a.rdev) {
      case NULL:
      case ZERO:
      case FULL:
      case RANDOM:
      case URANDOM:
        return new MemoryDevice(kernel, a.rdev, kept, place);
      case PTMX:
        return openPtmx(place, kept);
      case TTY: {
        const terminal = t ? terminalOf(t.process.sid) : null;
        return terminal ? new TtyFile(terminal, kept, place) : fail(E.NXIO);
      }
    }
    if (console && a.rdev === console.rdev && place.inode.fs === ptsFs) return openTerminal(t, new TtyFile(console, kept, place), flags);
    for (const m of masters.values()) if (m.terminal.rdev === a.rdev && place.inode.fs === ptsFs) return openTerminal(t, m.openSlave(kept, place), flags);
    return fail(E.NXIO);
  };

  return {
    root,
    pts,
    opener,
    consolePlace: (mounts) => {
      const [, , , name] = console?.name.split("/") ?? [];
      return name ? new Place(new Place(new Place(mounts.root, "dev", root), "pts", pts), name, pts.lookup(name)!) : null;
    },
    terminalOf,
    sessionEnded: (sid) => terminalOf(sid)?.disown(),
  };
}
