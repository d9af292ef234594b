import type { SyscallEntry, Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyTo, fromLatin1, get16, get32, latin1, put32, put8, readableView, writableView } from "../user.js";
import type { Result } from "../wait.js";
import { deadlineOf, gather, scatter, whenReady } from "./calls-io.js";
import * as inet from "./calls-inet.js";
import * as netlink from "./calls-netlink.js";
import type { File } from "./file.js";
import { O } from "./file.js";
import { Event, happenedIn } from "./file-events.js";
import { InetSocket } from "./inet-socket.js";
import { NetlinkSocket } from "./netlink-socket.js";
import { S } from "./inode.js";
import * as timeouts from "./socket-timeouts.js";
import { type Message, UnixSocket, unixSockets } from "./unix-socket.js";
import { AT_FDCWD, filesOf, vfsOf } from "./vfs.js";
import { AF_NETLINK, AF_UNIX, SOCK_CLOEXEC, SOCK_NONBLOCK, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, MSG_NOSIGNAL, MSG_CMSG_CLOEXEC, MSG_WAITALL, SOL_SOCKET } from "./socket-constants.js";

/** Socket calls: AF_UNIX within the guest; those on AF_INET sockets are in calls-inet.ts. */

function checkType(domain: number, type: number, protocol: number): number {
  if (domain !== AF_UNIX) fail(E.AFNOSUPPORT);
  const kind = type & 0xf;
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC)) fail(E.INVAL);
  if (kind !== 1 && kind !== 2 && kind !== 5) fail(E.SOCKTNOSUPPORT);
  if (protocol !== 0 && protocol !== AF_UNIX) fail(E.PROTONOSUPPORT);
  return kind;
}

const newSocket = (t: Thread, kind: number, type: number): UnixSocket =>
  new UnixSocket(kind, type & SOCK_NONBLOCK, { pid: t.process.pid, uid: t.cred.euid, gid: t.cred.egid }, unixSockets(t.kernel));

function socket(t: Thread, domain: number, type: number, protocol: number): number {
  const family = inet.FAMILIES.get(domain);
  if (family) return inet.socket(t, family, type, protocol);
  if (domain === AF_NETLINK) return netlink.socket(t, type, protocol);
  const kind = checkType(domain, type, protocol);
  return filesOf(t).add(newSocket(t, kind, type), (type & SOCK_CLOEXEC) !== 0);
}

function socketpair(t: Thread, domain: number, type: number, protocol: number, at: number): number {
  const kind = checkType(domain, type, protocol);
  const a = newSocket(t, kind, type), b = newSocket(t, kind, type);
  a.connectTo(b);
  const cloexec = (type & SOCK_CLOEXEC) !== 0;
  const fa = filesOf(t).add(a, cloexec), fb = filesOf(t).add(b, cloexec);
  put32(t.memory, at, fa);
  put32(t.memory, at + 4, fb);
  return 0;
}

function socketOf(t: Thread, fd: number): UnixSocket {
  const f = filesOf(t).get(fd);
  return f instanceof UnixSocket ? f : fail(E.NOTSOCK);
}

/** sockaddr_un: family, then a path, or a NUL and an abstract name. */
function getAddress(t: Thread, at: number, length: number): string {
  if (length < 2 || length > 110) fail(E.INVAL);
  if (get16(t.memory, at) !== AF_UNIX) fail(E.INVAL);
  const raw = latin1(readableView(t.memory, at + 2, length - 2));
  if (raw.startsWith("\0")) return raw;
  const end = raw.indexOf("\0");
  return end < 0 ? raw : raw.slice(0, end);
}

function putAddress(t: Thread, at: number, lengthAt: number, name: string): void {
  if (!at || !lengthAt) return;
  const bytes = new Uint8Array(2 + (name === "" ? 0 : name.length + (name.startsWith("\0") ? 0 : 1)));
  bytes[0] = AF_UNIX;
  bytes.set(fromLatin1(name), 2);
  const room = get32(t.memory, lengthAt);
  if (room < 0) fail(E.INVAL);
  copyTo(t.memory, at, bytes.subarray(0, room));
  put32(t.memory, lengthAt, bytes.length);
}

const abstractNames = new WeakMap<object, Map<string, UnixSocket>>();
const boundInodes = new WeakMap<object, UnixSocket>();

function abstracts(t: Thread): Map<string, UnixSocket> {
  let m = abstractNames.get(t.kernel);
  if (!m) abstractNames.set(t.kernel, (m = new Map()));
  return m;
}

