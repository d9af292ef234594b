import type { Kernel } from "../contract.js";
import { E } from "../errno.js";
import { fromLatin1, joined } from "../user.js";
import { type InetSocket, inetSockets } from "./inet-socket.js";
import { attribute, type Message, type Responder, words } from "./netlink-socket.js";
import { hostBytes, type InetAddress, type Network } from "./network.js";
import { AF_INET, AF_INET6, AF_UNIX } from "./socket-constants.js";
import { type UnixSocket, unixSockets } from "./unix-socket.js";

/** NETLINK_SOCK_DIAG (sock_diag(7)): which sockets the guest has, as ss(8) asks. */

const SOCK_DIAG_BY_FAMILY = 20, AF_MAX = 46;
const IPPROTO_TCP = 6, IPPROTO_UDP = 17;

/** Sixteen bytes of an address of either family. */
function padded(a: InetAddress): Uint8Array {
  const out = new Uint8Array(16);
  out.set(hostBytes(a.host));
  return out;
}

/** struct inet_diag_msg: family, state, timer and retransmissions; ports, addresses, interface and cookie; expiry, queues, user, inode. */
function inet(s: InetSocket): Message {
  const INET_DIAG_SKV6ONLY = 11, six = s.family === 6, { local } = s, remote = s.remote ?? { host: six ? "0:0:0:0:0:0:0:0" : "0.0.0.0", port: 0 }, [received, sent] = s.queues;
  // An address that is none of IPv4's says so by itself.
  const only = s.v6Only || !/^0:0:0:0:0:(0:0:0$|ffff:)/.test(local.host);
  return { type: SOCK_DIAG_BY_FAMILY, body: joined([
    Uint8Array.of(six ? AF_INET6 : AF_INET, s.protocolState, 0, 0, local.port >> 8, local.port & 0xff, remote.port >> 8, remote.port & 0xff), padded(local), padded(remote),
    words(0, s.ino, 0), words(0, received, sent, s.uid, s.ino), ...(six ? [attribute(INET_DIAG_SKV6ONLY, Uint8Array.of(only ? 1 : 0))] : []),
  ]) };
}

const enum Show { NAME = 1, PEER = 4, ICONS = 8, RQLEN = 0x10, UID = 0x40 }

/** struct unix_diag_msg: family, type, state; inode, cookie. */
function unix(s: UnixSocket, show: number): Message {
  const NAME = 0, PEER = 2, ICONS = 3, RQLEN = 4, SHUTDOWN = 6, UID = 7;
  const parts = [Uint8Array.of(AF_UNIX, s.kind, s.protocolState, 0), words(s.ino, s.ino, 0)];
  if (show & Show.NAME && s.name !== "") parts.push(attribute(NAME, fromLatin1(s.name)));
  if (show & Show.PEER && s.peer) parts.push(attribute(PEER, s.peer.ino));
  if (show & Show.ICONS && s.backlog > 0) parts.push(attribute(ICONS, words(...s.waiting.map((w) => w.peer?.ino ?? 0))));
  if (show & Show.RQLEN) parts.push(attribute(RQLEN, words(...s.queues)));
  if (show & Show.UID) parts.push(attribute(UID, s.credentials.uid));
  return { type: SOCK_DIAG_BY_FAMILY, body: joined([...parts, attribute(SHUTDOWN, Uint8Array.of(s.ended))]) };
}

/** struct inet_diag_req_v2: family, protocol, two bytes, states; struct unix_diag_req: family, three bytes, states, inode, what to show. */
export const diagResponder = (kernel: Kernel, network: Network | null): Responder => ({ type, dump, body }) => {
  if (type !== SOCK_DIAG_BY_FAMILY || body.length < 8 || body[0]! >= AF_MAX) return E.INVAL;
  const view = new DataView(body.buffer, body.byteOffset, body.length), [family, protocol] = body, states = view.getUint32(4, true);
  const wanted = (state: number): boolean => state !== 0 && (states & (1 << state)) !== 0;
  if (family === AF_UNIX) {
    if (body.length < 16) return E.INVAL;
    const show = view.getUint32(12, true), ino = view.getUint32(8, true), all = [...unixSockets(kernel)];
    if (dump) return all.filter((s) => wanted(s.protocolState)).map((s) => unix(s, show));
    const one = all.find((s) => s.ino === ino);
    return one ? [unix(one, show)] : E.NOENT;
  }
  if ((family !== AF_INET && family !== AF_INET6) || (protocol !== IPPROTO_TCP && protocol !== IPPROTO_UDP)) return E.NOENT;
  const found = [...(network ? inetSockets(network) : [])].filter((s) => s.family === (family === AF_INET ? 4 : 6) && s.kind === (protocol === IPPROTO_TCP ? 1 : 2));
  if (dump) return found.filter((s) => wanted(s.protocolState)).map(inet);
  // One by its ports and addresses; a cookie, if there is one, has to be its.
  const ports = view.getUint32(8, false), one = found.find((s) => ((s.local.port << 16) | (s.remote?.port ?? 0)) >>> 0 === ports);
  return one ? [inet(one)] : E.NOENT;
};
