/** What AF_INET sockets need of the host: TCP and UDP over IPv4. Nothing of it waits; what happens later is told to a listener. */

export interface InetAddress {
  /** "127.0.0.1" */
  readonly host: string;
  readonly port: number;
}

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

export interface Network {
  connect(to: InetAddress, from: InetAddress | null, events: ConnectionEvents): Connection;
  listen(at: InetAddress, events: ListenEvents): Listening;
  datagrams(at: InetAddress, events: DatagramEvents): Datagrams;
  /** All that was written is sent, or given up; nothing is open any more. */
  finish(): Promise<void>;
}
