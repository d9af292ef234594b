import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyTo, get16, get32, put32, put8, readableView, writableView } from "../user.js";
import type { Result } from "../wait.js";
import { deadlineOf, gather, scatter, whenReady } from "./calls-io.js";
import { O } from "./file.js";
import { InetSocket } from "./inet-socket.js";
import { ANY_ADDRESS, type Family, hostBytes, hostOf, type InetAddress } from "./network.js";
import { filesOf, vfsOf } from "./vfs.js";
import { AF_INET, AF_INET6, AF_UNSPEC, SOCK_CLOEXEC, SOCK_NONBLOCK, MSG_DONTWAIT, MSG_NOSIGNAL, MSG_PEEK, MSG_TRUNC, MSG_WAITALL, SOL_SOCKET } from "./socket-constants.js";

/** Socket calls on AF_INET and AF_INET6 sockets; calls-socket.ts has those on AF_UNIX ones and tells them apart. */

/** By AF_ number. */
export const FAMILIES: ReadonlyMap<number, Family> = new Map([[AF_INET, 4], [AF_INET6, 6]]);
const IPPROTO_IP = 0, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_IPV6 = 41;
const TCP_NODELAY = 1, IPV6_V6ONLY = 26;

/** Without a network the family does not exist. */
export function socket(t: Thread, family: Family, type: number, protocol: number): number {
  const { network } = vfsOf(t);
  if (!network) return fail(E.AFNOSUPPORT);
  const kind = type & 0xf;
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC)) fail(E.INVAL);
  if (kind === 3) return fail(E.PERM);
  if (kind !== 1 && kind !== 2) return fail(E.SOCKTNOSUPPORT);
  if (protocol !== 0 && protocol !== (kind === 1 ? IPPROTO_TCP : IPPROTO_UDP)) fail(E.PROTONOSUPPORT);
  const s = new InetSocket(kind, type & SOCK_NONBLOCK, network, family);
  s.uid = t.cred.fsuid;
  return filesOf(t).add(s, (type & SOCK_CLOEXEC) !== 0);
}

/**
 * struct sockaddr_in: family, port, address (4 bytes), 8 bytes of nothing; struct sockaddr_in6: family, port, flow, address (16 bytes), scope (both
 * unused here). Port and address are big-endian.
 */
function getAddress(t: Thread, s: InetSocket, at: number, length: number): InetAddress {
  const six = s.family === 6;
  if (length < (six ? 24 : 16)) fail(E.INVAL);
  if (get16(t.memory, at) !== (six ? AF_INET6 : AF_INET)) fail(E.AFNOSUPPORT);
  const b = readableView(t.memory, at + 2, six ? 22 : 6);
  return { port: (b[0]! << 8) | b[1]!, host: hostOf(six ? b.slice(6, 22) : b.slice(2, 6)) };
}

function putAddress(t: Thread, s: InetSocket, at: number, lengthAt: number, a: InetAddress | null): void {
  if (!at || !lengthAt) return;
  const six = s.family === 6;
  const bytes = new Uint8Array(a ? (six ? 28 : 16) : 0);
  if (a) {
    bytes.set([six ? AF_INET6 : AF_INET, 0, a.port >> 8, a.port & 0xff]);
    bytes.set(hostBytes(a.host), six ? 8 : 4);
  }
  const room = get32(t.memory, lengthAt);
  if (room < 0) fail(E.INVAL);
  copyTo(t.memory, at, bytes.subarray(0, room));
  put32(t.memory, lengthAt, bytes.length);
}

export function bind(t: Thread, s: InetSocket, at: number, length: number): Result {
  const r = s.bind(getAddress(t, s, at, length));
  // A descriptor that does not wait does here: binding takes no time to speak of.
  return r < 0 ? r : whenReady(s, () => s.bindResult(), false);
}

