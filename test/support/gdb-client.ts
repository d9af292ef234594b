import { encodePacket, PacketReader } from "../../src/runtime/gdb/packet.js";
import type { GdbServer, GdbSession } from "../../src/runtime/gdb/server.js";

/** A client of the GDB remote protocol in the same process. */
export class GdbClient {
  private readonly reader = new PacketReader();
  private readonly replies: string[] = [];
  private waiting: ((reply: string) => void) | null = null;
  private readonly session: GdbSession;
  /** What came besides packets: acknowledgements. */
  raw = "";
  closed = false;

  constructor(server: GdbServer) {
    const session = server.connect({
      write: (bytes) => {
        for (const item of this.reader.read(bytes)) {
          if (item.kind !== "packet") {
            this.raw += item.kind === "ack" ? "+" : "-";
            continue;
          }
          this.raw += "p";
          const { waiting } = this;
          this.waiting = null;
          if (waiting) waiting(item.data);
          else this.replies.push(item.data);
        }
      },
      close: () => {
        this.closed = true;
      },
    });
    if (!session) throw new Error("there is a client already");
    this.session = session;
  }

  bytes(text: string): void {
    this.session.receive(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }

  /** The next packet from the server. */
  next(): Promise<string> {
    const reply = this.replies.shift();
    return reply === undefined ? new Promise((resolve) => (this.waiting = resolve)) : Promise.resolve(reply);
  }

  ask(packet: string): Promise<string> {
    this.session.receive(encodePacket(packet));
    return this.next();
  }

  interrupt(): Promise<string> {
    this.bytes("\x03");
    return this.next();
  }

  hangUp(): void {
    this.session.disconnected();
  }
}

/** Little-endian hex digits of a 32-bit word. */
export const le32 = (n: number): string => [0, 8, 16, 24].map((s) => ((n >>> s) & 255).toString(16).padStart(2, "0")).join("");
export const fromLe32 = (hex: string): number => [0, 2, 4, 6].reduce((n, i) => n + parseInt(hex.slice(i, i + 2), 16) * 2 ** (i * 4), 0);