function bind(t: Thread, fd: number, at: number, length: number): number {
  const s = socketOf(t, fd);
  if (s.name !== "") fail(E.INVAL);
  let name = getAddress(t, at, length);
  const names = abstracts(t);
  if (name === "") {
    // autobind
    let n = 0;
    do name = `\0${(n++).toString(16).padStart(5, "0")}`; while (names.has(name));
  }
  if (name.startsWith("\0")) {
    if (names.has(name)) fail(E.ADDRINUSE);
    names.set(name, s);
    s.onClose = () => void names.delete(name);
  } else {
    const vfs = vfsOf(t);
    const target = vfs.target(t.process, AT_FDCWD, name, false);
    if (target.place) fail(E.ADDRINUSE);
    vfs.mayWriteIn(t.cred, target.parent.inode);
    const inode = target.parent.inode.create(target.name, S.IFSOCK | (0o777 & ~t.process.fs.umask), 0, t.cred);
    boundInodes.set(inode.identity, s);
    happenedIn(target.parent.inode, target.name, null, Event.CREATE);
  }
  s.name = name;
  return 0;
}

function findListener(t: Thread, name: string): UnixSocket {
  if (name.startsWith("\0")) return abstracts(t).get(name) ?? fail(E.CONNREFUSED);
  const place = vfsOf(t).find(t.process, AT_FDCWD, name, true);
  if (place.inode.type !== S.IFSOCK) fail(E.CONNREFUSED);
  return boundInodes.get(place.inode.identity) ?? fail(E.CONNREFUSED);
}

function connect(t: Thread, fd: number, at: number, length: number): Result {
  const s = socketOf(t, fd);
  const name = getAddress(t, at, length);
  const other = findListener(t, name);
  if (other.kind !== s.kind) return -E.PROTOTYPE;
  if (s.kind === 2) {
    s.target = other;
    return 0;
  }
  if (s.peer) return -E.ISCONN;
  return whenReady(s, () => s.connectToListener(other, newSocket(t, s.kind, 0)), s.nonBlocking, { deadline: deadlineOf(t, s.writeTimeout) });
}

function listen(t: Thread, fd: number, backlog: number): number {
  const s = socketOf(t, fd);
  if (s.kind === 2) return -E.OPNOTSUPP;
  if (s.name === "") return -E.INVAL;
  s.backlog = Math.max(1, Math.min(backlog < 0 ? 4096 : backlog, 4096));
  return 0;
}

function accept4(t: Thread, fd: number, at: number, lengthAt: number, flags: number): Result {
  const s = socketOf(t, fd);
  if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) fail(E.INVAL);
  if (s.backlog === 0) return -E.INVAL;
  return whenReady(s, () => {
    const c = s.waiting.shift();
    if (!c) return -E.AGAIN;
    if (flags & SOCK_NONBLOCK) c.flags |= O.NONBLOCK;
    putAddress(t, at, lengthAt, c.peer?.name ?? "");
    return filesOf(t).add(c, (flags & SOCK_CLOEXEC) !== 0);
  }, s.nonBlocking, { deadline: deadlineOf(t, s.readTimeout) });
}

function destination(t: Thread, s: UnixSocket, at: number, length: number): UnixSocket | null {
  if (!at) return null;
  if (s.kind !== 2) return s.peer ? fail(E.ISCONN) : fail(E.OPNOTSUPP);
  return findListener(t, getAddress(t, at, length));
}

function send(t: Thread, s: UnixSocket, bytes: () => Uint8Array, flags: number, to: UnixSocket | null, files: File[] = []): Result {
  const nonBlocking = s.nonBlocking || (flags & MSG_DONTWAIT) !== 0;
  let done = 0;
  return whenReady(s, () => {
    for (;;) {
      const all = bytes();
      const r = s.send(done === 0 ? all : all.subarray(done), to, done === 0 ? files : [], { pid: t.process.pid, uid: t.cred.euid, gid: t.cred.egid });
      if (r === -E.PIPE && !(flags & MSG_NOSIGNAL) && s.kind !== 2) t.signal({ signo: 13, code: 0, pid: t.process.pid, uid: t.cred.uid });
      if (r < 0) return done > 0 && (nonBlocking || r !== -E.AGAIN) ? done : r;
      done += r;
      if (done >= all.length || s.kind !== 1) return done;
    }
  }, nonBlocking, { deadline: deadlineOf(t, s.writeTimeout), done: () => done });
}

function sendto(t: Thread, fd: number, at: number, length: number, flags: number, addressAt: number, addressLength: number): Result {
  const s = socketOf(t, fd);
  const to = destination(t, s, addressAt, addressLength);
  return send(t, s, () => readableView(t.memory, at, length), flags, to);
}

