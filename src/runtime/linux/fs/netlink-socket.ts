import { E } from "../errno.js";
import { fromLatin1, joined, latin1 } from "../user.js";
import { Poll } from "./file.js";
import { familyOf, hostBytes, type Network, type NetworkInterface } from "./network.js";
import { SocketFile } from "./socket-file.js";
import { AF_INET, AF_INET6, AF_UNSPEC } from "./socket-constants.js";

/**
 * AF_NETLINK sockets of NETLINK_ROUTE (rtnetlink(7)): which interfaces and addresses there are, as getifaddrs(3), getaddrinfo(3) and ip(8) ask, and what
 * mq_notify(2) sends to a thread. Without a network there is a loopback interface that is down. There are no routes to see, and nothing can be changed.
 */

const HEADER = 16;
const enum Type { ERROR = 2, DONE = 3, NEW_LINK = 16, GET_LINK = 18, NEW_ADDRESS = 20, GET_ADDRESS = 22 }
const MULTI = 2, ACK = 4, DUMP = 0x300;
/** Interface flags: UP, BROADCAST, LOOPBACK, RUNNING, MULTICAST, LOWER_UP. */
const UP = 1, BROADCAST = 2, LOOPBACK = 8, RUNNING = 0x40, MULTICAST = 0x1000, LOWER_UP = 0x10000;
const ARPHRD_ETHER = 1, ARPHRD_LOOPBACK = 772;
const SCOPE = { universe: 0, link: 253, host: 254 } as const;
const PERMANENT = 0x80;
/** Answers of many messages come in datagrams of up to this size: callers receive into a page. */
const DATAGRAM = 3072;
/** Answers that nobody takes. */
const MOST_WAITING = 1 << 20;

const DOWN: readonly NetworkInterface[] = [{ name: "lo", loopback: true, hardware: "00:00:00:00:00:00", addresses: [] }];

/** struct rtattr: length, type, data; padded to words. */
function attribute(type: number, data: Uint8Array | number): Uint8Array {
  const bytes = typeof data === "number" ? words(data) : data;
  const out = new Uint8Array((4 + bytes.length + 3) & ~3);
  new DataView(out.buffer).setUint16(0, 4 + bytes.length, true);
  out[2] = type;
  out.set(bytes, 4);
  return out;
}

function words(...list: number[]): Uint8Array {
  const out = new Uint8Array(list.length * 4), view = new DataView(out.buffer);
  list.forEach((w, i) => view.setInt32(i * 4, w, true));
  return out;
}

const text = (s: string): Uint8Array => fromLatin1(`${s}\0`);

/** The body of RTM_NEWLINK: struct ifinfomsg and attributes. `up`: there is a network. */
function linkBody(i: NetworkInterface, index: number, up: boolean): Uint8Array {
  const flags = (i.loopback ? LOOPBACK : BROADCAST | MULTICAST) | (up ? UP | RUNNING | LOWER_UP : 0);
  const hardware = Uint8Array.from(i.hardware.split(":").map((h) => parseInt(h, 16)));
  const IFLA_ADDRESS = 1, IFLA_BROADCAST = 2, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_TXQLEN = 13, IFLA_OPERSTATE = 16;
  return joined([
    words((i.loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER) << 16, index, flags, 0), attribute(IFLA_IFNAME, text(i.name)), attribute(IFLA_TXQLEN, 1000),
    attribute(IFLA_OPERSTATE, Uint8Array.of(!up ? 2 : i.loopback ? 0 : 6)), attribute(IFLA_MTU, i.loopback ? 65536 : 1500),
    attribute(IFLA_ADDRESS, hardware), attribute(IFLA_BROADCAST, new Uint8Array(6).fill(i.loopback ? 0 : 0xff)),
  ]);
}

/** The body of RTM_NEWADDR: struct ifaddrmsg and attributes. */
function addressBody(i: NetworkInterface, index: number, host: string, prefix: number): Uint8Array {
  const bytes = hostBytes(host), four = familyOf(host) === 4;
  const scope = i.loopback ? SCOPE.host : !four && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80 ? SCOPE.link : SCOPE.universe;
  const IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_FLAGS = 8;
  const parts = [Uint8Array.of(four ? AF_INET : AF_INET6, prefix, PERMANENT, scope), words(index), attribute(IFA_ADDRESS, bytes)];
  if (four) {
    parts.push(attribute(IFA_LOCAL, bytes));
    if (!i.loopback) parts.push(attribute(IFA_BROADCAST, bytes.map((b, k) => b | (0xff >> Math.min(8, Math.max(0, prefix - k * 8))))));
    parts.push(attribute(IFA_LABEL, text(i.name)));
  }
  return joined([...parts, attribute(IFA_FLAGS, PERMANENT)]);
}

export class NetlinkSocket extends SocketFile {
  /** Its address (nl_pid); 0: not bound yet. */
  port = 0;
  private readonly waiting: Uint8Array[] = [];
  private bytes = 0;
  private static next = 1;

