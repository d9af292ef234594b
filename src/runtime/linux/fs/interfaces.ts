import { familyOf, hostBytes, type Network, type NetworkInterface } from "./network.js";

/** Interfaces of the network as Linux shows them, by ioctl(2) (netdevice(7)), rtnetlink(7) and /proc/net. */

/** IFF_*: UP, BROADCAST, LOOPBACK, RUNNING, MULTICAST, LOWER_UP. */
export const IFF = { UP: 1, BROADCAST: 2, LOOPBACK: 8, RUNNING: 0x40, MULTICAST: 0x1000, LOWER_UP: 0x10000 } as const;
export const ARPHRD = { ETHER: 1, LOOPBACK: 772 } as const;
export const QUEUE_LENGTH = 1000;

const DOWN: readonly NetworkInterface[] = [{ name: "lo", loopback: true, hardware: "00:00:00:00:00:00", addresses: [], index: 1, mtu: 65536 }];

/** Without a network there is a loopback interface that is down. */
export const interfacesOf = (network: Network | null): readonly NetworkInterface[] => network?.interfaces() ?? DOWN;

export function flagsOf(i: NetworkInterface, network: Network | null): number {
  return (i.loopback ? IFF.LOOPBACK : IFF.BROADCAST | IFF.MULTICAST) | (network ? IFF.UP | IFF.RUNNING | IFF.LOWER_UP : 0);
}

export const typeOf = (i: NetworkInterface): number => (i.loopback ? ARPHRD.LOOPBACK : ARPHRD.ETHER);
export const hardwareOf = (i: NetworkInterface): Uint8Array => Uint8Array.from(i.hardware.split(":").map((h) => parseInt(h, 16)));
export const addressesOf = (i: NetworkInterface, family: 4 | 6): NetworkInterface["addresses"] => i.addresses.filter(({ host }) => familyOf(host) === family);

/** Four or 16 bytes whose first `prefix` bits are set. */
export const maskOf = (prefix: number, bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, k) => (0xff00 >> Math.min(8, Math.max(0, prefix - k * 8))) & 0xff);

export const broadcastOf = (address: Uint8Array, prefix: number): Uint8Array => address.map((b, k) => b | (~maskOf(prefix, address.length)[k]! & 0xff));

/** Scope of an address, RT_SCOPE_*. */
export const SCOPE = { universe: 0, link: 253, host: 254 } as const;

export function scopeOf(i: NetworkInterface, host: string): number {
  const bytes = hostBytes(host);
  return i.loopback ? SCOPE.host : bytes.length === 16 && bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80 ? SCOPE.link : SCOPE.universe;
}