function recvfrom(t: Thread, fd: number, at: number, length: number, flags: number, addressAt: number, lengthAt: number): Result {
  const s = socketOf(t, fd);
  const all = (flags & (MSG_WAITALL | MSG_PEEK)) === MSG_WAITALL && s.kind === 1;
  let done = 0;
  return whenReady(s, () => {
    for (;;) {
      const m = s.receive(length === 0 ? new Uint8Array(0) : writableView(t.memory, at + done, length - done), (flags & MSG_PEEK) !== 0);
      if (typeof m === "number") return done > 0 && m !== -E.AGAIN ? done : m;
      putAddress(t, addressAt, lengthAt, m.from);
      for (const f of m.files) f.release();
      done += m.length;
      if (!all || m.length === 0 || done >= length) return flags & MSG_TRUNC && s.kind !== 1 ? m.whole : done;
    }
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout), done: () => done });
}

/** struct msghdr: name, namelen, iov, iovlen, control, controllen, flags. */
interface Header {
  readonly name: number;
  readonly nameLength: number;
  readonly iov: number;
  readonly iovLength: number;
  readonly control: number;
  readonly controlLength: number;
}

function header(t: Thread, at: number): Header {
  const w = (i: number): number => get32(t.memory, at + i * 4);
  return { name: w(0), nameLength: w(1), iov: w(2), iovLength: w(3), control: w(4), controlLength: w(5) };
}

const SCM_RIGHTS = 1, SCM_CREDENTIALS = 2, MAX_FDS = 253;

/** Open files in SCM_RIGHTS messages, each retained. struct cmsghdr: len, level, type, then data. */
function controlFiles(t: Thread, h: Header): File[] {
  const files: File[] = [];
  for (let at = 0; h.control && at + 12 <= h.controlLength;) {
    const length = get32(t.memory, h.control + at);
    if (length < 12 || at + length > h.controlLength) return fail(E.INVAL);
    const level = get32(t.memory, h.control + at + 4), type = get32(t.memory, h.control + at + 8);
    if (level === SOL_SOCKET && type === SCM_RIGHTS) {
      for (let k = 12; k + 4 <= length; k += 4) files.push(filesOf(t).get(get32(t.memory, h.control + at + k)));
      if (files.length > MAX_FDS) fail(E.INVAL);
    } else if (level !== SOL_SOCKET || type !== SCM_CREDENTIALS) {
      return fail(E.INVAL);
    }
    at += (length + 3) & ~3;
  }
  for (const f of files) f.retain();
  return files;
}

function sendmsg(t: Thread, fd: number, at: number, flags: number): Result {
  const s = socketOf(t, fd);
  const h = header(t, at);
  const to = destination(t, s, h.name, h.nameLength);
  return send(t, s, () => gather(t, h.iov, h.iovLength), flags, to, controlFiles(t, h));
}

function putControl(t: Thread, h: Header, m: Message, s: UnixSocket, cloexec: boolean): { length: number; truncated: boolean } {
  let at = 0, truncated = false;
  if (s.passCredentials && h.controlLength >= 24) {
    [24, SOL_SOCKET, SCM_CREDENTIALS, m.credentials.pid, m.credentials.uid, m.credentials.gid].forEach((w, i) => put32(t.memory, h.control + i * 4, w));
    at = 24;
  }
  const room = Math.max(0, Math.floor((h.controlLength - at - 12) / 4));
  const taken = h.control ? m.files.slice(0, room) : [];
  for (const f of m.files.slice(taken.length)) {
    f.release();
    truncated = true;
  }
  if (taken.length > 0) {
    const length = 12 + taken.length * 4;
    [length, SOL_SOCKET, SCM_RIGHTS].forEach((w, i) => put32(t.memory, h.control + at + i * 4, w));
    taken.forEach((f, i) => put32(t.memory, h.control + at + 12 + i * 4, filesOf(t).add(f, cloexec)));
    at += length;
  }
  return { length: at, truncated };
}

