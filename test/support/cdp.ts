import { WebSocket } from "ws";

/** A client of the Chrome DevTools Protocol, which Node's inspector speaks as well. */
export class DevTools {
  private next = 1;
  private readonly pending = new Map<number, { resolve: (value: never) => void; reject: (e: Error) => void }>();
  private readonly waiting: { method: string; test: (params: never) => boolean; resolve: (params: never) => void; reject: (e: Error) => void }[] = [];
  private closed = false;
  private readonly listeners: ((method: string, params: never) => void)[] = [];
  /** For targets of a browser. */
  session: string | null = null;

  private constructor(private readonly socket: WebSocket) {
    socket.on("close", () => this.lost());
    socket.on("message", (data: Buffer) => {
      const m = JSON.parse(data.toString()) as { id?: number; result?: never; error?: { message: string }; method?: string; params?: never };
      if (m.id !== undefined) {
        const p = this.pending.get(m.id);
        this.pending.delete(m.id);
        if (m.error) p?.reject(new Error(m.error.message));
        else p?.resolve(m.result!);
      } else {
        for (const l of this.listeners) l(m.method!, m.params!);
        for (const w of [...this.waiting]) {
          if (w.method !== m.method || !w.test(m.params!)) continue;
          this.waiting.splice(this.waiting.indexOf(w), 1);
          w.resolve(m.params!);
        }
      }
    });
  }

  /** The other end went away by itself: nobody waits for what will not come. */
  private lost(): void {
    if (this.closed) return;
    const e = new Error("the connection is lost");
    for (const p of this.pending.values()) p.reject(e);
    for (const w of this.waiting) w.reject(e);
  }

  static connect(url: string): Promise<DevTools> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      const client = new DevTools(socket);
      socket.on("open", () => resolve(client)).on("error", reject);
    });
  }

  send<T = object>(method: string, params: object = {}): Promise<T> {
    const id = this.next++;
    return new Promise((resolve, reject) => {
      this.pending.set(id, { resolve: resolve as (value: never) => void, reject });
      this.socket.send(JSON.stringify({ id, method, params, ...(this.session ? { sessionId: this.session } : {}) }));
    });
  }

  /** The next event of this kind. Ask before what causes it. */
  event<T>(method: string, test: (params: T) => boolean = () => true): Promise<T> {
    return new Promise((resolve, reject) => this.waiting.push({ method, test: test as (params: never) => boolean, resolve: resolve as (params: never) => void, reject }));
  }

  onEvent(listener: (method: string, params: never) => void): void {
    this.listeners.push(listener);
  }

  close(): void {
    this.closed = true;
    this.socket.close();
  }
}
