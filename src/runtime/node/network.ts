import * as dgram from "node:dgram";
import * as net from "node:net";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { E } from "../linux/errno.js";
import {
  ANY_ADDRESS, type Connection, type ConnectionEvents, type DatagramEvents, type Datagrams, familyOf, hostBytes, hostOf, type InetAddress, type Listening,
  type ListenEvents, type Network, type NetworkInterface, type Route,
} from "../linux/fs/network.js";

/** The guest's network by Node's sockets. */

const NO_HARDWARE = "00:00:00:00:00:00";
/** Milliseconds that what was written before a close may take to be sent. */
const LINGER = 2000;

const errnoOf = (e: Error): number => (E as Readonly<Record<string, number>>)[(e as NodeJS.ErrnoException).code?.slice(1) ?? ""] ?? E.IO;
/** An address as Node gives it. */
const address = (host = "0.0.0.0", port = 0): InetAddress => ({ host: hostOf(hostBytes(host)), port });

class NodeConnection implements Connection {
  constructor(
    private readonly socket: net.Socket,
    open: Set<net.Socket>,
  ) {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  }

  /** Events from now on. */
  listen(events: ConnectionEvents): void {
    const s = this.socket;
    s.on("data", (b: Buffer) => events.data(b));
    s.on("end", () => events.ended());
    s.on("drain", () => events.drained());
    s.on("error", (e) => events.failed(errnoOf(e)));
  }

  get local(): InetAddress {
    return address(this.socket.localAddress, this.socket.localPort);
  }

  get remote(): InetAddress {
    return address(this.socket.remoteAddress, this.socket.remotePort);
  }

  write(bytes: Uint8Array): boolean {
    return this.socket.write(bytes);
  }

  flow(on: boolean): void {
    if (on) this.socket.resume();
    else this.socket.pause();
  }

  end(): void {
    this.socket.end();
  }

  close(): void {
    const s = this.socket;
    if (s.connecting) s.destroy();
    else s.destroySoon();
    // Errors after this are nobody's.
    s.removeAllListeners("data").removeAllListeners("error").on("error", () => undefined);
    s.resume();
  }

  setNoDelay(on: boolean): void {
    this.socket.setNoDelay(on);
  }
}

/** A number of an interface's; null: the host is no Linux. */
function of(name: string, what: string): number | null {
  try {
    return Number(readFileSync(`/sys/class/net/${name}/${what}`, "utf8"));
  } catch {
    return null;
  }
}

const RTF_UP = 1, RTF_GATEWAY = 2, RTF_LOCAL = 0x80000000, RTF_REJECT = 0x200;

/** Lines of a table of the host's kernel; none: it is no Linux. */
function table(file: string): string[][] {
  try {
    return readFileSync(file, "utf8").split("\n").filter((l) => l !== "").map((l) => l.trim().split(/\s+/));
  } catch {
    return [];
  }
}

function hostRoutes(): Route[] {
  const bytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (h) => parseInt(h, 16));
  // Addresses of IPv4 are numbers in the order of the machine, which is little-endian here.
  const four = (hex: string): string => hostOf(bytes(hex).reverse());
  const bits = (hex: string): number => [...bytes(hex)].reduce((n, b) => n + b.toString(2).replace(/0/g, "").length, 0);
  const v4 = table("/proc/net/route").slice(1).filter((l) => parseInt(l[3]!, 16) & RTF_UP).map((l): Route => ({
    host: four(l[1]!), prefix: bits(l[7]!), gateway: parseInt(l[3]!, 16) & RTF_GATEWAY ? four(l[2]!) : null, through: l[0]!, metric: Number(l[6]),
  }));
  const v6 = table("/proc/net/ipv6_route").filter((l) => {
    const flags = parseInt(l[8]!, 16);
    return flags & RTF_UP && !(flags & (RTF_REJECT | RTF_LOCAL)) && !l[0]!.startsWith("ff");
  }).map((l): Route => ({
    host: hostOf(bytes(l[0]!)), prefix: parseInt(l[1]!, 16), gateway: parseInt(l[8]!, 16) & RTF_GATEWAY ? hostOf(bytes(l[4]!)) : null, through: l[9]!, metric: parseInt(l[5]!, 16),
  }));
  return [...v4, ...v6];
}

