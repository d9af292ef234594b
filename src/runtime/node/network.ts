import * as dgram from "node:dgram";
import * as net from "node:net";
import { E } from "../linux/errno.js";
import type { Connection, ConnectionEvents, DatagramEvents, Datagrams, InetAddress, Listening, ListenEvents, Network } from "../linux/fs/network.js";

/** The guest's network by Node's sockets. */

/** Milliseconds that what was written before a close may take to be sent. */
const LINGER = 2000;

const errnoOf = (e: Error): number => (E as Readonly<Record<string, number>>)[(e as NodeJS.ErrnoException).code?.slice(1) ?? ""] ?? E.IO;
const NOWHERE: InetAddress = { host: "0.0.0.0", port: 0 };

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
    return { host: this.socket.localAddress ?? "0.0.0.0", port: this.socket.localPort ?? 0 };
  }

  get remote(): InetAddress {
    return { host: this.socket.remoteAddress ?? "0.0.0.0", port: this.socket.remotePort ?? 0 };
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

export function nodeNetwork(): Network {
  const sockets = new Set<net.Socket>();
  const others = new Set<{ close(): unknown }>();
  return {
    connect(to, from, events) {
      const socket = net.connect({ host: to.host, port: to.port, allowHalfOpen: true, noDelay: false, ...(from ? { localAddress: from.host, localPort: from.port } : {}) });
      const c = new NodeConnection(socket, sockets);
      socket.on("connect", () => events.connected());
      c.listen(events);
      return c;
    },
    listen(at, events: ListenEvents): Listening {
      const server = net.createServer({ allowHalfOpen: true }, (socket) => {
        const c = new NodeConnection(socket, sockets);
        c.listen(events.connection(c));
      });
      others.add(server);
      server.on("error", (e) => {
        others.delete(server);
        events.failed(errnoOf(e));
      });
      server.listen({ host: at.host, port: at.port, backlog: 511 }, () => events.listening());
      return {
        get local() {
          const a = server.address();
          return a && typeof a === "object" ? { host: a.address, port: a.port } : NOWHERE;
        },
        close() {
          others.delete(server);
          server.close(() => undefined);
        },
      };
    },
    datagrams(at, events: DatagramEvents): Datagrams {
      const socket = dgram.createSocket("udp4");
      others.add(socket);
      let closed = false;
      socket.on("error", (e) => events.failed(errnoOf(e)));
      socket.on("message", (b, from) => events.message(b, { host: from.address, port: from.port }));
      socket.bind({ address: at.host, port: at.port, exclusive: true }, () => {
        socket.setBroadcast(false);
        events.bound();
      });
      return {
        get local() {
          const a = socket.address();
          return { host: a.address, port: a.port };
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
