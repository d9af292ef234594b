import { E } from "../errno.js";
import { fromLatin1, joined, latin1 } from "../user.js";
import { addressesOf, broadcastOf, flagsOf, hardwareOf, interfacesOf, maskOf, QUEUE_LENGTH, SCOPE, scopeOf, typeOf } from "./interfaces.js";
import { attribute, attributesFrom, type Message, type Responder, words } from "./netlink-socket.js";
import { type Family, familyOf, hostBytes, hostOf, type Network, type NetworkInterface, type Route } from "./network.js";
import { AF_INET, AF_INET6, AF_UNSPEC } from "./socket-constants.js";

/**
 * NETLINK_ROUTE (rtnetlink(7)): which interfaces, addresses and routes there are, as getifaddrs(3), getaddrinfo(3) and ip(8) ask. Without a network there
 * is a loopback interface that is down. Nothing can be changed.
 */

const enum Type { NEW_LINK = 16, GET_LINK = 18, NEW_ADDRESS = 20, GET_ADDRESS = 22, NEW_ROUTE = 24, GET_ROUTE = 26, NEW_RULE = 32, GET_RULE = 34 }
/** IFA_F_PERMANENT */
const PERMANENT = 0x80;
const FOR_EVER = -1;
const TABLE = { default: 253, main: 254, local: 255 } as const;
const enum Rtn { UNICAST = 1, LOCAL = 2 }
const RTPROT_KERNEL = 2, RTPROT_BOOT = 3, RTM_F_CLONED = 0x200, RTCF_LOCAL = 0x80000000 | 0;

const text = (s: string): Uint8Array => fromLatin1(`${s}\0`);
const familyNumber = (f: Family): number => (f === 4 ? AF_INET : AF_INET6);

/** struct ifinfomsg and attributes. */
function link(i: NetworkInterface, network: Network | null): Message {
  const IFLA_ADDRESS = 1, IFLA_BROADCAST = 2, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_QDISC = 6, IFLA_TXQLEN = 13, IFLA_OPERSTATE = 16, IFLA_LINKMODE = 17, IFLA_GROUP = 27;
  const state = !network ? 2 : i.loopback ? 0 : 6;
  return { type: Type.NEW_LINK, body: joined([
    words(typeOf(i) << 16, i.index, flagsOf(i, network), 0), attribute(IFLA_IFNAME, text(i.name)), attribute(IFLA_TXQLEN, QUEUE_LENGTH),
    attribute(IFLA_OPERSTATE, Uint8Array.of(state)), attribute(IFLA_LINKMODE, Uint8Array.of(0)), attribute(IFLA_MTU, i.mtu), attribute(IFLA_GROUP, 0),
    attribute(IFLA_QDISC, text(!network ? "noop" : i.loopback ? "noqueue" : "pfifo_fast")), attribute(IFLA_ADDRESS, hardwareOf(i)),
    attribute(IFLA_BROADCAST, new Uint8Array(6).fill(i.loopback ? 0 : 0xff)),
  ]) };
}

/** struct ifaddrmsg and attributes. */
function address(i: NetworkInterface, host: string, prefix: number): Message {
  const IFA_ADDRESS = 1, IFA_LOCAL = 2, IFA_LABEL = 3, IFA_BROADCAST = 4, IFA_CACHEINFO = 6, IFA_FLAGS = 8;
  const bytes = hostBytes(host), four = familyOf(host) === 4;
  const parts = [Uint8Array.of(familyNumber(familyOf(host)), prefix, PERMANENT, scopeOf(i, host)), words(i.index), attribute(IFA_ADDRESS, bytes)];
  if (four) {
    parts.push(attribute(IFA_LOCAL, bytes));
    if (!i.loopback) parts.push(attribute(IFA_BROADCAST, broadcastOf(bytes, prefix)));
    parts.push(attribute(IFA_LABEL, text(i.name)));
  }
  return { type: Type.NEW_ADDRESS, body: joined([...parts, attribute(IFA_CACHEINFO, words(FOR_EVER, FOR_EVER, 0, 0)), attribute(IFA_FLAGS, PERMANENT)]) };
}

interface RouteShown {
  readonly host: string;
  readonly prefix: number;
  readonly gateway: string | null;
  readonly index: number;
  readonly metric: number;
  /** The address that packets have then. */
  readonly from: string | null;
  readonly type: Rtn;
  readonly table: number;
  readonly flags: number;
}

/** struct rtmsg and attributes. */
function route(r: RouteShown): Message {
  const RTA_DST = 1, RTA_OIF = 4, RTA_GATEWAY = 5, RTA_PRIORITY = 6, RTA_PREFSRC = 7, RTA_TABLE = 15, RTA_PREF = 20;
  const scope = r.type === Rtn.LOCAL ? SCOPE.host : familyOf(r.host) === 4 && !r.gateway && !(r.flags & RTM_F_CLONED) ? SCOPE.link : SCOPE.universe;
  const parts = [
    Uint8Array.of(familyNumber(familyOf(r.host)), r.prefix, 0, 0, r.table, r.gateway ? RTPROT_BOOT : RTPROT_KERNEL, scope, r.type), words(r.flags), attribute(RTA_TABLE, r.table),
  ];
  if (r.prefix > 0) parts.push(attribute(RTA_DST, hostBytes(r.host)));
  if (r.metric) parts.push(attribute(RTA_PRIORITY, r.metric));
  if (r.from) parts.push(attribute(RTA_PREFSRC, hostBytes(r.from)));
  if (r.gateway) parts.push(attribute(RTA_GATEWAY, hostBytes(r.gateway)));
  if (familyOf(r.host) === 6) parts.push(attribute(RTA_PREF, Uint8Array.of(0)));
  return { type: Type.NEW_ROUTE, body: joined([...parts, attribute(RTA_OIF, r.index)]) };
}

