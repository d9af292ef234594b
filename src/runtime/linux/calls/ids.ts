import { afterFileUser, afterUsers, Cap, capable } from "../capabilities.js";
import type { Credentials } from "../contract.js";
import { E, fail } from "../errno.js";
import type { GuestProcess } from "../process.js";
import { groupMembers } from "../session.js";
import type { GuestThread } from "../thread.js";
import { get16, get32, put16, put32 } from "../user.js";

/** Who a process is: ids of processes, groups, sessions, users. */

export const getpid = (t: GuestThread): number => t.process.pid;
export const gettid = (t: GuestThread): number => t.tid;
export const getppid = (t: GuestThread): number => t.process.ppid;
export const getpgrp = (t: GuestThread): number => t.process.pgid;

function find(t: GuestThread, pid: number): GuestProcess {
  return pid === 0 ? t.process : (t.kernel.process(pid) ?? fail(E.SRCH));
}

export const getpgid = (t: GuestThread, pid: number): number => find(t, pid).pgid;
export const getsid = (t: GuestThread, pid: number): number => find(t, pid).sid;

export function setpgid(t: GuestThread, pid: number, pgid: number): number {
  if (pgid < 0) fail(E.INVAL);
  const p = find(t, pid);
  const me = t.process;
  if (p !== me) {
    if (p.parent !== me) fail(E.SRCH);
    if (p.sid !== me.sid) fail(E.PERM);
    if (p.execed) fail(E.ACCES);
  }
  if (p.sid === p.pid) fail(E.PERM);
  const group = pgid === 0 ? p.pid : pgid;
  if (group !== p.pid) {
    const [member] = groupMembers(t.kernel, group);
    if (!member || member.sid !== me.sid) fail(E.PERM);
  }
  p.pgid = group;
  return 0;
}

export function setsid(t: GuestThread): number {
  const p = t.process;
  const [member] = groupMembers(t.kernel, p.pid);
  if (member) fail(E.PERM);
  p.sid = p.pgid = p.pid;
  return p.pid;
}

// Users. Numbers of 16 bits (the old calls) show larger ids as 65534.

const low = (id: number): number => (id > 0xffff ? 65534 : id);
const wide = (id: number): number => ((id & 0xffff) === 0xffff ? -1 : id & 0xffff);

export const getuid = (t: GuestThread): number => t.cred.uid;
export const geteuid = (t: GuestThread): number => t.cred.euid;
export const getgid = (t: GuestThread): number => t.cred.gid;
export const getegid = (t: GuestThread): number => t.cred.egid;
export const getuid16 = (t: GuestThread): number => low(t.cred.uid);
export const geteuid16 = (t: GuestThread): number => low(t.cred.euid);
export const getgid16 = (t: GuestThread): number => low(t.cred.gid);
export const getegid16 = (t: GuestThread): number => low(t.cred.egid);

type Kind = "uid" | "gid";
type Fields = readonly [keyof Credentials & string, keyof Credentials & string, keyof Credentials & string, keyof Credentials & string];
const FIELDS: Readonly<Record<Kind, Fields>> = { uid: ["uid", "euid", "suid", "fsuid"], gid: ["gid", "egid", "sgid", "fsgid"] };

/** (real, effective, saved, file system) ids of a process as numbers. */
function ids(c: Credentials, kind: Kind): [number, number, number, number] {
  return FIELDS[kind].map((f) => c[f] as number) as [number, number, number, number];
}

/** Whoever changes what he may do is nobody's business any more: his core, his /proc. */
function store({ cred, process }: GuestThread, kind: Kind, values: readonly number[]): void {
  const [, , , fs] = FIELDS[kind], [, effective] = FIELDS[kind];
  if (cred[effective] !== values[1] || cred[fs] !== values[3]) process.dumpable = 0;
  const old = { ...cred };
  FIELDS[kind].forEach((f, i) => {
    (cred[f] as number) = values[i]!;
  });
  if (kind === "uid") cred.caps = afterUsers(cred.caps, old, cred);
}

