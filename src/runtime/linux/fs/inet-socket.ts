import type { Thread } from "../contract.js";
import { E } from "../errno.js";
import { Roster } from "../roster.js";
import { put32 } from "../user.js";
import { Poll } from "./file.js";
import { ANY_ADDRESS, type Connection, type ConnectionEvents, type Datagrams, type Family, type InetAddress, type Listening, LOOPBACK, type Network } from "./network.js";
import { ByteQueue } from "./pipe.js";
import { SocketFile } from "./socket-file.js";

/** AF_INET and AF_INET6 sockets: TCP (kind 1) and UDP (kind 2), as the host's network carries them. */

/** Bytes received ahead of the guest, after which the other end has to wait. */
const AHEAD = 1 << 18;
const MAX_DATAGRAM = 65507;
const FIONREAD = 0x541b;
const SIGPIPE = 13;

export interface Datagram {
  readonly bytes: Uint8Array;
  readonly from: InetAddress;
}

const open = new WeakMap<Network, Roster<InetSocket>>();

/** All sockets of a network that are open. */
export function inetSockets(n: Network): Roster<InetSocket> {
  let all = open.get(n);
  if (!all) open.set(n, (all = new Roster()));
  return all;
}

type State = "new" | "waiting" | "bound" | "connecting" | "connected" | "listening";

export class InetSocket extends SocketFile implements ConnectionEvents {
  state: State = "new";
  local: InetAddress;
  /** IPV6_V6ONLY */
  v6Only = false;
  remote: InetAddress | null = null;
  /** Where a connected UDP socket's datagrams go from; null: not connected. */
  private source: string | null = null;
  /** What setsockopt set, by level and name. */
  readonly options = new Map<string, number>();
  readonly pending: InetSocket[] = [];
  /** Whose it is. */
  uid = 0;
  /** SO_ERROR. */
  private error = 0;
  private backlog = 0;
  private connection: Connection | null = null;
  private listener: Listening | null = null;
  private udp: Datagrams | null = null;
  private readonly stream = new ByteQueue();
  private readonly packets: Datagram[] = [];
  private packetBytes = 0;
  private inputEnded = false;
  private outputEnded = false;
  private room = true;
  private gone = false;
  private static next = 1;

  constructor(
    readonly kind: 1 | 2,
    flags: number,
    private readonly network: Network,
    readonly family: Family,
  ) {
    super(flags, 0x10000 + InetSocket.next++);
    inetSockets(network).add(this);
    this.local = ANY_ADDRESS[family];
  }

  // What the host tells.

  connected(): void {
    this.state = "connected";
    this.local = this.connection!.local;
    this.queue.wake();
  }

  failed(errno: number): void {
    this.error = errno;
    if (this.state === "connecting" || this.state === "waiting") this.state = "new";
    else this.inputEnded = this.outputEnded = true;
    this.queue.wake();
  }

  data(bytes: Uint8Array): void {
    this.stream.push(bytes);
    if (this.stream.length > AHEAD) this.connection?.flow(false);
    this.queue.wake();
  }

  ended(): void {
    this.inputEnded = true;
    this.queue.wake();
  }

  drained(): void {
    this.room = true;
    this.queue.wake();
  }

  /** What went wrong since it was last asked for: SO_ERROR. */
  takeError(): number {
    const e = this.error;
    this.error = 0;
    return e;
  }

  // Calls. -EAGAIN: not yet, `queue` wakes.

  /** Begins; `bindResult` says how it ended. */
  bind(at: InetAddress): number {
    if (this.state !== "new" || this.local.port !== 0) return -E.INVAL;
    this.state = "waiting";
    const events = {
      failed: (errno: number): void => this.failed(errno),
      listening: (): void => {
        this.local = this.listener!.local;
        this.state = "bound";
        this.queue.wake();
      },
      connection: (c: Connection): ConnectionEvents => this.incoming(c),
    };
    if (this.kind === 1) this.listener = this.network.listen(at, events, this.v6Only);
    else this.openDatagrams(at);
    return 0;
  }

  bindResult(): number {
    if (this.state === "waiting") return -E.AGAIN;
    return -this.takeError();
  }