export function nodeNetwork(): Network {
  const sockets = new Set<net.Socket>();
  const others = new Set<{ close(): unknown }>();
  return {
    interfaces() {
      const list = Object.entries(networkInterfaces()).map(([name, addresses = []], n): NetworkInterface => ({
        name, index: of(name, "ifindex") ?? n + 1, mtu: of(name, "mtu") ?? (addresses.some((a) => a.internal) ? 65536 : 1500),
        loopback: addresses.some((a) => a.internal), hardware: addresses[0]?.mac ?? NO_HARDWARE,
        addresses: addresses.map((a) => ({ host: hostOf(hostBytes(a.address)), prefix: Number(a.cidr?.split("/")[1] ?? (a.family === "IPv4" ? 32 : 128)) })),
      }));
      return list.sort((a, b) => Number(b.loopback) - Number(a.loopback));
    },
    routes: hostRoutes,
    connect(to, from, events) {
      const socket = net.connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: false, ...(from ? { localAddress: from.host, localPort: from.port } : {}) });
      const c = new NodeConnection(socket, sockets);
      socket.on("connect", () => events.connected());
      c.listen(events);
      return c;
    },
    listen(at, events: ListenEvents, ipv6Only): Listening {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        const c = new NodeConnection(socket, sockets);
        c.listen(events.connection(c));
      });
      others.add(server);
      server.on("error", (e) => {
        others.delete(server);
        events.failed(errnoOf(e));
      });
      server.listen({ host: at.host, port: at.port, backlog: 511, ipv6Only }, () => events.listening());
      return {
        get local() {
          const a = server.address();
          return a && typeof a === "object" ? address(a.address, a.port) : ANY_ADDRESS[familyOf(at.host)];
        },
        close() {
          others.delete(server);
          server.close(() => undefined);
        },
      };
    },
    datagrams(at, events: DatagramEvents, ipv6Only): Datagrams {
      const socket = dgram.createSocket(familyOf(at.host) === 4 ? { type: "udp4" } : { type: "udp6", ipv6Only });
      others.add(socket);
      let closed = false;
      socket.on("error", (e) => events.failed(errnoOf(e)));
      socket.on("message", (b, from) => events.message(b, address(from.address, from.port)));
      socket.bind({ address: at.host, port: at.port, exclusive: true }, () => {
        socket.setBroadcast(false);
        events.bound();
      });
      return {
        get local() {
          const a = socket.address();
          return address(a.address, a.port);
        },
        send(bytes, to) {
          if (!closed) socket.send(bytes.slice(), to.port, to.host, (e) => e && !closed && events.failed(errnoOf(e)));
        },
        close() {
          if (closed) return;
          closed = true;
          others.delete(socket);
          // What was sent leaves first.
          setImmediate(() => socket.close());
        },
      };
    },
    route(to, told) {
      const socket = dgram.createSocket(familyOf(to.host) === 4 ? "udp4" : "udp6");
      // One answer: an error after it concerns nobody.
      const answer = (from: InetAddress | number): void => {
        socket.removeAllListeners("error").on("error", () => undefined);
        others.delete(socket);
        socket.close();
        told(from);
      };
      others.add(socket);
      socket.on("error", (e) => answer(errnoOf(e)));
      // A connected socket of UDP sends nothing by that, and the port may be any but 0.
      socket.connect(to.port || 1, to.host, () => {
        const a = socket.address();
        answer(address(a.address, a.port));
      });
    },
    async finish() {
      for (const o of others) o.close();
      others.clear();
      const ends = [...sockets].map((s) => new Promise<void>((resolve) => {
        s.on("close", () => resolve());
        if (s.closed) resolve();
        s.destroySoon();
        s.resume();
      }));
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([Promise.all(ends), new Promise<void>((resolve) => (timer = setTimeout(resolve, LINGER)))]);
      clearTimeout(timer);
      for (const s of sockets) s.destroy();
    },
  };
}