const privileged = (t: GuestThread, kind: Kind): boolean => capable(t.cred, kind === "uid" ? Cap.SETUID : Cap.SETGID);

export const setid = (kind: Kind) => (t: GuestThread, id: number): number => {
  const c = t.cred;
  const [real, , saved] = ids(c, kind);
  if (id < 0) fail(E.INVAL);
  if (privileged(t, kind)) store(t, kind, [id, id, id, id]);
  else if (id === real || id === saved) store(t, kind, [real, id, saved, id]);
  else fail(E.PERM);
  return 0;
};

export const setreid = (kind: Kind) => (t: GuestThread, r: number, e: number): number => {
  const [real, effective, saved] = ids(t.cred, kind);
  if (!privileged(t, kind)) {
    if (r !== -1 && r !== real && r !== effective) fail(E.PERM);
    if (e !== -1 && e !== real && e !== effective && e !== saved) fail(E.PERM);
  }
  const nextReal = r === -1 ? real : r, next = e === -1 ? effective : e;
  const nextSaved = r !== -1 || (e !== -1 && e !== real) ? next : saved;
  store(t, kind, [nextReal, next, nextSaved, next]);
  return 0;
};

export const setresid = (kind: Kind) => (t: GuestThread, r: number, e: number, s: number): number => {
  const [real, effective, saved] = ids(t.cred, kind);
  const allowed = (id: number): boolean => id === -1 || id === real || id === effective || id === saved;
  if (!privileged(t, kind) && !(allowed(r) && allowed(e) && allowed(s))) fail(E.PERM);
  const next = e === -1 ? effective : e;
  store(t, kind, [r === -1 ? real : r, next, s === -1 ? saved : s, next]);
  return 0;
};

export const getresid = (kind: Kind) => (t: GuestThread, r: number, e: number, s: number): number => {
  const v = ids(t.cred, kind);
  [r, e, s].forEach((at, i) => put32(t.memory, at, v[i]!));
  return 0;
};

export const getresid16 = (kind: Kind) => (t: GuestThread, r: number, e: number, s: number): number => {
  const v = ids(t.cred, kind);
  [r, e, s].forEach((at, i) => put16(t.memory, at, low(v[i]!)));
  return 0;
};

export const setfsid = (kind: Kind) => (t: GuestThread, id: number): number => {
  const v = ids(t.cred, kind);
  const old = v[3];
  if (id < 0 || !(privileged(t, kind) || v.includes(id))) return old;
  store(t, kind, [v[0], v[1], v[2], id]);
  if (kind === "uid") t.cred.caps = afterFileUser(t.cred.caps, old, id);
  return old;
};

/** The same with ids of 16 bits. */
export const narrow = (call: (t: GuestThread, a: number, b: number, c: number) => number) =>
  (t: GuestThread, a: number, b: number, c: number): number => call(t, wide(a), wide(b), wide(c));

const MAX_GROUPS = 65536;

export const getgroups = (size: 2 | 4) => (t: GuestThread, count: number, at: number): number => {
  const { groups } = t.cred;
  if (count < 0) fail(E.INVAL);
  if (count === 0) return groups.length;
  if (count < groups.length) fail(E.INVAL);
  groups.forEach((g, i) => (size === 2 ? put16(t.memory, at + i * 2, low(g)) : put32(t.memory, at + i * 4, g)));
  return groups.length;
};

export const setgroups = (size: 2 | 4) => (t: GuestThread, count: number, at: number): number => {
  if (!privileged(t, "gid")) fail(E.PERM);
  if (count >>> 0 > MAX_GROUPS) fail(E.INVAL);
  t.cred.groups = Array.from({ length: count }, (_, i) => (size === 2 ? get16(t.memory, at + i * 2) : get32(t.memory, at + i * 4)));
  return 0;
};
