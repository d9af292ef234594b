import * as net from "node:net";
import type { DebugTarget } from "../gdb/target.js";
import { GdbServer } from "../gdb/server.js";

export interface DebugListener {
  readonly host: string;
  readonly port: number;
  /** Let a client debug this. */
  readonly serve: (target: DebugTarget) => void;
  /** The guest stands still and nobody is connected. */
  readonly waiting: boolean;
  close(): void;
}

const LOOPBACK = "127.0.0.1";

/** "[HOST:]PORT", HOST being a name, an IPv4 address or an IPv6 address in brackets; null: neither. */
export function parseListen(text: string): { host: string; port: number } | null {
  const m = /^(?:(\[[0-9a-f:.]+\]|[^:[\]]*):)?(\d{1,5})$/i.exec(text);
  if (!m || Number(m[2]) > 65535) return null;
  return { host: m[1] ? m[1].replace(/^\[|\]$/g, "") : LOOPBACK, port: Number(m[2]) };
}

/** A TCP socket for debuggers, on loopback unless told otherwise; port 0: any that is free. Rejects if it cannot be had. */
export function listenForDebugger(at: { host: string; port: number }): Promise<DebugListener> {
  let gdb: GdbServer | null = null;
  const server = net.createServer({ noDelay: true }, (socket) => {
    const session = gdb?.connect({ write: (bytes) => void socket.write(bytes), close: () => void socket.end() });
    if (!session) {
      socket.on("error", () => undefined);
      socket.end();
      return;
    }
    sockets.add(socket);
    socket.on("data", (chunk) => session.receive(chunk));
    socket.on("error", () => undefined);
    socket.on("close", () => {
      sockets.delete(socket);
      session.disconnected();
    });
  });
  const sockets = new Set<net.Socket>();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(at.port, at.host, () => {
      server.off("error", reject);
      const { address, port } = server.address() as net.AddressInfo;
      resolve({
        host: address, port,
        serve: (target) => {
          gdb = new GdbServer(target);
        },
        get waiting() {
          return gdb !== null && !gdb.connected && gdb.target.halted;
        },
        close() {
          server.close();
          for (const s of sockets) s.end();
        },
      });
    });
  });
}