function recvmsg(t: Thread, fd: number, at: number, flags: number): Result {
  const s = socketOf(t, fd);
  const h = header(t, at);
  return whenReady(s, () => {
    let message: Message | number = -E.AGAIN;
    const total = new Uint8Array(gatherLength(t, h));
    message = s.receive(total, (flags & MSG_PEEK) !== 0);
    if (typeof message === "number") return message;
    const m = message;
    scatter(t, h.iov, h.iovLength, (into, done) => {
      const part = total.subarray(done, Math.min(m.length, done + into.length));
      into.set(part);
      return part.length;
    });
    if (h.name) putAddress(t, h.name, at + 4, m.from);
    else put32(t.memory, at + 4, 0);
    const control = putControl(t, h, m, s, (flags & MSG_CMSG_CLOEXEC) !== 0);
    put32(t.memory, at + 20, control.length);
    put32(t.memory, at + 24, (control.truncated ? 8 : 0) | (m.whole > m.length ? MSG_TRUNC : 0));
    return flags & MSG_TRUNC ? m.whole : m.length;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout) });
}

function gatherLength(t: Thread, h: Header): number {
  let n = 0;
  for (let i = 0; i < h.iovLength; i++) n += get32(t.memory, h.iov + i * 8 + 4) >>> 0;
  return Math.min(n, 1 << 24);
}

function shutdown(t: Thread, fd: number, how: number): number {
  if (how < 0 || how > 2) fail(E.INVAL);
  return socketOf(t, fd).shutdown(how !== 1, how !== 0);
}

function getsockname(t: Thread, fd: number, at: number, lengthAt: number): number {
  putAddress(t, at, lengthAt, socketOf(t, fd).name);
  return 0;
}

function getpeername(t: Thread, fd: number, at: number, lengthAt: number): number {
  const { peer } = socketOf(t, fd);
  if (!peer) return -E.NOTCONN;
  putAddress(t, at, lengthAt, peer.name);
  return 0;
}

const SO_TYPE = 3, SO_ERROR = 4, SO_SNDBUF = 7, SO_RCVBUF = 8, SO_PASSCRED = 16, SO_PEERCRED = 17, SO_ACCEPTCONN = 30, SO_PROTOCOL = 38, SO_DOMAIN = 39;

function getsockopt(t: Thread, fd: number, level: number, option: number, at: number, lengthAt: number): number {
  const s = socketOf(t, fd);
  if (level !== SOL_SOCKET) return -E.OPNOTSUPP;
  if (option === SO_PEERCRED) {
    const c = s.peer?.credentials ?? { pid: 0, uid: -1, gid: -1 };
    [c.pid, c.uid, c.gid].forEach((w, i) => put32(t.memory, at + i * 4, w));
    put32(t.memory, lengthAt, 12);
    return 0;
  }
  const values: Readonly<Record<number, number>> = {
    [SO_TYPE]: s.kind, [SO_ERROR]: 0, [SO_SNDBUF]: 212992, [SO_RCVBUF]: 212992, [SO_PASSCRED]: s.passCredentials ? 1 : 0,
    [SO_ACCEPTCONN]: s.backlog > 0 ? 1 : 0, [SO_PROTOCOL]: 0, [SO_DOMAIN]: AF_UNIX,
  };
  const v = values[option];
  if (v === undefined) return -E.NOPROTOOPT;
  if (get32(t.memory, lengthAt) < 4) {
    put8(t.memory, at, v);
    return 0;
  }
  put32(t.memory, at, v);
  put32(t.memory, lengthAt, 4);
  return 0;
}

/** Options that change nothing within one guest are taken: buffer sizes, reuse of addresses. */
const SETTABLE: ReadonlySet<number> = new Set([2, 5, 6, SO_SNDBUF, SO_RCVBUF, 9, 13, 15, 32, 33]);

function setsockopt(t: Thread, fd: number, level: number, option: number, at: number): number {
  const s = socketOf(t, fd);
  if (level !== SOL_SOCKET) return -E.OPNOTSUPP;
  if (option === SO_PASSCRED) {
    s.passCredentials = get32(t.memory, at) !== 0;
    return 0;
  }
  return SETTABLE.has(option) ? 0 : -E.NOPROTOOPT;
}

/** struct mmsghdr: a msghdr and the length that was sent. */
const many = (one: (t: Thread, fd: number, at: number, flags: number) => Result) => (t: Thread, fd: number, at: number, n: number, flags: number): Result => {
  let done = 0;
  for (; done < n; done++) {
    const r = one(t, fd, at + done * 32, done > 0 ? flags | MSG_DONTWAIT : flags);
    if (typeof r !== "number") {
      const first = r;
      return { ...first, retry: (timedOut) => {
        const x = first.retry(timedOut);
        if (typeof x !== "number" || x < 0) return x;
        put32(t.memory, at + 28, x);
        return 1;
      } };
    }
    if (r < 0) return done > 0 ? done : r;
    put32(t.memory, at + done * 32 + 28, r);
  }
  return done;
};