  constructor(readonly kind: number, flags: number, private readonly network: Network | null, private readonly gone: (s: NetlinkSocket) => void) {
    super(flags, 0x20000 + NetlinkSocket.next++);
  }

  /** A datagram from the kernel. */
  deliver(datagram: Uint8Array): void {
    if (this.bytes + datagram.length > MOST_WAITING) return;
    this.waiting.push(datagram);
    this.bytes += datagram.length;
    this.queue.wake();
  }

  receive(into: Uint8Array, peek: boolean): { readonly length: number; readonly whole: number } | number {
    const first = this.waiting[0];
    if (!first) return -E.AGAIN;
    const part = first.subarray(0, into.length);
    into.set(part);
    if (!peek) {
      this.waiting.shift();
      this.bytes -= first.length;
    }
    return { length: part.length, whole: first.length };
  }

  /** Messages to the kernel, which answers at once. */
  send(datagram: Uint8Array): number {
    const bytes = datagram.slice(), view = new DataView(bytes.buffer);
    for (let at = 0; at + HEADER <= bytes.length;) {
      const length = view.getUint32(at, true);
      if (length < HEADER || at + length > bytes.length) break;
      this.answer(bytes.subarray(at, at + length), view.getUint16(at + 4, true), view.getUint16(at + 6, true));
      at += (length + 3) & ~3;
    }
    return datagram.length;
  }

  private answer(request: Uint8Array, type: number, flags: number): void {
    const view = new DataView(request.buffer, request.byteOffset, request.length), seq = view.getUint32(8, true);
    const message = (t: number, f: number, body: Uint8Array): Uint8Array => joined([words(HEADER + body.length, t | (f << 16), seq, this.port), body]);
    const error = (errno: number): void => this.deliver(message(Type.ERROR, 0, joined([words(-errno), request.subarray(0, HEADER)])));
    if (type < Type.NEW_LINK) return;
    const GET = 2;
    if ((type & 3) !== GET) return error(E.PERM);
    const family = request[HEADER] ?? AF_UNSPEC;
    const interfaces = this.network?.interfaces() ?? DOWN, up = this.network !== null;
    if ((flags & DUMP) === DUMP) {
      const parts: Uint8Array[] = [];
      if (type === Type.GET_LINK) interfaces.forEach((i, n) => parts.push(message(Type.NEW_LINK, MULTI, linkBody(i, n + 1, up))));
      if (type === Type.GET_ADDRESS) for (const one of [4, 6]) {
        if (family !== AF_UNSPEC && family !== (one === 4 ? AF_INET : AF_INET6)) continue;
        interfaces.forEach((i, n) => {
          for (const { host, prefix } of i.addresses) if (familyOf(host) === one) parts.push(message(Type.NEW_ADDRESS, MULTI, addressBody(i, n + 1, host, prefix)));
        });
      }
      this.deliverAll([...parts, message(Type.DONE, MULTI, words(0))]);
    } else if (type === Type.GET_LINK) {
      const index = request.length >= HEADER + 8 ? view.getInt32(HEADER + 4, true) : 0, name = nameIn(request);
      const n = index > 0 ? index - 1 : interfaces.findIndex((i) => i.name === name);
      if (!interfaces[n]) return error(E.NODEV);
      this.deliver(message(Type.NEW_LINK, 0, linkBody(interfaces[n], n + 1, up)));
      if (flags & ACK) error(0);
    } else error(E.OPNOTSUPP);
  }

  private deliverAll(messages: readonly Uint8Array[]): void {
    let together: Uint8Array[] = [], size = 0;
    for (const m of messages) {
      if (size + m.length > DATAGRAM && size > 0) {
        this.deliver(joined(together));
        together = [];
        size = 0;
      }
      together.push(m);
      size += m.length;
    }
    this.deliver(joined(together));
  }

  override read(into: Uint8Array): number {
    const r = this.receive(into, false);
    return typeof r === "number" ? r : r.length;
  }

  override write(from: Uint8Array): number {
    return this.send(from);
  }

  override poll(): number {
    return Poll.OUT | Poll.WRNORM | (this.waiting.length > 0 ? Poll.IN | Poll.RDNORM : 0);
  }

  protected override closed(): void {
    this.waiting.length = 0;
    this.gone(this);
  }
}

/** IFLA_IFNAME of a request for a link. */
function nameIn(request: Uint8Array): string {
  const view = new DataView(request.buffer, request.byteOffset, request.length), IFLA_IFNAME = 3;
  for (let at = HEADER + 16; at + 4 <= request.length;) {
    const length = view.getUint16(at, true);
    if (length < 4) break;
    if (view.getUint16(at + 2, true) === IFLA_IFNAME) return latin1(request.subarray(at + 4, at + length)).replace(/\0.*/s, "");
    at += (length + 3) & ~3;
  }
  return "";
}
