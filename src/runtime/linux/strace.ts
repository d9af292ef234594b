import type { SyscallEntry } from "./contract.js";
import { errnoName, errnoText } from "./errno.js";
import { signalName } from "./signal.js";
import type { GuestThread } from "./thread.js";
import { get32, getBytes, readableView } from "./user.js";

/** --strace: one line a call, as strace prints it. */

interface Call {
  readonly t: GuestThread;
  readonly args: readonly number[];
  /** The result; undefined while the call has not returned. */
  readonly result: number | undefined;
}

/** Print one argument; `i` is its index. */
type Formatter = (value: number, c: Call, i: number) => string;

const MAX_STRING = 32;

const hex = (v: number): string => `0x${(v >>> 0).toString(16)}`;
const pointer = (v: number): string => (v === 0 ? "NULL" : hex(v));

/** Bytes in quotes with C's escapes. */
function quote(bytes: Uint8Array, cut: boolean): string {
  let s = "";
  for (let i = 0; i < bytes.length; i++) {
    const b = bytes[i]!;
    const known = ESCAPES[b];
    if (known) s += known;
    else if (b >= 32 && b < 127) s += String.fromCharCode(b);
    else s += `\\${bytes[i + 1]! >= 48 && bytes[i + 1]! <= 57 ? b.toString(8).padStart(3, "0") : b.toString(8)}`;
  }
  return `"${s}"${cut ? "..." : ""}`;
}

