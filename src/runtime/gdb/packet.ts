/**
 * Packets of the GDB remote protocol (GDB manual, appendix E.1): `$data#checksum`, acknowledged by `+` or `-` until both sides do without.
 * Data is kept as a string with one char a byte, without escapes and run lengths.
 */

/** What came in. */
export type Incoming =
  | { readonly kind: "packet"; readonly data: string }
  /** The checksum was wrong: asks for it again. */
  | { readonly kind: "corrupt" }
  | { readonly kind: "ack" }
  | { readonly kind: "nak" }
  /** Ctrl-C, outside of any packet. */
  | { readonly kind: "interrupt" };

const DOLLAR = 0x24, HASH = 0x23, PLUS = 0x2b, MINUS = 0x2d, ESCAPE = 0x7d, STAR = 0x2a, CTRL_C = 3;
/** Bytes of a packet as the client may send it; told in qSupported. */
export const PACKET_SIZE = 0x10000;

/** Takes a byte stream apart. */
export class PacketReader {
  private readonly bytes: number[] = [];
  private sum = 0;
  /** What the next byte is. */
  private state: "idle" | "data" | "escaped" | "sum1" | "sum2" = "idle";
  private given = 0;

  /** Without acknowledgements checksums are not looked at: the stream is reliable. */
  constructor(public checks = true) {}

  private begin(): void {
    this.bytes.length = 0;
    this.sum = 0;
    this.state = "data";
  }

  *read(chunk: Uint8Array): Generator<Incoming> {
    for (const b of chunk) {
      switch (this.state) {
        case "idle":
          if (b === DOLLAR) this.begin();
          else if (b === PLUS) yield { kind: "ack" };
          else if (b === MINUS) yield { kind: "nak" };
          else if (b === CTRL_C) yield { kind: "interrupt" };
          break;
        case "data":
        case "escaped":
          // Neither stands for itself or behind an escape in a proper packet: whatever came before, this ends one, and that begins the next.
          if (b === HASH) {
            this.state = "sum1";
            break;
          }
          if (b === DOLLAR) {
            this.begin();
            break;
          }
          this.sum = (this.sum + b) & 0xff;
          if (b === ESCAPE && this.state === "data") {
            this.state = "escaped";
            break;
          }
          // A packet that never ends must not fill the memory; what is cut off has a wrong checksum.
          if (this.bytes.length <= 4 * PACKET_SIZE) this.bytes.push(this.state === "escaped" ? b ^ 0x20 : b);
          this.state = "data";
          break;
        case "sum1":
          this.given = hexDigit(b) << 4;
          this.state = "sum2";
          break;
        case "sum2":
          this.state = "idle";
          if (this.checks && (this.given | hexDigit(b)) !== this.sum) yield { kind: "corrupt" };
          else yield { kind: "packet", data: fromBytes(this.bytes) };
      }
    }
  }
}

function hexDigit(b: number): number {
  const v = parseInt(String.fromCharCode(b), 16);
  return v >= 0 ? v : 256;
}

/** A packet as it goes over the wire. */
export function encodePacket(data: string): Uint8Array {
  const out: number[] = [DOLLAR];
  let sum = 0;
  for (let i = 0; i < data.length; i++) {
    let b = data.charCodeAt(i) & 0xff;
    if (b === DOLLAR || b === HASH || b === ESCAPE || b === STAR) {
      out.push(ESCAPE);
      sum += ESCAPE;
      b ^= 0x20;
    }
    out.push(b);
    sum += b;
  }
  out.push(HASH);
  for (const c of (sum & 0xff).toString(16).padStart(2, "0")) out.push(c.charCodeAt(0));
  return Uint8Array.from(out);
}

// Texts in packets.

export function fromBytes(bytes: ArrayLike<number>): string {
  let s = "";
  for (let i = 0; i < bytes.length; i += 4096) s += String.fromCharCode(...Array.prototype.slice.call(bytes, i, i + 4096) as number[]);
  return s;
}

export function toBytes(s: string): Uint8Array {
  const b = new Uint8Array(s.length);
  for (let i = 0; i < s.length; i++) b[i] = s.charCodeAt(i);
  return b;
}

const HEX: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

export function hexOf(bytes: Iterable<number>): string {
  let s = "";
  for (const b of bytes) s += HEX[b]!;
  return s;
}

/** Bytes of hex digits; null if they are none. */
export function bytesOfHex(text: string): Uint8Array | null {
  if (text.length % 2 || /[^0-9a-f]/i.test(text)) return null;
  const b = new Uint8Array(text.length / 2);
  for (let i = 0; i < b.length; i++) b[i] = parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return b;
}