export function connect(t: Thread, s: InetSocket, at: number, length: number): Result {
  if (length >= 2 && get16(t.memory, at) === AF_UNSPEC) {
    if (s.kind !== 2) return -E.AFNOSUPPORT;
    s.disconnect();
    return 0;
  }
  const r = s.connect(getAddress(t, s, at, length));
  if (s.kind === 2 && r === 0) return whenReady(s, () => s.connectResult(), false);
  if (r !== -E.INPROGRESS || s.nonBlocking) return r;
  return whenReady(s, () => s.connectResult(), false, { deadline: deadlineOf(t, s.writeTimeout), late: -E.INPROGRESS });
}

export function listen(s: InetSocket, backlog: number): Result {
  if (!s.unbound || s.kind !== 1) return s.listen(backlog);
  const r = s.bind(ANY_ADDRESS[s.family]);
  if (r < 0) return r;
  return whenReady(s, () => {
    const bound = s.bindResult();
    return bound === 0 ? s.listen(backlog) : bound;
  }, false);
}

export function accept4(t: Thread, s: InetSocket, at: number, lengthAt: number, flags: number): Result {
  if (flags & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) fail(E.INVAL);
  return whenReady(s, () => {
    const c = s.accept();
    if (typeof c === "number") return c;
    if (flags & SOCK_NONBLOCK) c.flags |= O.NONBLOCK;
    putAddress(t, s, at, lengthAt, c.remote);
    return filesOf(t).add(c, (flags & SOCK_CLOEXEC) !== 0);
  }, s.nonBlocking, { deadline: deadlineOf(t, s.readTimeout) });
}

function send(t: Thread, s: InetSocket, bytes: () => Uint8Array, flags: number, to: InetAddress | null): Result {
  return whenReady(s, () => {
    const r = s.send(bytes(), to);
    if (r === -E.PIPE && !(flags & MSG_NOSIGNAL)) t.signal({ signo: 13, code: 0, pid: t.process.pid, uid: t.cred.uid });
    return r;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.writeTimeout) });
}

export function sendto(t: Thread, s: InetSocket, at: number, length: number, flags: number, addressAt: number, addressLength: number): Result {
  const to = addressAt && s.kind === 2 ? getAddress(t, s, addressAt, addressLength) : null;
  return send(t, s, () => readableView(t.memory, at, length), flags, to);
}

export function recvfrom(t: Thread, s: InetSocket, at: number, length: number, flags: number, addressAt: number, lengthAt: number): Result {
  let done = 0;
  return whenReady(s, () => {
    const m = s.receive(length === 0 ? new Uint8Array(0) : writableView(t.memory, at + done, length - done), (flags & MSG_PEEK) !== 0);
    if (typeof m === "number") return done > 0 && m !== -E.AGAIN ? done : m;
    if (s.kind === 2) putAddress(t, s, addressAt, lengthAt, m.from);
    done += m.length;
    if (flags & MSG_WAITALL && s.kind === 1 && m.length > 0 && done < length && !(flags & MSG_PEEK)) return -E.AGAIN;
    return flags & MSG_TRUNC && s.kind === 2 ? m.whole : done;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout), done: () => done });
}

/** struct msghdr: name, namelen, iov, iovlen, control, controllen, flags. */
export function sendmsg(t: Thread, s: InetSocket, at: number, flags: number): Result {
  const w = (i: number): number => get32(t.memory, at + i * 4);
  const to = w(0) && s.kind === 2 ? getAddress(t, s, w(0), w(1)) : null;
  return send(t, s, () => gather(t, w(2), w(3)), flags, to);
}

export function recvmsg(t: Thread, s: InetSocket, at: number, flags: number): Result {
  const w = (i: number): number => get32(t.memory, at + i * 4);
  const iov = w(2), count = w(3);
  return whenReady(s, () => {
    let room = 0;
    for (let i = 0; i < count; i++) room += get32(t.memory, iov + i * 8 + 4) >>> 0;
    const total = new Uint8Array(Math.min(room, 1 << 20));
    const m = s.receive(total, (flags & MSG_PEEK) !== 0);
    if (typeof m === "number") return m;
    scatter(t, iov, count, (into, done) => {
      const part = total.subarray(done, Math.min(m.length, done + into.length));
      into.set(part);
      return part.length;
    });
    if (w(0)) putAddress(t, s, w(0), at + 4, m.from);
    put32(t.memory, at + 20, 0);
    put32(t.memory, at + 24, m.whole > m.length ? MSG_TRUNC : 0);
    return m.length;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout) });
}

