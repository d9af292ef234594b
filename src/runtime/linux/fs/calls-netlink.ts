import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyTo, get16, get32, put32, readableView, writableView } from "../user.js";
import type { Result } from "../wait.js";
import { deadlineOf, gather, scatter, whenReady } from "./calls-io.js";
import { NetlinkSocket } from "./netlink-socket.js";
import { routeResponder } from "./rtnetlink.js";
import { diagResponder } from "./sock-diag.js";
import { filesOf, vfsOf } from "./vfs.js";
import { AF_NETLINK, SOCK_CLOEXEC, SOCK_NONBLOCK, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOL_SOCKET } from "./socket-constants.js";

/** Socket calls on AF_NETLINK sockets; calls-socket.ts tells the families apart. */

const NETLINK_ROUTE = 0, NETLINK_SOCK_DIAG = 4;
const SOCK_DGRAM = 2, SOCK_RAW = 3;
const SO_TYPE = 3, SO_ERROR = 4, SO_SNDBUF = 7, SO_RCVBUF = 8, SO_PROTOCOL = 38, SO_DOMAIN = 39;
/** Most of a datagram that is looked at. */
const MOST = 1 << 16;

/** Ports in use, by guest. */
const bound = new WeakMap<object, NetlinkSocket[]>();

function boundOf(t: Thread): NetlinkSocket[] {
  let list = bound.get(t.kernel);
  if (!list) bound.set(t.kernel, (list = []));
  return list;
}

export function socket(t: Thread, type: number, protocol: number): number {
  const kind = type & 0xf;
  if (type & ~(0xf | SOCK_NONBLOCK | SOCK_CLOEXEC)) fail(E.INVAL);
  if (kind !== SOCK_DGRAM && kind !== SOCK_RAW) fail(E.SOCKTNOSUPPORT);
  const { network } = vfsOf(t);
  const responder = protocol === NETLINK_ROUTE ? routeResponder(network) : protocol === NETLINK_SOCK_DIAG ? diagResponder(t.kernel, network) : fail(E.PROTONOSUPPORT);
  const list = boundOf(t);
  const s = new NetlinkSocket(kind, type & SOCK_NONBLOCK, protocol, responder, (gone) => void (list.includes(gone) && list.splice(list.indexOf(gone), 1)));
  return filesOf(t).add(s, (type & SOCK_CLOEXEC) !== 0);
}

/** Give it a port: the one asked for, or (0) the process' number if that is free. */
function bindTo(t: Thread, s: NetlinkSocket, wanted: number): number {
  const list = boundOf(t), taken = (port: number): boolean => list.some((o) => o.port === port && o.protocol === s.protocol);
  if (s.port !== 0) return wanted === 0 || wanted === s.port ? 0 : -E.INVAL;
  if (wanted !== 0 && taken(wanted)) return -E.ADDRINUSE;
  let port = wanted || t.process.pid;
  for (let n = -4097; taken(port); n--) port = n;
  s.port = port;
  list.push(s);
  return 0;
}

/** struct sockaddr_nl: family, nothing, port, groups. */
function portAt(t: Thread, at: number, length: number): number {
  if (length < 12 || get16(t.memory, at) !== AF_NETLINK) fail(E.INVAL);
  return get32(t.memory, at + 4);
}

function putAddress(t: Thread, at: number, lengthAt: number, port: number): void {
  if (!at || !lengthAt) return;
  const bytes = new Uint8Array(12), view = new DataView(bytes.buffer);
  view.setUint16(0, AF_NETLINK, true);
  view.setInt32(4, port, true);
  const room = get32(t.memory, lengthAt);
  if (room < 0) fail(E.INVAL);
  copyTo(t.memory, at, bytes.subarray(0, room));
  put32(t.memory, lengthAt, bytes.length);
}

export function bind(t: Thread, s: NetlinkSocket, at: number, length: number): number {
  return bindTo(t, s, portAt(t, at, length));
}

