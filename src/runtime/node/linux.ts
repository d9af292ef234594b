import { randomFillSync } from "node:crypto";
import { linuxFiles, type LinuxFilesOptions, type StandardStreams } from "../linux/fs/index.js";
import type { FileSide } from "../linux/contract.js";
import type { Inode } from "../linux/fs/inode.js";
import type { MemoryFs } from "../linux/fs/memory.js";
import { overlay } from "../linux/fs/overlay.js";
import { HostFolder } from "./host-folder.js";
import { nodeStreams } from "./standard-streams.js";

/** What a LinuxSystem needs of Node. */
export interface NodeHost {
  readonly files: FileSide;
  readonly random: (into: Uint8Array) => void;
  readonly uid: number;
  readonly gid: number;
  /** Give the terminal back; call it however the run ends. */
  restore(): void;
}

/** Device number of layered file systems. */
const OVERLAY_DEV = 23;

/** A folder of the host that stays as it is, under a writable layer: another folder, or (null) memory that is gone at the end. */
export function layeredRoot(lower: string, upper: string | null): (memory: MemoryFs) => Inode {
  const below = new HostFolder(lower, true).root;
  return (memory) => {
    if (upper !== null) return overlay({ dev: OVERLAY_DEV, upper: new HostFolder(upper).root, lowers: [below] });
    const { mode, uid, gid } = below.attributes();
    memory.root.change({ mode: mode & 0o7777, uid, gid });
    return overlay({ dev: OVERLAY_DEV, upper: memory.root, lowers: [below] });
  };
}

/**
 * `root`: a folder of the host, or null for an empty file system in memory. `stdoutToStderr`: what the guest writes to its standard output goes to this
 * process' standard error, whose own output is something else.
 */
export function nodeHost(root: string | null, more: Partial<LinuxFilesOptions> = {}, stdoutToStderr = false): NodeHost {
  const own = nodeStreams();
  const streams = stdoutToStderr ? onStderr(own) : own;
  const uid = process.getuid?.() ?? 1000, gid = process.getgid?.() ?? 1000;
  const files = linuxFiles({ streams, uid, gid, ...(root === null || more.root ? {} : { root: new HostFolder(root).root }), ...more });
  return { files, random: (into) => void randomFillSync(into), uid, gid, restore: () => own.restore() };
}

function onStderr(s: StandardStreams): StandardStreams {
  const other = (fd: 0 | 1 | 2): 0 | 1 | 2 => (fd === 1 ? 2 : fd);
  return { screen: s.screen, attach: (t) => s.attach(t), open: (fd) => s.open(other(fd)), isTerminal: (fd) => s.isTerminal(other(fd)) };
}