export function getsockname(t: Thread, s: InetSocket, at: number, lengthAt: number): number {
  putAddress(t, s, at, lengthAt, s.local);
  return 0;
}

export function getpeername(t: Thread, s: InetSocket, at: number, lengthAt: number): number {
  if (s.state !== "connected" || !s.remote) return -E.NOTCONN;
  putAddress(t, s, at, lengthAt, s.remote);
  return 0;
}

const SO_TYPE = 3, SO_ERROR = 4, SO_ACCEPTCONN = 30, SO_PROTOCOL = 38, SO_DOMAIN = 39;
/** Other options of SOL_SOCKET, with their values where nothing was set: buffers are the host's, addresses are shared as it likes. */
const SOCKET_OPTIONS: ReadonlyMap<number, number> = new Map([[2, 0], [5, 0], [6, 0], [7, 87040], [8, 131072], [9, 0], [10, 0], [12, 0], [13, 0], [15, 0],
  [18, 1], [19, 1], [29, 0], [36, 0], [46, 0]]);

/** Whether a protocol's options are those of the socket. */
const hasLevel = (s: InetSocket, level: number): boolean =>
  level === IPPROTO_IP || (level === IPPROTO_TCP && s.kind === 1) || (level === IPPROTO_IPV6 && s.family === 6);

function option(s: InetSocket, level: number, name: number): number | null {
  if (level === SOL_SOCKET) {
    switch (name) {
      case SO_TYPE:
        return s.kind;
      case SO_ERROR:
        return s.takeError();
      case SO_ACCEPTCONN:
        return s.state === "listening" ? 1 : 0;
      case SO_PROTOCOL:
        return s.kind === 1 ? IPPROTO_TCP : IPPROTO_UDP;
      case SO_DOMAIN:
        return s.family === 6 ? AF_INET6 : AF_INET;
    }
  }
  if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY && s.family === 6) return s.v6Only ? 1 : 0;
  const known = level === SOL_SOCKET ? SOCKET_OPTIONS.get(name) : hasLevel(s, level) ? 0 : undefined;
  return s.options.get(`${level}:${name}`) ?? known ?? null;
}

export function getsockopt(t: Thread, s: InetSocket, level: number, name: number, at: number, lengthAt: number): number {
  const v = option(s, level, name);
  if (v === null) return level === SOL_SOCKET ? -E.NOPROTOOPT : -E.OPNOTSUPP;
  if (get32(t.memory, lengthAt) < 4) {
    put8(t.memory, at, v);
    return 0;
  }
  put32(t.memory, at, v);
  put32(t.memory, lengthAt, 4);
  return 0;
}

export function setsockopt(t: Thread, s: InetSocket, level: number, name: number, at: number, length: number): number {
  const known = level === SOL_SOCKET ? SOCKET_OPTIONS.has(name) : hasLevel(s, level);
  if (!known) return level === SOL_SOCKET ? -E.NOPROTOOPT : -E.OPNOTSUPP;
  const v = length >= 4 ? get32(t.memory, at) : 0;
  if (level === IPPROTO_IPV6 && name === IPV6_V6ONLY) {
    if (!s.unbound) return -E.INVAL;
    s.v6Only = v !== 0;
    return 0;
  }
  s.options.set(`${level}:${name}`, v);
  if (level === IPPROTO_TCP && name === TCP_NODELAY) s.setNoDelay(v !== 0);
  return 0;
}

export function shutdown(s: InetSocket, how: number): number {
  if (how < 0 || how > 2) fail(E.INVAL);
  return s.shutdown(how !== 1, how !== 0);
}
