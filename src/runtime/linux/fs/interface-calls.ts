import { Cap, capable } from "../capabilities.js";
import type { Thread } from "../contract.js";
import { E, fail } from "../errno.js";
import { copyFrom, copyTo, fromLatin1, get16, get32, latin1, put32 } from "../user.js";
import { addressesOf, broadcastOf, flagsOf, hardwareOf, IFF, interfacesOf, maskOf, QUEUE_LENGTH, typeOf } from "./interfaces.js";
import { hostBytes, type NetworkInterface } from "./network.js";
import { AF_INET } from "./socket-constants.js";
import { vfsOf } from "./vfs.js";

/** ioctl(2) of sockets about interfaces (netdevice(7)). They can be looked at, not changed. */

const enum Sioc {
  GIFNAME = 0x8910, GIFCONF = 0x8912, GIFFLAGS = 0x8913, SIFFLAGS = 0x8914, GIFADDR = 0x8915, GIFDSTADDR = 0x8917, GIFBRDADDR = 0x8919, GIFNETMASK = 0x891b, GIFMETRIC = 0x891d,
  GIFMTU = 0x8921, GIFHWADDR = 0x8927, GIFINDEX = 0x8933, GIFTXQLEN = 0x8942, SIFTXQLEN = 0x8943, ETHTOOL = 0x8946, GIFMAP = 0x8970,
}

/** Those that set something: SIOCSIF*, SIOCADDMULTI and SIOCDELMULTI. */
const SETTING: ReadonlySet<number> = new Set([0x8916, 0x8918, 0x891a, 0x891c, 0x8922, 0x8923, 0x8924, 0x8931, 0x8932, Sioc.SIFTXQLEN]);

/** struct ifreq: a name, and what is asked about it. */
const IFREQ = 32, IFNAMSIZ = 16;

function socketAddress(address: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IFREQ - IFNAMSIZ);
  bytes.set([AF_INET, 0, 0, 0, ...address]);
  return bytes;
}

function word(n: number): Uint8Array {
  const bytes = new Uint8Array(IFREQ - IFNAMSIZ);
  new DataView(bytes.buffer).setInt32(0, n, true);
  return bytes;
}

/** struct ifconf {length, where}: an ifreq with its address for each interface that has one of IPv4. */
function configuration(t: Thread, arg: number, list: readonly NetworkInterface[]): number {
  const room = get32(t.memory, arg), at = get32(t.memory, arg + 4);
  const all = list.flatMap((i) => addressesOf(i, 4).map(({ host }) => ({ name: i.name, address: socketAddress(hostBytes(host)) })));
  if (room < 0) return -E.INVAL;
  const count = at ? Math.min(all.length, Math.floor(room / IFREQ)) : all.length;
  if (at) all.slice(0, count).forEach(({ name, address }, k) => {
    const bytes = new Uint8Array(IFREQ);
    bytes.set(fromLatin1(name));
    bytes.set(address, IFNAMSIZ);
    copyTo(t.memory, at + k * IFREQ, bytes);
  });
  put32(t.memory, arg, count * IFREQ);
  return 0;
}

/** Null: the request is another one. */
export function interfaceIoctl(t: Thread, request: number, arg: number): number | null {
  const { network } = vfsOf(t), list = interfacesOf(network);
  if (request === Sioc.GIFCONF) return configuration(t, arg, list);
  if (request === Sioc.GIFNAME) {
    const found = list.find((i) => i.index === get32(t.memory, arg + IFNAMSIZ)) ?? fail(E.NODEV);
    const name = new Uint8Array(IFNAMSIZ);
    name.set(fromLatin1(found.name));
    copyTo(t.memory, arg, name);
    return 0;
  }
  const i = (): NetworkInterface => {
    // Names of aliases, as eth0:1, are those of what they belong to.
    const name = latin1(copyFrom(t.memory, arg, IFNAMSIZ)).replace(/[\0:].*$/s, "");
    return list.find((one) => one.name === name) ?? fail(E.NODEV);
  };
  const address = (): { bytes: Uint8Array; prefix: number } => {
    const [first] = addressesOf(i(), 4);
    return first ? { bytes: hostBytes(first.host), prefix: first.prefix } : fail(E.ADDRNOTAVAIL);
  };
  const answer = (bytes: Uint8Array): number => {
    copyTo(t.memory, arg + IFNAMSIZ, bytes);
    return 0;
  };
  switch (request) {
    case Sioc.GIFFLAGS:
      return answer(word(flagsOf(i(), network) & 0xffff).subarray(0, 2));
    case Sioc.SIFFLAGS:
      if (!capable(t.cred, Cap.NET_ADMIN)) return -E.PERM;
      // What is up may be told to come up.
      return (get16(t.memory, arg + IFNAMSIZ) ^ flagsOf(i(), network)) & IFF.UP ? -E.PERM : 0;
    case Sioc.GIFADDR:
    case Sioc.GIFDSTADDR:
      return answer(socketAddress(address().bytes));
    case Sioc.GIFBRDADDR: {
      const a = address();
      return answer(socketAddress(i().loopback ? new Uint8Array(4) : broadcastOf(a.bytes, a.prefix)));
    }
    case Sioc.GIFNETMASK:
      return answer(socketAddress(maskOf(address().prefix, 4)));
    case Sioc.GIFMETRIC:
      i();
      return answer(word(0).subarray(0, 4));
    case Sioc.GIFMTU:
      return answer(word(i().mtu).subarray(0, 4));
    case Sioc.GIFHWADDR: {
      const bytes = word(typeOf(i()));
      bytes.set(hardwareOf(i()), 2);
      return answer(bytes);
    }
    case Sioc.GIFINDEX:
      return answer(word(i().index).subarray(0, 4));
    case Sioc.GIFTXQLEN:
      i();
      return answer(word(QUEUE_LENGTH).subarray(0, 4));
    case Sioc.GIFMAP:
      i();
      return answer(word(0));
    case Sioc.ETHTOOL:
      i();
      return -E.OPNOTSUPP;
    default:
      return SETTING.has(request) ? -E.PERM : null;
  }
}