/** Whether a route is one to an address. */
export function covers(r: { readonly host: string; readonly prefix: number }, host: string): boolean {
  if (familyOf(r.host) !== familyOf(host)) return false;
  const a = hostBytes(r.host), b = hostBytes(host), mask = maskOf(r.prefix, a.length);
  return a.every((byte, k) => (byte & mask[k]!) === (b[k]! & mask[k]!));
}

/** By an interface's own address on the way there. */
function shown(r: Route, interfaces: readonly NetworkInterface[]): RouteShown | null {
  const i = interfaces.find(({ name }) => name === r.through);
  if (!i) return null;
  const near = familyOf(r.host) === 4 && !r.gateway ? (addressesOf(i, 4).find((a) => covers(r, a.host)) ?? null) : null;
  return { ...r, index: i.index, from: near?.host ?? null, type: Rtn.UNICAST, table: TABLE.main, flags: 0 };
}

/** How packets get to an address. */
function way(host: string, network: Network): Message | number {
  const interfaces = network.interfaces(), family = familyOf(host), whole = family === 4 ? 32 : 128, exact = { host, prefix: whole, metric: 0, flags: RTM_F_CLONED };
  const own = interfaces.find((i) => i.addresses.some((a) => (i.loopback && family === 4 ? covers(a, host) : a.host === host)));
  const loopback = interfaces.find((i) => i.loopback);
  if (own && loopback) return route({ ...exact, gateway: null, flags: RTM_F_CLONED | RTCF_LOCAL, index: loopback.index, from: host, type: Rtn.LOCAL, table: TABLE.main });
  const [best] = network.routes().filter((r) => covers(r, host)).sort((a, b) => b.prefix - a.prefix || a.metric - b.metric);
  const i = interfaces.find(({ name }) => name === best?.through);
  if (!best || !i) return E.NETUNREACH;
  return route({ ...exact, gateway: best.gateway, index: i.index, from: addressesOf(i, family)[0]?.host ?? null, type: Rtn.UNICAST, table: TABLE.main });
}

/** struct fib_rule_hdr and attributes: the rules that there are from the beginning. */
function rules(family: Family): Message[] {
  const FRA_PRIORITY = 6, FRA_TABLE = 15, TO_TABLE = 1;
  const all: readonly (readonly [number, number])[] = [[0, TABLE.local], [32766, TABLE.main], ...(family === 4 ? ([[32767, TABLE.default]] as const) : [])];
  return all.map(([priority, table]) => ({ type: Type.NEW_RULE, body: joined([
    Uint8Array.of(familyNumber(family), 0, 0, 0, table, 0, 0, TO_TABLE), words(0), attribute(FRA_TABLE, table), ...(priority ? [attribute(FRA_PRIORITY, priority)] : []),
  ]) }));
}

export const routeResponder = (network: Network | null): Responder => ({ type, dump, body }) => {
  const GET = 2, IFLA_IFNAME = 3, RTA_DST = 1;
  if ((type & 3) !== GET) return E.PERM;
  const interfaces = interfacesOf(network), family = body[0] ?? AF_UNSPEC;
  const families = ([4, 6] as const).filter((f) => family === AF_UNSPEC || family === familyNumber(f));
  if (dump) switch (type) {
    case Type.GET_LINK:
      return interfaces.map((i) => link(i, network));
    case Type.GET_ADDRESS:
      return families.flatMap((f) => interfaces.flatMap((i) => addressesOf(i, f).map(({ host, prefix }) => address(i, host, prefix))));
    case Type.GET_ROUTE:
      return (network?.routes() ?? []).filter((r) => families.includes(familyOf(r.host))).flatMap((r) => {
        const s = shown(r, interfaces);
        return s ? [route(s)] : [];
      });
    case Type.GET_RULE:
      return families.flatMap(rules);
    default:
      return [];
  }
  if (type === Type.GET_LINK) {
    const index = body.length >= 8 ? new DataView(body.buffer, body.byteOffset).getInt32(4, true) : 0;
    const name = latin1(attributesFrom(body, 16).get(IFLA_IFNAME) ?? new Uint8Array(0)).replace(/\0.*/s, "");
    const found = interfaces.find((i) => (index > 0 ? i.index === index : i.name === name));
    return found ? [link(found, network)] : E.NODEV;
  }
  const to = type === Type.GET_ROUTE ? attributesFrom(body, 12).get(RTA_DST) : undefined;
  if (!to || (to.length !== 4 && to.length !== 16)) return E.OPNOTSUPP;
  const answer = network ? way(hostOf(to.slice()), network) : E.NETUNREACH;
  return typeof answer === "number" ? answer : [answer];
};
