import type { Thread } from "../contract.js";
import { E } from "../errno.js";
import { Roster } from "../roster.js";
import { put32 } from "../user.js";
import { type File, Poll } from "./file.js";
import { SocketFile } from "./socket-file.js";

/** AF_UNIX sockets of the guest: stream (1), datagram (2) and sequenced packet (5). */

export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

interface Packet {
  bytes: Uint8Array;
  readonly files: File[];
  readonly from: string;
  readonly credentials: PeerCredentials;
}

/** What was received: `whole` is the packet's length, of which `length` bytes fitted. */
export interface Message {
  readonly length: number;
  readonly whole: number;
  readonly files: File[];
  readonly from: string;
  readonly credentials: PeerCredentials;
}

const open = new WeakMap<object, Roster<UnixSocket>>();

/** All sockets of a guest that are open. */
export function unixSockets(kernel: object): Roster<UnixSocket> {
  let all = open.get(kernel);
  if (!all) open.set(kernel, (all = new Roster()));
  return all;
}

const BUFFER = 212992;
/** Bytes on their way in all sockets of guests. */
const ALL_BUFFERS = 128 << 20;
const NOBODY: PeerCredentials = { pid: 0, uid: -1, gid: -1 };
const FIONREAD = 0x541b;

export class UnixSocket extends SocketFile {
  name = "";
  peer: UnixSocket | null = null;
  /** Datagrams: where send goes. */
  target: UnixSocket | null = null;
  /** > 0: listens. */
  backlog = 0;
  readonly waiting: UnixSocket[] = [];
  passCredentials = false;
  onClose: () => void = () => undefined;
  private readonly incoming: Packet[] = [];
  private queued = 0;
  private noMoreInput = false;
  private noMoreOutput = false;
  private wasConnected = false;
  private dead = false;
  private static next = 1;
  private static onTheWay = 0;

  constructor(
    readonly kind: number,
    flags: number,
    readonly credentials: PeerCredentials,
    private readonly all: Roster<UnixSocket>,
  ) {
    super(flags, UnixSocket.next++);
    all.add(this);
  }

  /** As TCP_* numbers have it: connected, listening, neither. */
  get protocolState(): number {
    return this.peer ? 1 : this.backlog > 0 ? 10 : 7;
  }

  /** Bytes that have come; of listeners, connections that wait and how many may. */
  get queues(): readonly [received: number, sent: number] {
    return this.backlog > 0 ? [this.waiting.length, this.backlog] : [this.queued, this.peer?.queued ?? 0];
  }

  /** SHUT_RD and SHUT_WR as bits. */
  get ended(): number {
    return (this.noMoreInput ? 1 : 0) | (this.noMoreOutput ? 2 : 0);
  }

  connectTo(other: UnixSocket): void {
    this.peer = other;
    other.peer = this;
    this.wasConnected = other.wasConnected = true;
  }

  /** `accepted` is the listener's end of the new connection. */
  connectToListener(listener: UnixSocket, accepted: UnixSocket): number {
    if (listener.backlog === 0 || listener.dead) return -E.CONNREFUSED;
    if (listener.waiting.length > listener.backlog) return -E.AGAIN;
    accepted.name = listener.name;
    this.connectTo(accepted);
    listener.waiting.push(accepted);
    listener.queue.wake();
    return 0;
  }

  send(bytes: Uint8Array, to: UnixSocket | null, files: File[], credentials: PeerCredentials): number {
    const other = to ?? this.peer ?? this.target;
    if (this.noMoreOutput) return -E.PIPE;
    if (!other) return this.wasConnected ? -E.PIPE : -E.NOTCONN;
    if (other.dead || (other.noMoreInput && this.kind !== 2)) return this.kind === 2 ? -E.CONNREFUSED : -E.PIPE;
    const room = BUFFER - other.queued;
    if (this.kind === 1) {
      if (bytes.length === 0 && files.length === 0) return 0;
      if (room <= 0) return -E.AGAIN;
      bytes = bytes.subarray(0, room);
    } else {
      if (bytes.length > BUFFER) return -E.MSGSIZE;
      if (bytes.length > room || (other.queued > 0 && room < 4096)) return -E.AGAIN;
    }
    if (UnixSocket.onTheWay + bytes.length > ALL_BUFFERS) return -E.NOBUFS;
    UnixSocket.onTheWay += bytes.length;
    other.incoming.push({ bytes: bytes.slice(), files, from: this.name, credentials });
    other.queued += bytes.length;
    other.queue.wake();
    return bytes.length;
  }

