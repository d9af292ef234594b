import { afterExec } from "../capabilities.js";
import { GPR, Reg, Seg, SEG_SEL } from "../../../ir/state.js";
import { ElfError } from "../elf.js";
import { E, Errno, fail } from "../errno.js";
import { endThread, releaseVfork } from "../life.js";
import { findProgram, loadProgram, type Program } from "../load.js";
import { GuestProcess } from "../process.js";
import { Rlimit, Rlimits } from "../rlimit.js";
import { checkDesc, isEmptyDesc, loadSegment } from "../segments.js";
import { Sig, SignalActions } from "../signal.js";
import { Space } from "../space.js";
import { GuestThread } from "../thread.js";
import { copyFrom, get32, getString, put32 } from "../user.js";
import { type Blocked, WaitQueue } from "../wait.js";
import { makeTimers } from "./cpu-clocks.js";
import { getUserDesc } from "./tls.js";

/** fork, clone, execve and exits. */

const enum Clone {
  VM = 0x100, FS = 0x200, FILES = 0x400, SIGHAND = 0x800, PIDFD = 0x1000, PTRACE = 0x2000, VFORK = 0x4000, PARENT = 0x8000, THREAD = 0x10000,
  NEWNS = 0x20000, SYSVSEM = 0x40000, SETTLS = 0x80000, PARENT_SETTID = 0x100000, CHILD_CLEARTID = 0x200000, DETACHED = 0x400000,
  CHILD_SETTID = 0x1000000, NEWCGROUP = 0x2000000, NEWUTS = 0x4000000, NEWIPC = 0x8000000, NEWUSER = 0x10000000, NEWPID = 0x20000000, NEWNET = 0x40000000,
}

const NAMESPACES = Clone.NEWNS | Clone.NEWCGROUP | Clone.NEWUTS | Clone.NEWIPC | Clone.NEWUSER | Clone.NEWPID | Clone.NEWNET;

/** What a thread is made by, struct kernel_clone_args. */
interface CloneArguments {
  /** Without the signal that clone(2) has in its low byte. */
  readonly flags: number;
  readonly exitSignal: number;
  readonly stack: number;
  readonly parentTid: number;
  readonly tls: number;
  readonly childTid: number;
  /** Where CLONE_PIDFD's descriptor goes. */
  readonly pidfdAt: number;
  /** CLONE_CLEAR_SIGHAND */
  readonly clearHandlers: boolean;
}

const NOTHING_ELSE = { exitSignal: Sig.CHLD, stack: 0, parentTid: 0, tls: 0, childTid: 0, pidfdAt: 0, clearHandlers: false };

export function fork(t: GuestThread): number | Blocked {
  return doClone(t, { ...NOTHING_ELSE, flags: 0 });
}

export function vfork(t: GuestThread): number | Blocked {
  return doClone(t, { ...NOTHING_ELSE, flags: Clone.VM | Clone.VFORK });
}

/** i386's order of arguments: flags, stack, parent_tid, tls, child_tid. */
export function clone(t: GuestThread, flags: number, stack: number, parentTid: number, tls: number, childTid: number): number | Blocked {
  if (flags & Clone.PIDFD && flags & Clone.PARENT_SETTID) fail(E.INVAL);
  return doClone(t, { flags: flags & ~0xff, exitSignal: flags & 0xff, stack, parentTid, tls, childTid, pidfdAt: parentTid, clearHandlers: false });
}

const CLONE_ARGS_VER0 = 64, CLONE_ARGS_VER1 = 80, CLONE_ARGS_VER2 = 88;
const CLEAR_SIGHAND = 1, INTO_CGROUP = 2;

/** struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup, 64 bits each. */
export function clone3(t: GuestThread, at: number, length: number): number | Blocked {
  const size = length >>> 0;
  if (size > 4096) fail(E["2BIG"]);
  if (size < CLONE_ARGS_VER0) fail(E.INVAL);
  const bytes = copyFrom(t.memory, at, size);
  if (bytes.subarray(CLONE_ARGS_VER2).some((b) => b !== 0)) fail(E["2BIG"]);
  const words = new DataView(bytes.buffer);
  const low = (i: number): number => (i * 8 < size ? words.getInt32(i * 8, true) : 0), high = (i: number): number => (i * 8 < size ? words.getInt32(i * 8 + 4, true) : 0);
  // Nothing but flags has bits above the 32nd.
  for (const i of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) if (high(i)) fail(E.INVAL);
  const flags = low(0), exitSignal = low(4), stack = low(5), stackSize = low(6);
  if (size >= CLONE_ARGS_VER1 && (low(8) === 0) !== (low(9) === 0)) fail(E.INVAL);
  if (low(9) >>> 0 > 32) fail(E.INVAL);
  if (exitSignal & ~0xff || exitSignal > 64) fail(E.INVAL);
  if (high(0) & ~(CLEAR_SIGHAND | INTO_CGROUP) || flags & (Clone.DETACHED | 0xff)) fail(E.INVAL);
  if (flags & Clone.SIGHAND && high(0) & CLEAR_SIGHAND) fail(E.INVAL);
  if (flags & (Clone.THREAD | Clone.PARENT) && exitSignal) fail(E.INVAL);
  if ((stack === 0) !== (stackSize === 0)) fail(E.INVAL);
  if (low(9)) fail(E.PERM);
  if (high(0) & INTO_CGROUP) fail(E.BADF);
  return doClone(t, {
    flags, exitSignal, stack: (stack + stackSize) | 0, parentTid: low(3), tls: low(7), childTid: low(2), pidfdAt: low(1), clearHandlers: (high(0) & CLEAR_SIGHAND) !== 0,
  });
}

function doClone(t: GuestThread, args: CloneArguments): number | Blocked {
  const { flags, stack, parentTid, tls, childTid } = args;
  if (flags & Clone.SIGHAND && !(flags & Clone.VM)) fail(E.INVAL);
  if (flags & Clone.THREAD && !(flags & Clone.SIGHAND)) fail(E.INVAL);
  if (flags & NAMESPACES) fail(flags & Clone.NEWNS && flags & Clone.FS ? E.INVAL : E.PERM);
  if (flags & Clone.PIDFD && flags & (Clone.THREAD | Clone.DETACHED)) fail(E.INVAL);
  const { kernel } = t;
  const parent = t.process;
  if (parent.kernel.threads.size >= parent.rlimits.get(Rlimit.NPROC).soft) fail(E.AGAIN);
  const desc = flags & Clone.SETTLS ? getUserDesc(t.memory, tls) : null;
  if (desc) {
    if (desc.entry < 12 || desc.entry > 14) fail(E.INVAL);
    checkDesc(desc);
  }
  if (flags & Clone.PARENT_SETTID) put32(t.memory, parentTid, 0);
  if (flags & Clone.PIDFD) put32(t.memory, args.pidfdAt, 0);
  const tid = kernel.allocatePid();
  const sharesMemory = (flags & Clone.VM) !== 0;
  const p = flags & Clone.THREAD ? parent : newProcess(t, tid, args);
  const child = new GuestThread(kernel, p, tid, p.space);
  child.saved.set(t.space.cpu.state.bytes);
  child.sigmask = { ...t.sigmask };
  child.tls = t.tls.slice();
  child.comm = t.comm;
  // Not so with SCHED_RESET_ON_FORK.
  child.policy = t.policy & 0x40000000 ? 0 : t.policy;
  child.ioPriority = t.ioPriority;
  if (!sharesMemory || flags & Clone.VFORK) Object.assign(child.altStack, t.altStack);
  if (flags & Clone.CHILD_CLEARTID) child.clearChildTid = childTid;
  if (desc) child.tls[desc.entry - 12] = isEmptyDesc(desc) ? null : desc;
  p.threads.add(child);
  kernel.threads.set(tid, child);
  if (flags & Clone.PARENT_SETTID) put32(t.memory, parentTid, tid);
  if (flags & Clone.PIDFD) put32(t.memory, args.pidfdAt, t.process.files!.add(kernel.fileSystem.pidfd(p, 0), true));
  if (flags & Clone.CHILD_SETTID) put32(p.memory, childTid, tid);
  const S = new Int32Array(child.saved.buffer);
  S[(GPR >> 2) + Reg.EAX * 2] = 0;
  if (stack) S[(GPR >> 2) + Reg.ESP * 2] = stack;
  // The new descriptor's base is in force at once where the child's gs or fs names it.
  for (const seg of [Seg.FS, Seg.GS]) reloadTls(S, child, seg);
  kernel.ready(child);
  if (flags & Clone.VFORK) {
    const queue = (p.vforkQueue = new WaitQueue());
    t.uninterruptible = true;
    const wait: Blocked = { queues: [queue], retry: () => (p.vforkQueue === queue ? wait : tid) };
    return wait;
  }
  return tid;
}