type Call = (t: Thread, a: number, b: number, c: number, d: number, e: number, f: number) => Result;
type InetCall = (t: Thread, s: InetSocket, b: number, c: number, d: number, e: number, f: number) => Result;

type NetlinkCall = (t: Thread, s: NetlinkSocket, b: number, c: number, d: number, e: number, f: number) => Result;

/** A call on a socket of any family. */
const any = (unix: Call, ip: InetCall, route: NetlinkCall): Call => (t, fd, b, c, d, e, f) => {
  const file = filesOf(t).get(fd);
  if (file instanceof InetSocket) return ip(t, file, b, c, d, e, f);
  return file instanceof NetlinkSocket ? route(t, file, b, c, d, e, f) : unix(t, fd, b, c, d, e, f);
};

const no = netlink.notSupported;
const anyBind = any(bind, inet.bind, netlink.bind), anyConnect = any(connect, inet.connect, netlink.connect), anyListen = any(listen, (_, s, n) => inet.listen(s, n), no);
const anyAccept4 = any(accept4, inet.accept4, no), anySendto = any(sendto, inet.sendto, netlink.sendto), anyRecvfrom = any(recvfrom, inet.recvfrom, netlink.recvfrom);
const anySendmsg = any(sendmsg, inet.sendmsg, netlink.sendmsg), anyRecvmsg = any(recvmsg, inet.recvmsg, netlink.recvmsg);
const anyShutdown = any(shutdown, (_, s, how) => inet.shutdown(s, how), no);
const anyGetsockname = any(getsockname, inet.getsockname, netlink.getsockname), anyGetpeername = any(getpeername, inet.getpeername, netlink.getpeername);
const anyGetsockopt = timeouts.got(any(getsockopt, inet.getsockopt, netlink.getsockopt));
const anySetsockopt = timeouts.set(any(setsockopt, inet.setsockopt, netlink.setsockopt));
const one = (call: Call) => (t: Thread, fd: number, at: number, flags: number): Result => call(t, fd, at, flags, 0, 0, 0);
const sendmmsg: Call = many(one(anySendmsg)), recvmmsg: Call = many(one(anyRecvmsg));

/** socketcall's numbers. */
const CALLS: readonly (readonly [Call, number])[] = [
  [socket, 3], [anyBind, 3], [anyConnect, 3], [anyListen, 2], [(t, a, b, c) => anyAccept4(t, a, b, c, 0, 0, 0), 3], [anyGetsockname, 3], [anyGetpeername, 3], [socketpair, 4],
  [(t, a, b, c, d) => anySendto(t, a, b, c, d, 0, 0), 4], [(t, a, b, c, d) => anyRecvfrom(t, a, b, c, d, 0, 0), 4], [anySendto, 6], [anyRecvfrom, 6],
  [anyShutdown, 2], [anySetsockopt, 5], [anyGetsockopt, 5], [anySendmsg, 3], [anyRecvmsg, 3], [anyAccept4, 4], [recvmmsg, 5], [sendmmsg, 4],
];

export function socketcall(t: Thread, number: number, at: number): Result {
  const entry = CALLS[number - 1];
  if (!entry) return -E.INVAL;
  const a = Array.from({ length: 6 }, (_, i) => (i < entry[1] ? get32(t.memory, at + i * 4) : 0));
  return entry[0](t, a[0]!, a[1]!, a[2]!, a[3]!, a[4]!, a[5]!);
}

export const DIRECT: readonly SyscallEntry[] = [
  [337, "recvmmsg", recvmmsg, "fd p u x p"],
  [345, "sendmmsg", sendmmsg, "fd p u x"],
  [359, "socket", socket, "d x d"],
  [360, "socketpair", socketpair, "d x d pipe"],
  [361, "bind", anyBind, "fd p u"],
  [362, "connect", anyConnect, "fd p u"],
  [363, "listen", anyListen, "fd d"],
  [364, "accept4", anyAccept4, "fd p p x"],
  [365, "getsockopt", anyGetsockopt, "fd d d p p"],
  [366, "setsockopt", anySetsockopt, "fd d d p u"],
  [367, "getsockname", anyGetsockname, "fd p p"],
  [368, "getpeername", anyGetpeername, "fd p p"],
  [369, "sendto", anySendto, "fd buf u x p u"],
  [370, "sendmsg", anySendmsg, "fd p x"],
  [371, "recvfrom", anyRecvfrom, "fd out u x p p"],
  [372, "recvmsg", anyRecvmsg, "fd p x"],
  [373, "shutdown", anyShutdown, "fd d"],
  [417, "recvmmsg_time64", recvmmsg, "fd p u x p"],
];

