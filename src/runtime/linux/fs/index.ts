import { I386_FILES } from "../abi/i386-files.js";
import type { FileSide, FileSystem, Kernel } from "../contract.js";
import { makeDevices } from "./dev.js";
import { File, O } from "./file.js";
import { Inode, S } from "./inode.js";
import { MemoryFs } from "./memory.js";
import { MessageQueues } from "./message-queue.js";
import { queueDirectory, queueOpener } from "./mqueue-directory.js";
import type { Network } from "./network.js";
import { OpenedInode } from "./opened-inode.js";
import { PipeEnd } from "./pipe.js";
import { makeProc } from "./proc.js";
import { type Screen, Terminal, TtyFile } from "./tty.js";
import { type Opener, Vfs } from "./vfs.js";
import { Mounts, Place } from "./walk.js";

/** Standard input, output and error. */
export interface StandardStreams {
  /** Where the terminal's output goes; null: they are no terminal. */
  readonly screen: Screen | null;
  /** The terminal is there: feed it what is typed. */
  attach(t: Terminal): void;
  /** A stream that is not the terminal, as a file. */
  open(fd: 0 | 1 | 2): File;
  isTerminal(fd: 0 | 1 | 2): boolean;
}

export interface LinuxFilesOptions {
  readonly streams: StandardStreams;
  /** The root directory; left out: an empty one in memory. */
  readonly root?: Inode | ((memory: MemoryFs) => Inode);
  /** Other file systems by path, whose directories need not exist. */
  readonly mounts?: Readonly<Record<string, Inode>>;
  /** Bytes that files in memory may have. */
  readonly capacity?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly flush?: () => Promise<void>;
  /** AF_INET sockets go over it; left out: there are none. */
  readonly network?: Network;
}

const DEFAULT_CAPACITY = 1 << 30;

/** Opens /proc/self/fd/N of pipes and the like. */
const reopener: Opener = (_t, place, flags) => {
  const { inode } = place;
  if (!(inode instanceof OpenedInode)) return null;
  const { file } = inode;
  if (file instanceof PipeEnd) return new PipeEnd(file.pipe, flags & (O.ACCMODE | O.NONBLOCK), file.place);
  if (file instanceof TtyFile) return new TtyFile(file.terminal, flags, file.place);
  file.retain();
  return file;
};

/** The file side of a LinuxSystem. */
export function linuxFiles(o: LinuxFilesOptions): FileSide {
  return { calls: I386_FILES, start: (kernel) => start(o, kernel) };
}

function start(o: LinuxFilesOptions, kernel: Kernel): FileSystem {
  const memory = new MemoryFs({ dev: 20, now: () => kernel.realtime(), capacity: o.capacity ?? DEFAULT_CAPACITY });
  const root = typeof o.root === "function" ? o.root(memory) : (o.root ?? memory.root);
  const mounts = new Mounts(new Place(null, "", root));
  const owner = { uid: o.uid ?? 1000, gid: o.gid ?? 1000 };
  const { streams } = o;
  const console = streams.screen ? new Terminal(kernel, streams.screen, "/dev/pts/0", 136 << 8) : null;
  const devices = makeDevices(kernel, console, owner);
  mounts.mount("/dev", devices.root);
  mounts.mount("/dev/pts", devices.pts);
  mounts.mount("/proc", makeProc(kernel, () => vfs));
  for (const [path, inode] of Object.entries(o.mounts ?? {})) mounts.mount(path, inode);
  // POSIX shared memory, and /tmp if there is none.
  const shm = new MemoryFs({ dev: 21, now: () => kernel.realtime(), capacity: o.capacity ?? DEFAULT_CAPACITY });
  shm.root.change({ mode: 0o1777 });
  mounts.mount("/dev/shm", shm.root);
  const messageQueues = new MessageQueues();
  mounts.mount("/dev/mqueue", queueDirectory(messageQueues, kernel));
  if (root instanceof Inode && !root.lookup("tmp") && !o.mounts?.["/tmp"]) {
    const tmp = new MemoryFs({ dev: 22, now: () => kernel.realtime(), capacity: o.capacity ?? DEFAULT_CAPACITY });
    tmp.root.change({ mode: S.IFDIR | 0o1777 });
    mounts.mount("/tmp", tmp.root);
  }
  let shared: TtyFile | null = null;
  const standard = ([0, 1, 2] as const).map((fd) => {
    if (!console || !streams.isTerminal(fd)) return streams.open(fd);
    // One open file for all three, as a shell's terminal is.
    if (shared) shared.retain();
    else shared = new TtyFile(console, O.RDWR, devices.consolePlace(mounts));
    return shared;
  });
  const vfs: Vfs = new Vfs(kernel, {
    mounts,
    standard: standard as [File, File, File],
    openers: [devices.opener, reopener, queueOpener(messageQueues)],
    sessionEnded: (sid) => devices.sessionEnded(sid),
    flush: async () => {
      await o.flush?.();
      await o.network?.finish();
    },
    network: o.network ?? null,
    messageQueues,
    console,
  });
  if (console) streams.attach(console);
  return vfs;
}