/** Load FS or GS again from the thread's descriptors. */
function reloadTls(S: Int32Array, t: GuestThread, seg: number): void {
  const selector = S[(SEG_SEL >> 2) + seg]! & 0xffff;
  if (selector >> 3 >= 12) loadSegment(S, t.tls, seg, t.tls[(selector >> 3) - 12] ? selector : 0);
}

function newProcess(t: GuestThread, pid: number, { flags, exitSignal, clearHandlers }: CloneArguments): GuestProcess {
  const { kernel } = t;
  const parent = t.process;
  let { space } = parent;
  if (flags & Clone.VM) {
    space.users++;
  } else {
    space = space.fork();
  }
  const actions = flags & Clone.SIGHAND ? parent.actions : new SignalActions(parent.actions);
  if (clearHandlers) actions.resetHandlers();
  const fs = flags & Clone.FS ? parent.fs : parent.fs.clone();
  const p = new GuestProcess(kernel, pid, parent.pgid, parent.sid, space, actions, fs, { ...parent.cred, groups: [...parent.cred.groups] }, makeTimers);
  if (flags & Clone.FILES) {
    p.files = parent.files;
    p.files!.retain();
  } else {
    p.files = parent.files!.clone();
  }
  p.comm = parent.comm;
  p.exe = parent.exe;
  p.rlimits = new Rlimits(parent.rlimits);
  p.personality = parent.personality;
  p.dumpable = parent.dumpable;
  p.noNewPrivs = parent.noNewPrivs;
  p.nice = parent.nice;
  p.oomAdjustment = parent.oomAdjustment;
  p.dumpFilter = parent.dumpFilter;
  p.exitSignal = exitSignal;
  const father = flags & Clone.PARENT ? parent.parent : parent;
  p.parent = father;
  father?.children.add(p);
  kernel.table.set(pid, p);
  return p;
}

// execve

const MAX_ARGUMENTS = 0x7fffffff;

function stringList(t: GuestThread, at: number): string[] {
  const list: string[] = [];
  if (at === 0) return list;
  let total = 0;
  for (let i = 0; i < MAX_ARGUMENTS; i++) {
    const p = get32(t.memory, (at + i * 4) | 0);
    if (p === 0) break;
    const s = getString(t.memory, p, 131072, E["2BIG"]);
    total += s.length + 5;
    if (total > 6 << 20) fail(E["2BIG"]);
    list.push(s);
  }
  return list;
}

export function execve(t: GuestThread, path: number, argv: number, envp: number): number {
  return doExec(t, -100, getString(t.memory, path), argv, envp, 0);
}

export function execveat(t: GuestThread, dir: number, path: number, argv: number, envp: number, flags: number): number {
  if (flags & ~0x1100) fail(E.INVAL);
  return doExec(t, dir, getString(t.memory, path), argv, envp, flags);
}

