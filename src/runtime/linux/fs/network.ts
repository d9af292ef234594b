import { E, fail } from "../errno.js";

/** What AF_INET and AF_INET6 sockets need of the host: TCP and UDP. Nothing of it waits; what happens later is told to a listener. */

export interface InetAddress {
  /** "127.0.0.1", or eight groups as in "0:0:0:0:0:0:0:1" (`hostOf` writes one address in one way only). */
  readonly host: string;
  readonly port: number;
}

/** Address family: IPv4 or IPv6. */
export type Family = 4 | 6;

export const familyOf = (host: string): Family => (host.includes(":") ? 6 : 4);

/** An address of 4 or 16 bytes as text. */
export function hostOf(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join(".");
  return Array.from({ length: 8 }, (_, i) => ((bytes[i * 2]! << 8) | bytes[i * 2 + 1]!).toString(16)).join(":");
}

/** The bytes of an address in any of its spellings; EINVAL. */
export function hostBytes(host: string): Uint8Array {
  const dotted = (text: string): number[] => text.split(".").map(Number);
  if (familyOf(host) === 4) return Uint8Array.from(dotted(host));
  const [head = "", tail] = host.replace(/%.*$/, "").split("::");
  const groups = (text: string): number[] =>
    text === "" ? [] : text.split(":").flatMap((g) => (g.includes(".") ? dotted(g) : [parseInt(g, 16) >> 8, parseInt(g, 16) & 0xff]));
  const first = groups(head), last = tail === undefined ? [] : groups(tail);
  if (first.length + last.length > 16 || (tail === undefined && first.length < 16)) fail(E.INVAL);
  return Uint8Array.from([...first, ...new Array<number>(16 - first.length - last.length).fill(0), ...last]);
}

export const ANY_ADDRESS: Readonly<Record<Family, InetAddress>> = { 4: { host: "0.0.0.0", port: 0 }, 6: { host: "0:0:0:0:0:0:0:0", port: 0 } };
export const LOOPBACK: Readonly<Record<Family, string>> = { 4: "127.0.0.1", 6: "0:0:0:0:0:0:0:1" };

export interface Connection {
  readonly local: InetAddress;
  readonly remote: InetAddress;
  /** Take all bytes; false: enough for now, `drained` follows. */
  write(bytes: Uint8Array): boolean;
  /** Let data come, or not. */
  flow(on: boolean): void;
  /** No more output. */
  end(): void;
  /** No more of it: what was written is still sent, within reason. */
  close(): void;
  setNoDelay(on: boolean): void;
}

export interface ConnectionEvents {
  connected(): void;
  /** Errno. */
  failed(errno: number): void;
  data(bytes: Uint8Array): void;
  /** The other end sends no more. */
  ended(): void;
  drained(): void;
}

export interface Listening {
  readonly local: InetAddress;
  close(): void;
}

export interface ListenEvents {
  listening(): void;
  failed(errno: number): void;
  /** A connection was made: return who hears of its events. It is connected already. */
  connection(c: Connection): ConnectionEvents;
}

export interface Datagrams {
  /** Known after `bound`. */
  readonly local: InetAddress;
  send(bytes: Uint8Array, to: InetAddress): void;
  close(): void;
}

export interface DatagramEvents {
  bound(): void;
  failed(errno: number): void;
  message(bytes: Uint8Array, from: InetAddress): void;
}

/** An interface of the host's. */
export interface NetworkInterface {
  readonly name: string;
  readonly loopback: boolean;
  /** Six bytes in hexadecimal, with colons. */
  readonly hardware: string;
  readonly addresses: readonly { readonly host: string; readonly prefix: number }[];
  /** Its number, as scopes of IPv6 addresses have it. */
  readonly index: number;
  readonly mtu: number;
}

/** Where packets to a range of addresses go. */
export interface Route {
  readonly host: string;
  readonly prefix: number;
  readonly gateway: string | null;
  /** Name of an interface. */
  readonly through: string;
  readonly metric: number;
}

export interface Network {
  /** Loopback first. */
  interfaces(): readonly NetworkInterface[];
  /** Not those of addresses of the host's own. */
  routes(): readonly Route[];
  connect(to: InetAddress, from: InetAddress | null, events: ConnectionEvents): Connection;
  /** `v6Only`: an IPv6 socket takes no IPv4 addresses, mapped into IPv6. */
  listen(at: InetAddress, events: ListenEvents, v6Only: boolean): Listening;
  datagrams(at: InetAddress, events: DatagramEvents, v6Only: boolean): Datagrams;
  /** From which address datagrams to this one go: it is told (the port means nothing), or an errno. */
  route(to: InetAddress, told: (from: InetAddress | number) => void): void;
  /** All that was written is sent, or given up; nothing is open any more. */
  finish(): Promise<void>;
}
