import { Cap, capable, has } from "../capabilities.js";
import { ambient, dropBounding } from "./capabilities.js";
import { E, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import { type Limit, Rlimit, RLIMIT_COUNT } from "../rlimit.js";
import type { GuestThread } from "../thread.js";
import { copyTo, fromLatin1, get32, getString, latin1, put16, put32, put64, readableView, writableView } from "../user.js";

/** What is left: names of the system, limits, random bytes, prctl. */

const FIELD = 65;

/** struct new_utsname: six strings of 65 bytes. */
export function uname(t: GuestThread, at: number): number {
  const u = t.kernel.uts;
  const into = new Uint8Array(6 * FIELD);
  // PER_LINUX32 is what a 32-bit program on a 64-bit kernel asks for to see i686; here there is nothing else to see.
  [u.sysname, u.nodename, u.release, u.version, u.machine, u.domainname].forEach((s, i) => into.set(fromLatin1(s.slice(0, FIELD - 1)), i * FIELD));
  copyTo(t.memory, at, into);
  return 0;
}

export function sethostname(t: GuestThread, at: number, length: number): number {
  if (!capable(t.cred, Cap.SYS_ADMIN)) fail(E.PERM);
  if (length < 0 || length > 64) fail(E.INVAL);
  t.kernel.uts.nodename = getString(t.memory, at, length + 1).slice(0, length);
  return 0;
}

/** struct sysinfo of 64 bytes. */
export function sysinfo(t: GuestThread, at: number): number {
  const k = t.kernel;
  const m = t.memory;
  if (writableView(m, at, 64).fill(0).length < 64) fail(E.FAULT);
  put32(m, at, Math.floor(k.clock.monotonic() / 1e9));
  const unit = 4096;
  put32(m, at + 16, Math.floor(k.memoryTotal / unit));
  put32(m, at + 20, Math.floor((k.memoryTotal - k.memoryUsed()) / unit));
  put16(m, at + 40, k.threads.size);
  put32(m, at + 52, unit);
  return 0;
}

export function personality(t: GuestThread, persona: number): number {
  const p = t.process;
  const old = p.personality;
  if (persona !== -1) p.personality = persona;
  return old;
}

export function getrandom(t: GuestThread, at: number, length: number, flags: number): number {
  if (flags & ~7 || (flags & 6) === 6) fail(E.INVAL);
  const n = Math.min(length >>> 0, 0x2000000 - 1);
  const view = writableView(t.memory, at, n);
  t.kernel.random(view);
  return view.length;
}

export function getcpu(t: GuestThread, cpuAt: number, nodeAt: number): number {
  if (cpuAt) put32(t.memory, cpuAt, 0);
  if (nodeAt) put32(t.memory, nodeAt, 0);
  return 0;
}

export function membarrier(_t: GuestThread, command: number, flags: number): number {
  if (flags) fail(E.INVAL);
  // Threads take turns, so every barrier is passed already: QUERY says global and private expedited.
  const GLOBAL = 1, PRIVATE = 8, REGISTER = 16;
  if (command === 0) return GLOBAL | PRIVATE | REGISTER;
  return command === GLOBAL || command === PRIVATE || command === REGISTER ? 0 : -E.INVAL;
}

// Limits

const INFINITE32 = 0xffffffff, INFINITE64 = 0xffffffffffffffffn;

function limits(p: GuestProcess, resource: number): Limit {
  if (resource >>> 0 >= RLIMIT_COUNT) fail(E.INVAL);
  return p.rlimits.get(resource);
}

function setLimit(t: GuestThread, p: GuestProcess, resource: number, next: Limit): void {
  const old = limits(p, resource);
  if (next.soft > next.hard) fail(E.INVAL);
  if (next.hard > old.hard && !capable(t.cred, Cap.SYS_RESOURCE)) fail(E.PERM);
  // These two protect the host, whoever asks.
  if ((resource === Rlimit.NPROC || resource === Rlimit.NOFILE) && next.hard > old.hard) fail(E.PERM);
  p.rlimits.set(resource, next);
  if (resource === Rlimit.AS) p.space.map.limits.as = next.soft;
  if (resource === Rlimit.STACK) p.space.map.limitStack(next.soft);
  if (resource === Rlimit.NOFILE && p.files) p.files.limit = next.soft;
  if (resource === Rlimit.DATA) p.space.map.limits.data = next.soft;
}

const from32 = (v: number): number => (v >>> 0 === INFINITE32 ? Infinity : v >>> 0);
const to32 = (v: number, infinite: number): number => (v >= infinite ? infinite : v);

export function ugetrlimit(t: GuestThread, resource: number, at: number): number {
  const l = limits(t.process, resource);
  put32(t.memory, at, to32(l.soft, INFINITE32));
  put32(t.memory, at + 4, to32(l.hard, INFINITE32));
  return 0;
}

/** The oldest call knows 31 bits. */
export function oldGetrlimit(t: GuestThread, resource: number, at: number): number {
  const l = limits(t.process, resource);
  put32(t.memory, at, to32(l.soft, 0x7fffffff));
  put32(t.memory, at + 4, to32(l.hard, 0x7fffffff));
  return 0;
}

export function setrlimit(t: GuestThread, resource: number, at: number): number {
  setLimit(t, t.process, resource, { soft: from32(get32(t.memory, at)), hard: from32(get32(t.memory, at + 4)) });
  return 0;
}

function putLimit64(t: GuestThread, at: number, v: number): void {
  if (v === Infinity) {
    put32(t.memory, at, -1);
    put32(t.memory, at + 4, -1);
  } else {
    put64(t.memory, at, v);
  }
}

function getLimit64(t: GuestThread, at: number): number {
  const v = (BigInt(get32(t.memory, at + 4) >>> 0) << 32n) | BigInt(get32(t.memory, at) >>> 0);
  return v === INFINITE64 ? Infinity : Number(v);
}

export function prlimit64(t: GuestThread, pid: number, resource: number, newAt: number, oldAt: number): number {
  const p = pid === 0 ? t.process : t.kernel.process(pid);
  if (!p) return -E.SRCH;
  if (p !== t.process && !capable(t.cred, Cap.SYS_RESOURCE) && t.cred.uid !== p.cred.uid) fail(E.PERM);
  const old = { ...limits(p, resource) };
  if (newAt) setLimit(t, p, resource, { soft: getLimit64(t, newAt), hard: getLimit64(t, newAt + 8) });
  if (oldAt) {
    putLimit64(t, oldAt, old.soft);
    putLimit64(t, oldAt + 8, old.hard);
  }
  return 0;
}

// prctl

const enum Pr {
  SET_PDEATHSIG = 1, GET_PDEATHSIG = 2, GET_DUMPABLE = 3, SET_DUMPABLE = 4, GET_KEEPCAPS = 7, SET_KEEPCAPS = 8, SET_NAME = 15, GET_NAME = 16,
  GET_SECCOMP = 21, CAPBSET_READ = 23, CAPBSET_DROP = 24, GET_TSC = 25, GET_SECUREBITS = 27, SET_TIMERSLACK = 29, GET_TIMERSLACK = 30, SET_CHILD_SUBREAPER = 36,
  GET_CHILD_SUBREAPER = 37, SET_NO_NEW_PRIVS = 38, GET_NO_NEW_PRIVS = 39, GET_THP_DISABLE = 42, CAP_AMBIENT = 47,
}

export function prctl(t: GuestThread, option: number, a: number, b: number, c: number): number {
  const p = t.process;
  const m = t.memory;
  switch (option) {
    case Pr.SET_PDEATHSIG:
      if (a < 0 || a > 64) fail(E.INVAL);
      p.deathSignal = a;
      return 0;
    case Pr.GET_PDEATHSIG:
      put32(m, a, p.deathSignal);
      return 0;
    case Pr.GET_DUMPABLE:
      return p.dumpable;
    case Pr.SET_DUMPABLE:
      if (a !== 0 && a !== 1) fail(E.INVAL);
      p.dumpable = a;
      return 0;
    case Pr.SET_NAME: {
      const bytes = readableView(m, a, 16);
      const end = bytes.indexOf(0);
      const name = latin1(bytes.subarray(0, end < 0 ? 15 : end)).slice(0, 15);
      t.comm = name;
      if (t.tid === p.pid) p.comm = name;
      return 0;
    }
    case Pr.GET_NAME: {
      const into = new Uint8Array(16);
      into.set(fromLatin1(t.comm));
      copyTo(m, a, into);
      return 0;
    }
    case Pr.GET_SECCOMP:
    case Pr.GET_SECUREBITS:
    case Pr.GET_THP_DISABLE:
      return 0;
    case Pr.GET_KEEPCAPS:
      return p.cred.caps.keep ? 1 : 0;
    case Pr.SET_KEEPCAPS:
      if (a !== 0 && a !== 1) fail(E.INVAL);
      p.cred.caps = { ...p.cred.caps, keep: a === 1 };
      return 0;
    case Pr.CAPBSET_READ:
      return a >>> 0 > Cap.LAST ? -E.INVAL : has(p.cred.caps.bounding, a) ? 1 : 0;
    case Pr.CAPBSET_DROP:
      return dropBounding(t, a);
    case Pr.CAP_AMBIENT:
      return ambient(t, a, b);
    case Pr.GET_TSC:
      put32(m, a, 1);
      return 0;
    case Pr.SET_TIMERSLACK:
      t.timerSlack = a > 0 ? a : 50000;
      return 0;
    case Pr.GET_TIMERSLACK:
      return t.timerSlack;
    case Pr.SET_CHILD_SUBREAPER:
      p.subreaper = a !== 0;
      return 0;
    case Pr.GET_CHILD_SUBREAPER:
      put32(m, a, p.subreaper ? 1 : 0);
      return 0;
    case Pr.SET_NO_NEW_PRIVS:
      if (a !== 1 || b || c) fail(E.INVAL);
      p.noNewPrivs = 1;
      return 0;
    case Pr.GET_NO_NEW_PRIVS:
      return p.noNewPrivs;
    default:
      return -E.INVAL;
  }
}

// Calls that exist to say no.

export const refuse = (errno: number) => (): number => -errno;