const READ_IMPLIES_EXEC = 0x400000;

function doExec(t: GuestThread, dir: number, path: string, argvAt: number, envAt: number, flags: number): number {
  const argv = stringList(t, argvAt), env = stringList(t, envAt);
  if (argv.length === 0) argv.push("");
  const { kernel } = t;
  let program: Program;
  try {
    program = findProgram(kernel.fileSystem, t.process, dir, path, flags, argv, kernel.options.addressSpace - 0x10000);
  } catch (e) {
    if (e instanceof ElfError) throw new Errno(E.NOEXEC);
    throw e;
  }
  startProgram(t, program, env);
  return 0;
}

/** Replace what a process runs. Throws Errno with the old program intact. */
export function startProgram(t: GuestThread, program: Program, env: readonly string[]): void {
  const p = t.process;
  const { kernel } = t;
  const stackLimit = p.rlimits.get(Rlimit.STACK).soft;
  const cred = { ...p.cred };
  if (!p.noNewPrivs) {
    if (program.setUid !== null) cred.euid = cred.suid = cred.fsuid = program.setUid;
    if (program.setGid !== null) cred.egid = cred.sgid = cred.fsgid = program.setGid;
  }
  const secure = cred.euid !== cred.uid || cred.egid !== cred.gid;
  cred.suid = cred.euid;
  cred.caps = afterExec(cred, cred.euid !== p.cred.euid || cred.egid !== p.cred.egid);
  const random = new Uint8Array(16);
  kernel.random(random);
  let space: Space | null = null;
  try {
    space = Space.make(kernel, kernel.budget, kernel.options.makeProcessor);
    space.map.limits = { as: p.rlimits.get(Rlimit.AS).soft, data: p.rlimits.get(Rlimit.DATA).soft };
    loadProgram(space.map, space.S, program, { env, cred, secure, stackLimit, random });
  } catch (e) {
    space?.release();
    throw e;
  } finally {
    program.file.release();
    program.interpreter?.file.release();
  }
  // No way back from here.
  for (const other of [...p.threads]) if (other !== t) endThread(other);
  const old = t.space;
  if (old.current === t) old.current = null;
  becomeLeader(t);
  t.space = space;
  p.space = space;
  space.current = t;
  t.tls = [null, null, null];
  t.robustList = t.clearChildTid = 0;
  Object.assign(t.altStack, { sp: 0, size: 0, flags: 0 });
  old.release();
  releaseVfork(p);
  p.actions = new SignalActions(p.actions);
  p.actions.resetHandlers();
  p.timers.dropPosix();
  p.files!.closeOnExec(p);
  Object.assign(p.cred, cred, { suid: cred.euid, sgid: cred.egid, fsuid: cred.euid, fsgid: cred.egid });
  p.exe = program.path;
  p.comm = t.comm = program.name.slice(program.name.lastIndexOf("/") + 1).slice(0, 15);
  p.execed = true;
  p.exitSignal = Sig.CHLD;
  p.dumpable = secure ? 0 : 1;
  p.personality &= ~READ_IMPLIES_EXEC;
  kernel.tracer?.execed(t);
}

/** The thread that calls execve takes the place, and the number, of the process' first. */
function becomeLeader(t: GuestThread): void {
  if (t.tid === t.process.pid) return;
  t.kernel.threads.delete(t.tid);
  (t as { tid: number }).tid = t.process.pid;
  t.kernel.threads.set(t.tid, t);
}

// Exits

export function exit(t: GuestThread, status: number): number {
  endThread(t, status & 0xff);
  return 0;
}

export function exitGroup(t: GuestThread, status: number): number {
  t.kernel.exitGroup(t.process, { status: status & 0xff, signal: 0, core: false, fault: null });
  return 0;
}

/** restart_syscall: nothing here restarts by it. */
export function restartSyscall(): number {
  return -E.INTR;
}