  private openDatagrams(at: InetAddress): void {
    this.udp = this.network.datagrams(at, {
      bound: () => {
        if (this.remote) return this.datagramsConnected();
        this.local = this.udp!.local;
        this.state = "bound";
        this.queue.wake();
      },
      failed: (errno) => {
        this.error = errno;
        if (this.state === "waiting") this.state = "new";
        this.queue.wake();
      },
      message: (bytes, from) => {
        if (this.remote && (from.host !== this.remote.host || from.port !== this.remote.port)) return;
        // A full buffer drops what comes, as UDP may.
        if (this.packetBytes + bytes.length > AHEAD) return;
        this.packets.push({ bytes, from });
        this.packetBytes += bytes.length;
        this.queue.wake();
      },
    }, this.v6Only);
  }

  /** Someone connected to the port. Before listen(2), and beyond the backlog, he is sent away. */
  private incoming(c: Connection): ConnectionEvents {
    const s = new InetSocket(1, 0, this.network, this.family);
    s.connection = c;
    s.uid = this.uid;
    s.remote = c.remote;
    s.state = "connected";
    s.local = c.local;
    if (this.state !== "listening" || this.pending.length >= this.backlog || this.gone) {
      s.release();
      return s;
    }
    this.pending.push(s);
    this.queue.wake();
    return s;
  }

  listen(backlog: number): number {
    if (this.kind !== 1) return -E.OPNOTSUPP;
    if (this.state !== "bound" && this.state !== "listening") return -E.INVAL;
    this.backlog = Math.max(1, Math.min(backlog < 0 ? 4096 : backlog, 4096));
    this.state = "listening";
    return 0;
  }

  /** A port of the system's choice, for listen(2) and sendto(2) without bind(2). */
  get unbound(): boolean {
    return this.state === "new";
  }

  accept(): InetSocket | number {
    if (this.state !== "listening") return -E.INVAL;
    return this.pending.shift() ?? -E.AGAIN;
  }

  connect(to: InetAddress): number {
    const target = to.host === ANY_ADDRESS[this.family].host ? { host: LOOPBACK[this.family], port: to.port } : to;
    if (this.kind === 2) return this.connectDatagrams(target);
    if (this.state === "connected") return -E.ISCONN;
    if (this.state === "connecting") return -E.ALREADY;
    if (this.state === "listening" || this.state === "waiting") return -E.INVAL;
    // A port that was bound is held by a listener, which has to make way.
    const from = this.state === "bound" ? this.local : null;
    this.listener?.close();
    this.listener = null;
    this.error = 0;
    this.inputEnded = this.outputEnded = false;
    this.state = "connecting";
    this.remote = target;
    this.connection = this.network.connect(target, from, this);
    return -E.INPROGRESS;
  }

  /** Datagrams go to one address from now on, and `local` becomes the one that they go from: resolvers sort addresses by it. */
  private connectDatagrams(to: InetAddress): number {
    if (this.state === "waiting") return -E.ALREADY;
    const before = this.state;
    this.state = "waiting";
    this.network.route(to, (from) => {
      if (this.gone) return;
      if (typeof from === "number") {
        this.state = before;
        this.error = from;
        this.queue.wake();
        return;
      }
      this.remote = to;
      this.source ??= from.host;
      if (this.udp) this.datagramsConnected();
      else this.openDatagrams(ANY_ADDRESS[this.family]);
    });
    return 0;
  }

  private datagramsConnected(): void {
    const { host, port } = this.udp!.local;
    this.local = { host: host === ANY_ADDRESS[this.family].host ? this.source! : host, port };
    this.state = "connected";
    this.queue.wake();
  }

  /** connect(2) of a UDP socket to AF_UNSPEC. */
  disconnect(): void {
    if (this.source === null) return;
    this.remote = this.source = null;
    this.local = this.udp!.local;
    this.state = "bound";
  }

  connectResult(): number {
    if (this.state === "connecting" || this.state === "waiting") return -E.AGAIN;
    return this.state === "connected" ? 0 : -(this.takeError() || E.CONNREFUSED);
  }