/** To the kernel, which is where all messages go anyway. */
export function connect(t: Thread, s: NetlinkSocket, at: number, length: number): number {
  return portAt(t, at, length) === 0 ? bindTo(t, s, 0) : -E.PERM;
}

function send(t: Thread, s: NetlinkSocket, bytes: Uint8Array, to: number): number {
  if (to !== 0) fail(E.CONNREFUSED);
  bindTo(t, s, 0);
  return s.send(bytes.subarray(0, MOST));
}

export function sendto(t: Thread, s: NetlinkSocket, at: number, length: number, _flags: number, addressAt: number, addressLength: number): number {
  return send(t, s, readableView(t.memory, at, length), addressAt ? portAt(t, addressAt, addressLength) : 0);
}

export function sendmsg(t: Thread, s: NetlinkSocket, at: number): number {
  const word = (i: number): number => get32(t.memory, at + i * 4);
  return send(t, s, gather(t, word(2), word(3)), word(0) ? portAt(t, word(0), word(1)) : 0);
}

export function recvfrom(t: Thread, s: NetlinkSocket, at: number, length: number, flags: number, addressAt: number, lengthAt: number): Result {
  return whenReady(s, () => {
    const m = s.receive(length === 0 ? new Uint8Array(0) : writableView(t.memory, at, length), (flags & MSG_PEEK) !== 0);
    if (typeof m === "number") return m;
    putAddress(t, addressAt, lengthAt, 0);
    return flags & MSG_TRUNC ? m.whole : m.length;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout) });
}

export function recvmsg(t: Thread, s: NetlinkSocket, at: number, flags: number): Result {
  const word = (i: number): number => get32(t.memory, at + i * 4);
  return whenReady(s, () => {
    const whole = new Uint8Array(MOST);
    let room = 0;
    for (let i = 0; i < word(3); i++) room += get32(t.memory, word(2) + i * 8 + 4) >>> 0;
    const m = s.receive(whole.subarray(0, room), (flags & MSG_PEEK) !== 0);
    if (typeof m === "number") return m;
    scatter(t, word(2), word(3), (into, done) => {
      const part = whole.subarray(done, Math.min(m.length, done + into.length));
      into.set(part);
      return part.length;
    });
    if (word(0)) putAddress(t, word(0), at + 4, 0);
    put32(t.memory, at + 20, 0);
    put32(t.memory, at + 24, m.whole > m.length ? MSG_TRUNC : 0);
    return flags & MSG_TRUNC ? m.whole : m.length;
  }, s.nonBlocking || (flags & MSG_DONTWAIT) !== 0, { deadline: deadlineOf(t, s.readTimeout) });
}

export function getsockname(t: Thread, s: NetlinkSocket, at: number, lengthAt: number): number {
  putAddress(t, at, lengthAt, s.port);
  return 0;
}

export function getpeername(t: Thread, _s: NetlinkSocket, at: number, lengthAt: number): number {
  putAddress(t, at, lengthAt, 0);
  return 0;
}

export function getsockopt(t: Thread, s: NetlinkSocket, level: number, option: number, at: number, lengthAt: number): number {
  const values: Readonly<Record<number, number>> = {
    [SO_TYPE]: s.kind, [SO_ERROR]: 0, [SO_SNDBUF]: 212992, [SO_RCVBUF]: 212992, [SO_PROTOCOL]: s.protocol, [SO_DOMAIN]: AF_NETLINK,
  };
  const v = level === SOL_SOCKET ? values[option] : undefined;
  if (v === undefined || get32(t.memory, lengthAt) < 4) return -E.NOPROTOOPT;
  put32(t.memory, at, v);
  put32(t.memory, lengthAt, 4);
  return 0;
}

/** Buffers, strict checks, longer answers: taken, and nothing comes of them. */
export function setsockopt(_t: Thread, _s: NetlinkSocket, level: number): number {
  const SOL_NETLINK = 270;
  return level === SOL_SOCKET || level === SOL_NETLINK ? 0 : -E.NOPROTOOPT;
}

export const notSupported = (): number => -E.OPNOTSUPP;
