import { E } from "../errno.js";
import { joined } from "../user.js";
import { Poll } from "./file.js";
import { SocketFile } from "./socket-file.js";

/** AF_NETLINK sockets (netlink(7)): datagrams of messages to parts of the kernel, which answer at once, and what mq_notify(2) sends to a thread. */

const HEADER = 16;
const enum Type { ERROR = 2, DONE = 3, FIRST = 16 }
const MULTI = 2, ACK = 4, DUMP = 0x300;
/** Answers of many messages come in datagrams of up to this size: callers receive into a page. */
const DATAGRAM = 3072;
/** Answers that nobody takes. */
const MOST_WAITING = 1 << 20;

export interface Message {
  readonly type: number;
  readonly body: Uint8Array;
}

/** What a message asks for. */
export interface Request extends Message {
  /** NLM_F_DUMP: all there are. */
  readonly dump: boolean;
}

/** A part of the kernel that can be asked: answers, or an errno (0: done, and nothing to say). */
export type Responder = (r: Request) => readonly Message[] | number;

/** struct nlattr: length, type, data; padded to words. */
export function attribute(type: number, data: Uint8Array | number): Uint8Array {
  const bytes = typeof data === "number" ? words(data) : data;
  const out = new Uint8Array((4 + bytes.length + 3) & ~3);
  new DataView(out.buffer).setUint16(0, 4 + bytes.length, true);
  out[2] = type;
  out.set(bytes, 4);
  return out;
}

/** Data of the attributes from `at` on, by type. */
export function attributesFrom(bytes: Uint8Array, at: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>(), view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  while (at + 4 <= bytes.length) {
    const length = view.getUint16(at, true);
    if (length < 4) break;
    found.set(view.getUint16(at + 2, true) & 0x3fff, bytes.subarray(at + 4, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

export function words(...list: number[]): Uint8Array {
  const out = new Uint8Array(list.length * 4), view = new DataView(out.buffer);
  list.forEach((w, i) => view.setInt32(i * 4, w, true));
  return out;
}

export class NetlinkSocket extends SocketFile {
  /** Its address (nl_pid); 0: not bound yet. */
  port = 0;
  private readonly waiting: Uint8Array[] = [];
  private bytes = 0;
  private static next = 1;

  constructor(readonly kind: number, flags: number, readonly protocol: number, private readonly ask: Responder, private readonly gone: (s: NetlinkSocket) => void) {
    super(flags, 0x20000 + NetlinkSocket.next++);
  }

  /** A datagram from the kernel. */
  deliver(datagram: Uint8Array): void {
    if (this.bytes + datagram.length > MOST_WAITING) return;
    this.waiting.push(datagram);
    this.bytes += datagram.length;
    this.queue.wake();
  }

  receive(into: Uint8Array, peek: boolean): { readonly length: number; readonly whole: number } | number {
    const first = this.waiting[0];
    if (!first) return -E.AGAIN;
    const part = first.subarray(0, into.length);
    into.set(part);
    if (!peek) {
      this.waiting.shift();
      this.bytes -= first.length;
    }
    return { length: part.length, whole: first.length };
  }

  /** Messages to the kernel, which answers at once. */
  send(datagram: Uint8Array): number {
    const bytes = datagram.slice(), view = new DataView(bytes.buffer);
    for (let at = 0; at + HEADER <= bytes.length;) {
      const length = view.getUint32(at, true);
      if (length < HEADER || at + length > bytes.length) break;
      this.answer(bytes.subarray(at, at + length), view.getUint16(at + 4, true), view.getUint16(at + 6, true), view.getUint32(at + 8, true));
      at += (length + 3) & ~3;
    }
    return datagram.length;
  }

  private answer(request: Uint8Array, type: number, flags: number, seq: number): void {
    if (type < Type.FIRST) return;
    const message = (t: number, f: number, body: Uint8Array): Uint8Array => joined([words(HEADER + body.length, t | (f << 16), seq, this.port), body]);
    const error = (errno: number): void => this.deliver(message(Type.ERROR, 0, joined([words(-errno), request.subarray(0, HEADER)])));
    const dump = (flags & DUMP) === DUMP;
    const answers = this.ask({ type, dump, body: request.subarray(HEADER) });
    if (typeof answers === "number") {
      if (answers !== 0 || flags & ACK) error(answers);
    } else if (dump) {
      this.deliverAll([...answers.map((m) => message(m.type, MULTI, m.body)), message(Type.DONE, MULTI, words(0))]);
    } else {
      for (const m of answers) this.deliver(message(m.type, 0, m.body));
      if (flags & ACK) error(0);
    }
  }

  private deliverAll(messages: readonly Uint8Array[]): void {
    let together: Uint8Array[] = [], size = 0;
    for (const m of messages) {
      if (size + m.length > DATAGRAM && size > 0) {
        this.deliver(joined(together));
        together = [];
        size = 0;
      }
      together.push(m);
      size += m.length;
    }
    this.deliver(joined(together));
  }

  override read(into: Uint8Array): number {
    const r = this.receive(into, false);
    return typeof r === "number" ? r : r.length;
  }

  override write(from: Uint8Array): number {
    return this.send(from);
  }

  override poll(): number {
    return Poll.OUT | Poll.WRNORM | (this.waiting.length > 0 ? Poll.IN | Poll.RDNORM : 0);
  }

  protected override closed(): void {
    this.waiting.length = 0;
    this.gone(this);
  }
}