  send(bytes: Uint8Array, to: InetAddress | null): number {
    if (this.kind === 2) {
      const target = to ?? this.remote;
      if (!target) return -E.DESTADDRREQ;
      if (bytes.length > MAX_DATAGRAM) return -E.MSGSIZE;
      if (this.state === "new") {
        this.state = "waiting";
        this.openDatagrams(ANY_ADDRESS[this.family]);
      }
      if (this.state === "waiting") return -E.AGAIN;
      const e = this.takeError();
      if (e !== 0) return -e;
      this.udp!.send(bytes, target);
      return bytes.length;
    }
    if (this.state === "connecting") return -E.AGAIN;
    const e = this.takeError();
    if (e !== 0) return -e;
    if (this.outputEnded) return -E.PIPE;
    if (this.state !== "connected") return -E.PIPE;
    if (!this.room) return -E.AGAIN;
    this.room = this.connection!.write(bytes.slice());
    return bytes.length;
  }

  receive(into: Uint8Array, peek: boolean): { readonly length: number; readonly whole: number; readonly from: InetAddress | null } | number {
    if (this.kind === 2) {
      const e = this.takeError();
      if (e !== 0) return -e;
      const p = this.packets[0];
      if (!p) return this.inputEnded ? { length: 0, whole: 0, from: null } : -E.AGAIN;
      if (!peek) {
        this.packets.shift();
        this.packetBytes -= p.bytes.length;
      }
      const part = p.bytes.subarray(0, into.length);
      into.set(part);
      return { length: part.length, whole: p.bytes.length, from: p.from };
    }
    if (this.stream.length === 0) {
      const e = this.takeError();
      if (e !== 0) return -e;
      if (this.inputEnded) return { length: 0, whole: 0, from: null };
      return this.state === "connected" || this.state === "connecting" ? -E.AGAIN : -E.NOTCONN;
    }
    const n = this.stream.take(into, peek);
    if (!peek && this.stream.length <= AHEAD / 2) this.connection?.flow(true);
    return { length: n, whole: n, from: null };
  }

  shutdown(read: boolean, write: boolean): number {
    if (this.state !== "connected") return -E.NOTCONN;
    if (read) this.inputEnded = true;
    if (write && !this.outputEnded) {
      this.outputEnded = true;
      this.connection?.end();
    }
    this.queue.wake();
    return 0;
  }

  /** As TCP_* numbers have it (netinet/tcp.h): UDP sockets are established or closed; 0: not shown. */
  get protocolState(): number {
    if (this.kind === 2) return this.state === "connected" ? 1 : this.udp && this.state === "bound" ? 7 : 0;
    if (this.state === "listening") return 10;
    if (this.state === "connecting") return 2;
    if (this.state !== "connected") return 0;
    return this.inputEnded ? (this.outputEnded ? 7 : 8) : this.outputEnded ? 5 : 1;
  }

  /** Bytes that have come; of listeners, connections that wait and how many may. */
  get queues(): readonly [received: number, sent: number] {
    if (this.state === "listening") return [this.pending.length, this.backlog];
    return [this.kind === 1 ? this.stream.length : this.packetBytes, 0];
  }

  setNoDelay(on: boolean): void {
    this.connection?.setNoDelay(on);
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const r = this.receive(into, false);
    return typeof r === "number" ? r : r.length;
  }

  override write(from: Uint8Array, t: Thread): number {
    const r = this.send(from, null);
    if (r === -E.PIPE && this.kind === 1) t.signal({ signo: SIGPIPE, code: 0, pid: t.process.pid, uid: t.cred.uid });
    return r;
  }

  override poll(): number {
    let e = this.error !== 0 ? Poll.ERR | Poll.IN | Poll.OUT : 0;
    if (this.stream.length > 0 || this.packets.length > 0 || this.pending.length > 0 || this.inputEnded) e |= Poll.IN | Poll.RDNORM;
    if (this.kind === 2) return e | Poll.OUT | Poll.WRNORM;
    if (this.inputEnded) e |= Poll.RDHUP;
    if ((this.state === "connected" && this.room) || this.outputEnded) e |= Poll.OUT | Poll.WRNORM;
    if (this.state === "new" || (this.inputEnded && this.outputEnded)) e |= Poll.HUP;
    return e;
  }

  override ioctl(request: number, arg: number, t: Thread): number {
    if (request !== FIONREAD) return super.ioctl(request, arg, t);
    put32(t.memory, arg, this.kind === 1 ? this.stream.length : (this.packets[0]?.bytes.length ?? 0));
    return 0;
  }

  protected override closed(): void {
    this.gone = true;
    inetSockets(this.network).delete(this);
    this.connection?.close();
    this.listener?.close();
    this.udp?.close();
    for (const s of this.pending) s.release();
    this.queue.wake();
  }
}
