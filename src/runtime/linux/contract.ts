import type { Capabilities } from "./capabilities.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { PageVersions } from "./page-versions.js";
import type { Result, WaitQueue } from "./wait.js";

/**
 * What the two halves of the personality know of each other. The core (processes, memory, signals, time: this folder) implements Kernel,
 * Process and Thread; the file side (fs/) implements FileSystem, FileTable and OpenFile and all system calls on files. Either imports
 * only types of this file, so there are no import cycles. Guest strings have one char a byte (user.ts).
 */

/** A system call: six registers as int32 (the ABI's order) -> a value, -errno, or Blocked. May throw Errno; memory errors become EFAULT. */
export type Syscall = {
  // A method, so that implementations of the core may ask for its own thread class.
  call(t: Thread, a1: number, a2: number, a3: number, a4: number, a5: number, a6: number): Result;
}["call"];

/** One call of an ABI: number, name, implementation, and the kinds of its arguments for --strace (strace.ts), e.g. "dirfd path oflags omode". */
export type SyscallEntry = readonly [number: number, name: string, call: Syscall, args: string];

/** Time of the host or of the run (--icount). */
export interface Clock {
  /** Nanoseconds since the guest's boot, a double, never decreasing. */
  monotonic(): number;
  /** Wall-clock time of monotonic() = 0. */
  readonly boot: TimeSpec;
}

export interface TimeSpec {
  readonly sec: number;
  readonly nsec: number;
}

/** A timer of the kernel's; see Kernel.setTimer. */
export interface Timer {
  readonly deadline: number;
}

/** siginfo as far as it is not the union's; `value` is sigval, `address` si_addr, `status`/`utime`/`stime` those of SIGCHLD. */
export interface SignalInfo {
  readonly signo: number;
  /** si_code: SI_USER 0, SI_KERNEL 0x80, SI_QUEUE -1, SI_TIMER -2, SI_TKILL -6, SEGV_MAPERR 1, … */
  readonly code: number;
  readonly errno?: number;
  readonly pid?: number;
  readonly uid?: number;
  readonly value?: number;
  readonly address?: number;
  readonly status?: number;
  readonly utime?: number;
  readonly stime?: number;
  /** SI_TIMER */
  readonly timerId?: number;
  readonly overrun?: number;
  /** SIGPOLL/SIGIO */
  readonly band?: number;
  readonly fd?: number;
}

export interface Kernel {
  readonly clock: Clock;
  /** Fill with random bytes (deterministic under --icount). */
  random(into: Uint8Array): void;
  /** Wall-clock time. */
  realtime(): TimeSpec;
  /** Call `fire` once, from the scheduler, when monotonic time has reached `deadline` (ns). */
  setTimer(deadline: number, fire: () => void): Timer;
  cancelTimer(timer: Timer): void;
  process(pid: number): Process | undefined;
  /** Whose call is being made: /proc/self, /proc/thread-self. */
  readonly current: Process | null;
  readonly currentThread: Thread | null;
  /** All processes, zombies included, in order of their pids. */
  processes(): Iterable<Process>;
  /** Woken whenever a signal becomes pending (also a blocked one) for any process. */
  readonly signalQueue: WaitQueue;
  /** Send to a process as a whole. */
  signalProcess(p: Process, info: SignalInfo): void;
  /** Send to every process of a group, as a terminal does; returns how many there are. */
  signalGroup(pgid: number, info: SignalInfo): number;
  /** Whether a group has no member with a parent in another group of its session: terminals then fail with EIO instead of stopping it. */
  isOrphanedGroup(pgid: number): boolean;
  readonly uts: { sysname: string; nodename: string; release: string; version: string; machine: string; domainname: string };
  /** Whether anybody may write to a file (OpenFile.inode) by a mapping. */
  mapsWritably(inode: object): boolean;
  /** Bytes of memory that guests may have, and have. */
  readonly memoryTotal: number;
  memoryUsed(): number;
}

export interface Credentials {
  uid: number;
  euid: number;
  suid: number;
  fsuid: number;
  gid: number;
  egid: number;
  sgid: number;
  fsgid: number;
  groups: number[];
  caps: Capabilities;
}

export interface Process {
  readonly kernel: Kernel;
  readonly pid: number;
  readonly ppid: number;
  readonly pgid: number;
  readonly sid: number;
  readonly memory: UserMemory;
  /** Name of at most 15 bytes. */
  readonly comm: string;
  /** What /proc/PID and /proc/PID/task/TID have of the core's, by name. */
  readonly texts: ReadonlyMap<string, ProcText>;
  /** Resolved path of the executable in the guest. */
  readonly exe: string;
  readonly cred: Credentials;
  /** PR_GET_DUMPABLE; 0: its /proc is root's. */
  readonly dumpable: number;
  /** Null once it has exited. */
  readonly files: FileTable | null;
  readonly fs: FsContext;
  readonly state: "running" | "sleeping" | "stopped" | "zombie";
  /** Woken at its end. */
  readonly endQueue: WaitQueue;
  /** Threads alive. */
  readonly threads: Iterable<Thread>;
  /** Soft and hard limit of RLIMIT_*; Infinity: unlimited. */
  rlimit(resource: number): { soft: number; hard: number };
}