const ESCAPES: Readonly<Record<number, string>> = { 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\" };

function string(v: number, c: Call): string {
  if (v === 0) return "NULL";
  try {
    return quote(getBytes(c.t.memory, v), false);
  } catch {
    return hex(v);
  }
}

function buffer(v: number, c: Call, length: number): string {
  if (v === 0) return "NULL";
  try {
    const n = Math.min(length >>> 0, MAX_STRING);
    return quote(readableView(c.t.memory, v, n), length >>> 0 > MAX_STRING);
  } catch {
    return hex(v);
  }
}

/** Names of bits, the rest in hexadecimal. */
export function flagNames(value: number, names: readonly (readonly [number, string])[], none = "0"): string {
  const parts: string[] = [];
  let rest = value;
  for (const [bits, name] of names) {
    if (bits !== 0 && (rest & bits) === bits) {
      parts.push(name);
      rest &= ~bits;
    }
  }
  if (rest) parts.push(hex(rest));
  return parts.length ? parts.join("|") : none;
}

const O_FLAGS: readonly (readonly [number, string])[] = [
  [0o100, "O_CREAT"], [0o200, "O_EXCL"], [0o400, "O_NOCTTY"], [0o1000, "O_TRUNC"], [0o2000, "O_APPEND"], [0o4000, "O_NONBLOCK"],
  [0o4010000, "O_SYNC"], [0o10000, "O_DSYNC"], [0o20000, "O_ASYNC"], [0o40000, "O_DIRECT"], [0o100000, "O_LARGEFILE"], [0o20200000, "O_TMPFILE"],
  [0o200000, "O_DIRECTORY"], [0o400000, "O_NOFOLLOW"], [0o1000000, "O_NOATIME"], [0o2000000, "O_CLOEXEC"], [0o10000000, "O_PATH"],
];
const MAP_FLAGS: readonly (readonly [number, string])[] = [
  [3, "MAP_SHARED_VALIDATE"], [1, "MAP_SHARED"], [2, "MAP_PRIVATE"], [0x10, "MAP_FIXED"], [0x20, "MAP_ANONYMOUS"], [0x100, "MAP_GROWSDOWN"], [0x800, "MAP_DENYWRITE"],
  [0x1000, "MAP_EXECUTABLE"], [0x2000, "MAP_LOCKED"], [0x4000, "MAP_NORESERVE"], [0x8000, "MAP_POPULATE"], [0x10000, "MAP_NONBLOCK"],
  [0x20000, "MAP_STACK"], [0x40000, "MAP_HUGETLB"], [0x100000, "MAP_FIXED_NOREPLACE"],
];
const CLONE_FLAGS: readonly (readonly [number, string])[] = [
  [0x100, "CLONE_VM"], [0x200, "CLONE_FS"], [0x400, "CLONE_FILES"], [0x800, "CLONE_SIGHAND"], [0x4000, "CLONE_VFORK"], [0x8000, "CLONE_PARENT"],
  [0x10000, "CLONE_THREAD"], [0x40000, "CLONE_SYSVSEM"], [0x80000, "CLONE_SETTLS"], [0x100000, "CLONE_PARENT_SETTID"],
  [0x200000, "CLONE_CHILD_CLEARTID"], [0x400000, "CLONE_DETACHED"], [0x1000000, "CLONE_CHILD_SETTID"],
];
const FUTEX_OPS = ["WAIT", "WAKE", "FD", "REQUEUE", "CMP_REQUEUE", "WAKE_OP", "LOCK_PI", "UNLOCK_PI", "TRYLOCK_PI", "WAIT_BITSET", "WAKE_BITSET"];
const CLOCKS = ["CLOCK_REALTIME", "CLOCK_MONOTONIC", "CLOCK_PROCESS_CPUTIME_ID", "CLOCK_THREAD_CPUTIME_ID", "CLOCK_MONOTONIC_RAW",
  "CLOCK_REALTIME_COARSE", "CLOCK_MONOTONIC_COARSE", "CLOCK_BOOTTIME"];
const SEEK = ["SEEK_SET", "SEEK_CUR", "SEEK_END", "SEEK_DATA", "SEEK_HOLE"];
const RLIMITS = ["CPU", "FSIZE", "DATA", "STACK", "CORE", "RSS", "NPROC", "NOFILE", "MEMLOCK", "AS", "LOCKS", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO", "RTTIME"];
const FCNTL: Readonly<Record<number, string>> = {
  0: "F_DUPFD", 1: "F_GETFD", 2: "F_SETFD", 3: "F_GETFL", 4: "F_SETFL", 5: "F_GETLK", 6: "F_SETLK", 7: "F_SETLKW", 8: "F_SETOWN", 9: "F_GETOWN",
  12: "F_GETLK64", 13: "F_SETLK64", 14: "F_SETLKW64", 1030: "F_DUPFD_CLOEXEC", 1031: "F_SETPIPE_SZ", 1032: "F_GETPIPE_SZ",
};

/** Kinds of arguments that SyscallEntry names. */
const KINDS: Readonly<Record<string, Formatter>> = {
  d: (v) => String(v),
  u: (v) => String(v >>> 0),
  x: hex,
  o: (v) => (v === 0 ? "000" : `0${(v >>> 0).toString(8)}`),
  p: pointer,
  fd: (v) => String(v),
  dirfd: (v) => (v === -100 ? "AT_FDCWD" : String(v)),
  path: (v, c) => string(v, c),
  str: (v, c) => string(v, c),
  /** Bytes to read from, their number in the next argument. */
  buf: (v, c, i) => buffer(v, c, c.args[i + 1]!),
  /** Bytes that the call stores, as many as it returns. */
  out: (v, c) => (c.result !== undefined && c.result > 0 ? buffer(v, c, c.result) : pointer(v)),
  argv: (v, c) => {
    if (v === 0) return "NULL";
    const list: string[] = [];
    try {
      for (let i = 0; list.length < 32; i++) {
        const p = get32(c.t.memory, v + i * 4);
        if (p === 0) return `[${list.join(", ")}]`;
        list.push(string(p, c));
      }
      return `[${list.join(", ")}, ...]`;
    } catch {
      return hex(v);
    }
  },
  envp: (v, c) => {
    if (v === 0) return "NULL";
    try {
      let n = 0;
      while (get32(c.t.memory, v + n * 4) !== 0) n++;
      return `${hex(v)} /* ${n} vars */`;
    } catch {
      return hex(v);
    }
  },
  oflags: (v) => {
    const mode = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"][v & 3]!;
    const rest = flagNames(v & ~3, O_FLAGS, "");
    return rest ? `${mode}|${rest}` : mode;
  },
  /** Mode of a file to be created: left out where the flags before it create none. */
  omode: (v, c, i) => (c.args[i - 1]! & 0o20000100 ? KINDS.o!(v & 0o7777, c, i) : ""),
  access: (v) => flagNames(v, [[4, "R_OK"], [2, "W_OK"], [1, "X_OK"]], "F_OK"),
  atflags: (v) => flagNames(v, [[0x100, "AT_SYMLINK_NOFOLLOW"], [0x200, "AT_REMOVEDIR"], [0x400, "AT_SYMLINK_FOLLOW"], [0x800, "AT_NO_AUTOMOUNT"], [0x1000, "AT_EMPTY_PATH"]]),
  prot: (v) => flagNames(v, [[1, "PROT_READ"], [2, "PROT_WRITE"], [4, "PROT_EXEC"]], "PROT_NONE"),
  mapflags: (v) => flagNames(v, MAP_FLAGS),
  cloneflags: (v) => {
    const s = v & 0xff;
    const names = flagNames(v & ~0xff, CLONE_FLAGS, "");
    return s ? (names ? `${names}|${signalName(s)}` : signalName(s)) : names || "0";
  },
  whence: (v) => SEEK[v] ?? String(v),
  sig: (v) => (v === 0 ? "0" : signalName(v)),
  sigset: (v, c) => {
    if (v === 0) return "NULL";
    try {
      const lo = get32(c.t.memory, v), hi = get32(c.t.memory, v + 4);
      const names: string[] = [];
      for (let n = 1; n <= 64; n++) if (((n <= 32 ? lo : hi) >>> ((n - 1) & 31)) & 1) names.push(signalName(n).replace(/^SIG/, ""));
      return names.length > 32 ? `~[${64 - names.length}]` : `[${names.join(" ")}]`;
    } catch {
      return hex(v);
    }
  },
  sighow: (v) => ["SIG_BLOCK", "SIG_UNBLOCK", "SIG_SETMASK"][v] ?? String(v),
  handler: (v) => (v === 0 ? "SIG_DFL" : v === 1 ? "SIG_IGN" : hex(v)),
  sigact: (v, c) => {
    if (v === 0) return "NULL";
    try {
      return `{sa_handler=${KINDS.handler!(get32(c.t.memory, v), c, 0)}, sa_flags=${hex(get32(c.t.memory, v + 4))}}`;
    } catch {
      return hex(v);
    }
  },
  wstatus: (v, c) => {
    if (v === 0 || c.result === undefined || c.result <= 0) return pointer(v);
    const s = get32(c.t.memory, v);
    if ((s & 0x7f) === 0) return `[{WIFEXITED(s) && WEXITSTATUS(s) == ${(s >> 8) & 0xff}}]`;
    if ((s & 0xff) === 0x7f) return `[{WIFSTOPPED(s) && WSTOPSIG(s) == ${signalName(s >> 8)}}]`;
    return s === 0xffff ? "[{WIFCONTINUED(s)}]" : `[{WIFSIGNALED(s) && WTERMSIG(s) == ${signalName(s & 0x7f)}}]`;
  },
  woptions: (v) => flagNames(v, [[1, "WNOHANG"], [2, "WSTOPPED"], [4, "WEXITED"], [8, "WCONTINUED"], [0x1000000, "WNOWAIT"]]),
  futexop: (v) => {
    const name = FUTEX_OPS[v & 127];
    return name ? `FUTEX_${name}${v & 128 ? "_PRIVATE" : ""}${v & 256 ? "|FUTEX_CLOCK_REALTIME" : ""}` : hex(v);
  },
  clock: (v) => CLOCKS[v] ?? String(v),
  /** A timespec of two words, or of two 64-bit ones. */
  ts: (v, c) => (v === 0 ? "NULL" : time(v, c, 4)),
  ts64: (v, c) => (v === 0 ? "NULL" : time(v, c, 8)),
  rlimit: (v) => (RLIMITS[v] ? `RLIMIT_${RLIMITS[v]}` : String(v)),
  fcntl: (v) => FCNTL[v] ?? hex(v),
  /** Two descriptors that the call stored. */
  pipe: (v, c) => {
    if (c.result !== 0) return pointer(v);
    return `[${get32(c.t.memory, v)}, ${get32(c.t.memory, v + 4)}]`;
  },
  userdesc: (v, c) => {
    try {
      const w = (i: number): number => get32(c.t.memory, v + i * 4);
      return `{entry_number=${w(0)}, base_addr=${hex(w(1))}, limit=${hex(w(2))}, flags=${hex(w(3))}}`;
    } catch {
      return pointer(v);
    }
  },
};

function time(v: number, c: Call, step: number): string {
  try {
    return `{tv_sec=${get32(c.t.memory, v)}, tv_nsec=${get32(c.t.memory, v + step)}}`;
  } catch {
    return hex(v);
  }
}

/** Results that are addresses. */
const POINTERS: ReadonlySet<string> = new Set(["brk", "mmap", "mmap2", "mremap"]);

/** A call as `write` gets it with its line; `result` null: it does not return. */
export interface TracedCall {
  readonly name: string;
  readonly args: readonly number[];
  readonly result: number | null;
}

/** Prints calls when they return; those that do not (exit) and execve when they begin. */
export class Strace {
  private readonly open = new WeakMap<GuestThread, { args: readonly number[]; text: string | null }>();
  private many = false;

  /** `write` gets lines with the thread where there are several, `call` the bare text of calls. */
  constructor(private readonly write: ((line: string) => void) | null, private readonly call: ((c: TracedCall, text: string) => void) | null = null) {}

  enter(t: GuestThread, entry: SyscallEntry, args: readonly number[]): void {
    const name = entry[1];
    const atOnce = name === "execve" || name === "execveat" || name.startsWith("exit") || name.endsWith("sigreturn");
    this.open.set(t, { args, text: atOnce ? this.format(t, entry, args, undefined) : null });
    if (name.startsWith("exit") || name.endsWith("sigreturn")) this.tell(t, { name, args, result: null }, `${this.open.get(t)!.text} = ?`);
  }

  exit(t: GuestThread, entry: SyscallEntry | undefined, result: number): void {
    const call = this.open.get(t);
    if (!call || !entry || entry[1].startsWith("exit") || entry[1].endsWith("sigreturn")) return;
    this.open.delete(t);
    const text = call.text ?? this.format(t, entry, call.args, result);
    this.tell(t, { name: entry[1], args: call.args, result }, `${text} = ${this.result(entry[1], result)}`);
  }

  private tell(t: GuestThread, c: TracedCall, text: string): void {
    this.call?.(c, text);
    this.line(t, text);
  }

  private format(t: GuestThread, entry: SyscallEntry, args: readonly number[], result: number | undefined): string {
    const c = { t, args, result };
    const kinds = entry[3] === "" ? [] : entry[3].split(" ");
    const shown = kinds.map((k, i) => {
      try {
        return k === "-" ? "" : (KINDS[k] ?? hex)(args[i]!, c, i);
      } catch {
        return hex(args[i]!);
      }
    });
    return `${entry[1]}(${shown.filter((s) => s !== "").join(", ")})`;
  }

  private result(name: string, r: number): string {
    if (r === -512) return "? ERESTARTSYS (To be restarted if SA_RESTART is set)";
    if (r < 0 && r >= -4095) return `-1 ${errnoName(-r)} (${errnoText(-r)})`;
    return POINTERS.has(name) ? hex(r) : String(r);
  }

  /** A line of a thread; once there are several, with its number. */
  line(t: GuestThread, text: string): void {
    if (!this.write) return;
    this.many ||= t.kernel.threads.size > 1;
    this.write(this.many ? `[pid ${t.tid}] ${text}` : text);
  }

  signal(t: GuestThread, signo: number, code: number): void {
    this.line(t, `--- ${signalName(signo)} {si_signo=${signalName(signo)}, si_code=${code}} ---`);
  }
}