  receive(into: Uint8Array, peek: boolean): Message | number {
    if (this.backlog > 0) return -E.INVAL;
    const first = this.incoming[0];
    if (!first) {
      if (this.noMoreInput || (this.wasConnected && !this.peer)) return { length: 0, whole: 0, files: [], from: "", credentials: NOBODY };
      return this.kind !== 2 && !this.peer ? (this.kind === 1 ? -E.INVAL : -E.NOTCONN) : -E.AGAIN;
    }
    const { from, credentials } = first;
    if (this.kind !== 1) {
      const n = Math.min(into.length, first.bytes.length);
      into.set(first.bytes.subarray(0, n));
      const whole = first.bytes.length;
      if (!peek) this.drop(whole);
      return { length: n, whole, files: peek ? [] : first.files, from, credentials };
    }
    let n = 0;
    const files: File[] = [];
    for (let i = 0; n < into.length || i === 0;) {
      const p = this.incoming[i];
      // Descriptors belong to the bytes they came with.
      if (!p || (i > 0 && peek && p.files.length > 0) || (n > 0 && p.files.length > 0)) break;
      const part = p.bytes.subarray(0, into.length - n);
      into.set(part, n);
      n += part.length;
      if (peek) {
        i++;
        continue;
      }
      files.push(...p.files.splice(0));
      this.queued -= part.length;
      UnixSocket.onTheWay -= part.length;
      if (part.length < p.bytes.length) {
        p.bytes = p.bytes.subarray(part.length);
        break;
      }
      this.incoming.shift();
      if (files.length > 0 || this.incoming.length === 0) break;
    }
    if (!peek) this.peer?.queue.wake();
    return { length: n, whole: n, files, from, credentials };
  }

  private drop(bytes: number): void {
    this.incoming.shift();
    this.queued -= bytes;
    UnixSocket.onTheWay -= bytes;
    this.queue.wake();
    this.peer?.queue.wake();
  }

  shutdown(read: boolean, write: boolean): number {
    if (!this.peer && this.kind !== 2) return -E.NOTCONN;
    if (read) this.noMoreInput = true;
    if (write) {
      this.noMoreOutput = true;
      if (this.peer) this.peer.noMoreInput = true;
    }
    this.queue.wake();
    this.peer?.queue.wake();
    return 0;
  }

  override read(into: Uint8Array): number {
    if (into.length === 0) return 0;
    const m = this.receive(into, false);
    if (typeof m === "number") return m;
    for (const f of m.files) f.release();
    return m.length;
  }

  override write(from: Uint8Array, t: Thread): number {
    const r = this.send(from, null, [], this.credentials);
    if (r === -E.PIPE) t.signal({ signo: 13, code: 0, pid: t.process.pid, uid: t.cred.uid });
    return r;
  }

  override poll(): number {
    let e = 0;
    const ended = this.noMoreInput || (this.wasConnected && !this.peer);
    if (this.incoming.length > 0 || this.waiting.length > 0 || ended) e |= Poll.IN | Poll.RDNORM;
    if (ended) e |= Poll.RDHUP;
    const other = this.peer ?? this.target;
    if (this.kind === 2 ? !other || other.queued < BUFFER / 2 : !this.noMoreOutput && (!other || other.queued < BUFFER / 2)) e |= Poll.OUT | Poll.WRNORM;
    if ((this.wasConnected && !this.peer) || (this.noMoreInput && this.noMoreOutput) || (this.kind !== 2 && !this.wasConnected && this.backlog === 0)) e |= Poll.HUP;
    return e;
  }

  override ioctl(request: number, arg: number, t: Thread): number {
    if (request !== FIONREAD) return super.ioctl(request, arg, t);
    put32(t.memory, arg, this.kind === 1 ? this.queued : (this.incoming[0]?.bytes.length ?? 0));
    return 0;
  }

  protected override closed(): void {
    this.dead = true;
    this.all.delete(this);
    this.onClose();
    const { peer } = this;
    this.peer = null;
    if (peer) {
      peer.peer = null;
      peer.queue.wake();
    }
    for (const w of this.waiting) w.release();
    for (const p of this.incoming.splice(0)) for (const f of p.files) f.release();
    UnixSocket.onTheWay -= this.queued;
    this.queued = 0;
    this.queue.wake();
  }
}