/** A file of /proc/PID. */
export interface ProcText {
  readonly mode: number;
  /** `t`: the thread it is about; null: the process has none left. */
  read(p: Process, t: Thread | null): string | Uint8Array;
  /** What one write(2) of `by` brings; left out: it cannot be written. */
  write?(p: Process, t: Thread | null, text: string, by: Thread): void;
}

export interface Thread {
  readonly tid: number;
  readonly process: Process;
  readonly kernel: Kernel;
  readonly memory: UserMemory;
  readonly cred: Credentials;
  /** Blocked signals: bit n - 1 of low (1..32) and high (33..64) word. */
  readonly sigmask: Readonly<SigSet>;
  /** Replace the mask until the current call has finished (ppoll, pselect, epoll_pwait): the old one is back after handlers have run. */
  setTemporaryMask(mask: SigSet): void;
  /** Signals of `set` that are pending for this thread, for signalfd; `dequeue` takes the first of them. */
  hasPending(set: SigSet): boolean;
  dequeue(set: SigSet): SignalInfo | null;
  /** A synchronous signal to this thread, as SIGPIPE by write(2). */
  signal(info: SignalInfo): void;
}

/** A set of signals 1..64 as two words. */
export interface SigSet {
  lo: number;
  hi: number;
}

// The file side.

/** Current and root directory, umask: shared by CLONE_FS. Implemented by fs/. */
export interface FsContext {
  umask: number;
  /** A copy for a new process. */
  clone(): FsContext;
  /** Path of the current directory in the guest. */
  readonly cwd: string;
}

/** File descriptors of a process: shared by CLONE_FILES. Implemented by fs/. */
export interface FileTable {
  /** Descriptors are below it: RLIMIT_NOFILE. */
  limit: number;
  /** A copy for a new process: the same open files. */
  clone(): FileTable;
  /** Another user of this very table (CLONE_FILES); `release` drops one, and closes all files with the last. */
  retain(): void;
  release(owner: Process): void;
  /** Close what has FD_CLOEXEC. */
  closeOnExec(owner: Process): void;
  /** Open file description of a descriptor; EBADF. */
  get(fd: number): OpenFile;
  /** Lowest free descriptor; EMFILE. */
  add(file: OpenFile, closeOnExec: boolean): number;
}

/** An open file description as memory mappings and execve see it. */
export interface OpenFile {
  /** Path in the guest as it was opened, for /proc/self/maps. */
  readonly path: string;
  readonly readable: boolean;
  readonly writable: boolean;
  /** Whether mmap works (regular files, memfd); a mapping of /dev/zero counts as anonymous. */
  readonly mappable: "no" | "file" | "zero";
  /** Identity of the file: equal for all open files of one inode; stable while any of them is open. */
  readonly inode: object;
  /** Device and inode numbers as stat gives them. */
  readonly dev: number;
  readonly ino: number;
  size(): number;
  /** As long as it is the same, the content is, but for `own` writes by whoever asks; null: nothing is known. */
  stamp?(own: number): string | null;
  /** When its pages were written, if nobody else's processes write to it. */
  versions?(): PageVersions | null;
  /** Nobody may write to it any more but by mappings that are there. */
  readonly sealed?: boolean;
  /** Read at a position, as much as there is; returns the count. Throws Errno. */
  readAt(position: number, into: Uint8Array): number;
  /** Write at a position within or beyond the file. */
  writeAt(position: number, from: Uint8Array): number;
  /** Keep open for one more holder (a mapping); the last release closes it. */
  retain(): void;
  release(): void;
}

/** The file side as a whole, as LinuxSystem takes it. */
export interface FileSide {
  /** Its system calls. */
  readonly calls: readonly SyscallEntry[];
  start(kernel: Kernel): FileSystem;
}

/** What execve needs of the file system. */
export interface FileSystem {
  /**
   * Open for execution, following symlinks, with the permission checks of execve (EACCES for what is no regular file or not executable).
   * `dir`: descriptor of `path`'s base or AT_FDCWD (-100). The path is resolved in the process' root and cwd.
   */
  openExec(p: Process, dir: number, path: string, flags: number): { file: OpenFile; path: string; mode: number; uid: number; gid: number };
  /** Open a file of any kind of content (also of /proc) to look at it, as root could: for debuggers. Throws Errno. */
  openToRead(p: Process, path: string): OpenFile;
  /** Descriptors 0 to 2 and directories of the first process. */
  start(options: { cwd: string }): { files: FileTable; fs: FsContext };
  /** A new descriptor that stands for a process (pidfd), and the process of one (or, `orDirectory`, of /proc/PID); null: it is none. */
  pidfd(p: Process, flags: number): OpenFile;
  pidfdProcess(file: OpenFile, orDirectory?: boolean): { readonly process: Process; readonly nonBlocking: boolean } | null;
  /** The first process is there: the console is its terminal. */
  started(p: Process): void;
  /** The process leads a session no more or has exited: its terminal is to be given up. */
  sessionEnded(sid: number): void;
  /** A system call begins, or goes on after it waited (true); it ends or waits (false). */
  during(call: boolean): void;
  /** Everything the guests wrote is with the host when this resolves. */
  flush(): Promise<void>;
}
