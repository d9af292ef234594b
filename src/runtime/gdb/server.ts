import { RemoteFiles } from "./file-io.js";
import { bytesOfHex, encodePacket, fromBytes, hexOf, PACKET_SIZE, PacketReader, toBytes } from "./packet.js";
import { type RegisterLayout, targetXml } from "./registers.js";
import { gdbSignal, linuxSignal } from "./signals.js";
import type { DebugTarget, DebugWatch, ResumeAction, Stop } from "./target.js";

/**
 * The server side of the GDB remote protocol (GDB manual, appendix E; for LLDB its docs/lldb-gdb-remote.txt): one client at a time, all-stop. It knows
 * bytes and a DebugTarget; src/runtime/node/debug-listener.ts gives it a socket.
 */

/** One connection, as the server writes to it. */
export interface ByteStream {
  write(bytes: Uint8Array): void;
  close(): void;
}

const OK = "OK", UNSUPPORTED = "", FAILED = "E01", FAULT = "E14";
const SIGTRAP = 5;
/** Among what a client knows: it is LLDB. */
const LLDB = "lldb";
/** Bytes of memory that one `m` brings, as hex digits within a packet. */
const MOST_MEMORY = PACKET_SIZE / 2 - 64;
const WATCH_KINDS = ["write", "read", "access"] as const;

export class GdbServer {
  private client: GdbSession | null = null;

  constructor(readonly target: DebugTarget) {
    target.onStop = (stop) => this.client?.stopped(stop);
  }

  get connected(): boolean {
    return this.client !== null;
  }

  /** A client connected; null: there is one already. */
  connect(stream: ByteStream): GdbSession | null {
    if (this.client) return null;
    return (this.client = new GdbSession(this.target, stream, () => {
      this.client = null;
    }));
  }
}

/** Splits "a:b" at the first separator. */
function cut(s: string, at: string): [string, string] {
  const i = s.indexOf(at);
  return i < 0 ? [s, ""] : [s.slice(0, i), s.slice(i + 1)];
}

/** The thread of "TID", "pPID.TID" or "pPID"; -1: all of them. */
function threadOf(id: string): number {
  const t = id.startsWith("p") ? (cut(id, ".")[1] || "-1") : id;
  return t === "-1" ? -1 : hexNumber(t);
}

const hexNumber = (s: string | undefined): number => (s !== undefined && /^[0-9a-f]+$/i.test(s) ? parseInt(s, 16) : NaN);

export class GdbSession {
  private readonly reader = new PacketReader();
  private readonly files: RemoteFiles;
  private readonly layout: RegisterLayout;
  private acks = true;
  private last: Uint8Array | null = null;
  private running = false;
  private over = false;
  /** Threads that `g` and `c` mean; 0: any. */
  private general = 0;
  private resuming = 0;
  /** What the client understands in stop replies. */
  private readonly knows = new Set<string>();
  private readonly scratch = new DataView(new ArrayBuffer(32));

  constructor(
    private readonly target: DebugTarget,
    private readonly stream: ByteStream,
    private readonly ended: () => void,
  ) {
    this.layout = target.layout;
    this.files = new RemoteFiles((path) => target.openFile?.(path) ?? 2);
    target.attach();
  }

  /** Bytes from the client. */
  receive(chunk: Uint8Array): void {
    for (const item of this.reader.read(chunk)) {
      if (this.over) return;
      if (item.kind === "interrupt") this.target.interrupt();
      else if (item.kind === "nak") {
        if (this.last) this.stream.write(this.last);
      } else if (item.kind === "corrupt") this.stream.write(toBytes("-"));
      else if (item.kind === "packet") {
        if (this.acks) this.stream.write(toBytes("+"));
        const reply = this.guarded(item.data);
        if (reply !== null) this.send(reply);
      }
    }
  }

  /** The connection is gone: the guest goes on alone. */
  disconnected(): void {
    if (this.over) return;
    this.finish();
    this.target.detach();
  }

  private finish(): void {
    this.over = true;
    this.files.closeAll();
    this.ended();
  }

  /** The target stopped. */
  stopped(stop: Stop): void {
    if (!this.running) return;
    this.running = false;
    if (stop.kind === "signal") this.general = this.resuming = stop.thread;
    this.send(this.stopReply(stop));
    if (stop.kind !== "signal") {
      this.finish();
      this.stream.close();
    }
  }

  private send(data: string): void {
    const bytes = encodePacket(data);
    this.last = this.acks ? bytes : null;
    this.stream.write(bytes);
  }

  /** A malformed packet is answered, whatever it contains. */
  private guarded(data: string): string | null {
    try {
      return this.answer(data);
    } catch (e) {
      if (!(e instanceof RangeError)) throw e;
      return FAILED;
    }
  }

  /** The reply to a packet; null: none, or later. */
  private answer(p: string): string | null {
    const rest = p.slice(1);
    switch (p[0]) {
      case "?": return this.stopReply(this.target.lastStop);
      case "q": return this.query(rest);
      case "Q": return this.set(rest);
      case "v": return this.verbose(rest);
      case "H": return this.selectThread(rest);
      case "T": return this.isAlive(threadOf(rest)) ? OK : FAILED;
      case "k":
        this.finish();
        this.target.kill();
        this.stream.close();
        return null;
    }
    if (this.running) return FAILED;
    switch (p[0]) {
      case "g": return this.readRegisters();
      case "G": return this.writeRegisters(rest);
      case "p": return this.readRegister(hexNumber(cut(rest, ";")[0]));
      case "P": return this.writeRegister(rest);
      case "m": return this.readMemory(rest);
      case "M": return this.writeMemory(rest, false);
      case "X": return this.writeMemory(rest, true);
      case "Z": return this.setPoint(rest, true);
      case "z": return this.setPoint(rest, false);
      case "c": return this.resumeOne("continue", 0, rest);
      case "s": return this.resumeOne("step", 0, rest);
      case "C": return this.resumeOne("continue", hexNumber(cut(rest, ";")[0]), cut(rest, ";")[1]);
      case "S": return this.resumeOne("step", hexNumber(cut(rest, ";")[0]), cut(rest, ";")[1]);
      case "D": {
        this.send(OK);
        this.finish();
        this.target.detach();
        this.stream.close();
        return null;
      }
    }
    return UNSUPPORTED;
  }

  // Queries and settings.

  private query(q: string): string {
    const [name, args] = cut(q, ":");
    switch (name) {
      case "Supported": return this.supported(args);
      case "Attached": return this.target.attached ? "1" : "0";
      case "C": return `QC${this.threadId(this.thread(0))}`;
      case "fThreadInfo": return `m${this.target.threads().map((t) => this.threadId(t.id)).join(",")}`;
      case "sThreadInfo": return "l";
      case "Symbol": return OK;
      case "Xfer": return this.transfer(args);
      case "HostInfo": return `triple:${hexOf(toBytes(this.triple))};ptrsize:${this.wide ? 8 : 4};endian:little;`;
      case "ProcessInfo":
        return `pid:${this.target.pid.toString(16)};triple:${hexOf(toBytes(this.triple))};ostype:${this.layout.osabi ? "linux" : "unknown"};endian:little;ptrsize:${this.wide ? 8 : 4};`;
      case "MemoryRegionInfo": return this.memoryRegion(hexNumber(args));
    }
    if (name === "Rcmd" || q.startsWith("Rcmd,")) return this.monitor(q.slice(5));
    if (q.startsWith("ThreadExtraInfo,")) {
      const t = this.target.threads().find((x) => x.id === threadOf(q.slice(16)));
      return t ? hexOf(new TextEncoder().encode(`${t.name} ${t.text}`)) : FAILED;
    }
    return UNSUPPORTED;
  }

  private get wide(): boolean {
    return this.layout.architecture !== "i386";
  }

  private get triple(): string {
    return `${this.wide ? "x86_64" : "i386"}-${this.layout.osabi ? "pc-linux-gnu" : "unknown-unknown"}`;
  }

  private supported(features: string): string {
    for (const f of features.split(";")) if (f.endsWith("+")) this.knows.add(f.slice(0, -1));
    this.target.reportExec = this.knows.has("exec-events");
    const t = this.target;
    return [
      `PacketSize=${PACKET_SIZE.toString(16)}`, "QStartNoAckMode+", "qXfer:features:read+", "qXfer:threads:read+", "vContSupported+", "swbreak+", "hwbreak+",
      "QPassSignals+", ...(this.knows.has("multiprocess") ? ["multiprocess+"] : []), ...(t.execFile ? ["qXfer:exec-file:read+", "exec-events+"] : []), ...(t.auxv ? ["qXfer:auxv:read+"] : []),
    ].join(";");
  }

  private set(q: string): string | null {
    if (q === "StartNoAckMode") {
      this.send(OK);
      this.acks = this.reader.checks = false;
      this.last = null;
      return null;
    }
    const [name, args] = cut(q, ":");
    if (name === "PassSignals") {
      this.target.passSignals = new Set(args.split(";").filter((s) => s !== "").map((s) => linuxSignal(hexNumber(s))));
      return OK;
    }
    if (name === "ProgramSignals") return OK;
    if (name === "ThreadSuffixSupported") this.knows.add(LLDB);
    if (name === "NonStop") return args === "0" ? OK : FAILED;
    return UNSUPPORTED;
  }

  private verbose(v: string): string | null {
    if (v.startsWith("File:")) return this.files.answer(v.slice(5));
    if (v === "Cont?") return "vCont;c;C;s;S;r";
    if (v.startsWith("Cont;")) return this.running ? FAILED : this.resume(v.slice(5));
    if (v.startsWith("Kill")) {
      this.send(OK);
      this.finish();
      this.target.kill();
      this.stream.close();
      return null;
    }
    return UNSUPPORTED;
  }

  private transfer(request: string): string {
    const [object, operation, annex, range] = request.split(":");
    const [offset, length] = (range ?? "").split(",").map(hexNumber);
    if (operation !== "read" || !(offset! >= 0) || !(length! >= 0)) return UNSUPPORTED;
    const content = this.object(object!, annex!);
    if (content === null) return object === "features" ? "E00" : UNSUPPORTED;
    const part = content.subarray(offset, offset! + Math.min(length!, PACKET_SIZE - 16));
    return (offset! + part.length < content.length ? "m" : "l") + fromBytes(part);
  }

  private object(name: string, annex: string): Uint8Array | null {
    const utf8 = new TextEncoder();
    switch (name) {
      case "features": return annex === "target.xml" ? utf8.encode(targetXml(this.layout)) : null;
      case "threads": {
        const list = this.target.threads().map((t) => `<thread id="${this.threadId(t.id)}" name="${xml(t.name)}">${xml(t.text)}</thread>`);
        return utf8.encode(`<?xml version="1.0"?><threads>${list.join("")}</threads>`);
      }
      case "exec-file": return this.target.execFile ? utf8.encode(this.target.execFile()) : null;
      case "auxv": return this.target.auxv?.() ?? null;
      default: return null;
    }
  }

  private memoryRegion(address: number): string {
    if (!this.target.memoryRegion) return UNSUPPORTED;
    if (!(address >= 0)) return FAILED;
    const r = this.target.memoryRegion(address);
    const name = r.name ? `name:${hexOf(toBytes(r.name))};` : "";
    return `start:${r.start.toString(16)};size:${r.size.toString(16)};${r.permissions === undefined ? "" : `permissions:${r.permissions};`}${name}`;
  }

  /** `monitor COMMAND`: text, as the hex digits of the reply. */
  private monitor(hex: string): string {
    const bytes = bytesOfHex(hex);
    if (!bytes) return FAILED;
    const command = new TextDecoder().decode(bytes).trim();
    const text = (command === "" || command === "help" ? null : this.target.monitor(command)) ?? this.help(command);
    return hexOf(new TextEncoder().encode(text));
  }

  private help(command: string): string {
    const rows = [...this.target.monitorHelp, ["help", "this"] as const];
    const width = Math.max(...rows.map(([n]) => n.length)) + 2;
    const unknown = command === "" || command === "help" ? "" : `${command}: no such monitor command\n`;
    return `${unknown}${rows.map(([n, what]) => `${n.padEnd(width)}${what}\n`).join("")}`;
  }

  // Threads.

  private threadId(id: number): string {
    return this.knows.has("multiprocess") ? `p${this.target.pid.toString(16)}.${id.toString(16)}` : id.toString(16);
  }

  private isAlive(id: number): boolean {
    return this.target.threads().some((t) => t.id === id);
  }

  /** The thread that a selection of 0 (any) or -1 (all) means. */
  private thread(selected: number): number {
    if (selected > 0) return selected;
    const { lastStop } = this.target;
    if (lastStop.kind === "signal" && this.isAlive(lastStop.thread)) return lastStop.thread;
    return this.target.threads()[0]?.id ?? 0;
  }

  private selectThread(p: string): string {
    const id = threadOf(p.slice(1));
    if (Number.isNaN(id) || (id > 0 && !this.isAlive(id))) return FAILED;
    if (p[0] === "g") this.general = id;
    else if (p[0] === "c") this.resuming = id;
    else return UNSUPPORTED;
    return OK;
  }

  // Registers.

  private readonly setExtra = (name: string, v: number): void => this.target.writeExtra(this.thread(this.general), name, v);

  private hexRegister(n: number, thread: number): string | null {
    const r = this.layout.registers[n];
    const state = this.target.state(thread);
    if (!r || !state) return null;
    r.read(state, this.scratch, 0, (name) => this.target.readExtra(thread, name));
    return hexOf(new Uint8Array(this.scratch.buffer, 0, r.bits / 8));
  }

  private readRegisters(): string {
    const thread = this.thread(this.general);
    if (!this.target.state(thread)) return FAILED;
    return this.layout.registers.map((_, n) => this.hexRegister(n, thread)).join("");
  }

  private readRegister(n: number): string {
    return this.hexRegister(n, this.thread(this.general)) ?? FAILED;
  }

  private writeRegisters(hex: string): string {
    const bytes = bytesOfHex(hex);
    const state = this.target.state(this.thread(this.general));
    if (!bytes || !state || bytes.length < this.layout.registers.reduce((n, r) => n + r.bits / 8, 0)) return FAILED;
    const view = new DataView(bytes.buffer);
    // The status word has TOP, by which ST(i) are found: it goes first.
    const order = [...this.layout.registers.keys()].sort((a, b) => Number(this.layout.registers[b]!.name === "fstat") - Number(this.layout.registers[a]!.name === "fstat"));
    const offsets: number[] = [];
    let at = 0;
    for (const r of this.layout.registers) {
      offsets.push(at);
      at += r.bits / 8;
    }
    for (const n of order) this.layout.registers[n]!.write(state, view, offsets[n]!, this.setExtra);
    this.target.registersChanged(this.thread(this.general));
    return OK;
  }

  private writeRegister(p: string): string {
    const [number, hex] = cut(p, "=");
    const r = this.layout.registers[hexNumber(number)];
    const bytes = bytesOfHex(cut(hex, ";")[0]);
    const state = this.target.state(this.thread(this.general));
    if (!r || !state || !bytes || bytes.length < r.bits / 8) return FAILED;
    if (!r.write(state, new DataView(bytes.buffer), 0, this.setExtra)) return FAILED;
    this.target.registersChanged(this.thread(this.general));
    return OK;
  }

  // Memory.

  private readMemory(p: string): string {
    const [address, length] = p.split(",").map(hexNumber);
    if (!(address! >= 0) || !(length! >= 0)) return FAILED;
    const into = new Uint8Array(Math.min(length!, MOST_MEMORY));
    const n = this.target.readMemory(this.thread(this.general), address!, into);
    return n === 0 && into.length > 0 ? FAULT : hexOf(into.subarray(0, n));
  }

  private writeMemory(p: string, binary: boolean): string {
    const [where, data] = cut(p, ":");
    const [address, length] = where.split(",").map(hexNumber);
    const bytes = binary ? toBytes(data) : bytesOfHex(data);
    if (!(address! >= 0) || !bytes || bytes.length !== length) return FAILED;
    return bytes.length === 0 || this.target.writeMemory(this.thread(this.general), address!, bytes) ? OK : FAULT;
  }

  private setPoint(p: string, on: boolean): string {
    const [type, at, kind] = cut(p, ";")[0].split(",").map(hexNumber);
    const { points } = this.target;
    if (!(at! >= 0) || Number.isNaN(kind)) return FAILED;
    if (type === 0 || type === 1) {
      if (on) points.code.add(at! | 0);
      else points.code.delete(at! | 0);
      return OK;
    }
    const watch = WATCH_KINDS[type! - 2];
    if (!watch || !(kind! > 0)) return UNSUPPORTED;
    const other = points.data.filter((w) => !(w.address === (at! | 0) && w.size === kind && w.kind === watch));
    points.data = on ? [...other, { address: at! | 0, size: kind!, kind: watch } satisfies DebugWatch] : other;
    return OK;
  }

  // Going on and stopping.

  private resumeOne(kind: "continue" | "step", signal: number, address: string): string | null {
    const thread = this.thread(this.resuming);
    if (Number.isNaN(signal)) return FAILED;
    if (address !== "" && !this.jump(thread, hexNumber(address))) return FAILED;
    const actions = new Map<number, ResumeAction>();
    if (kind === "continue") for (const t of this.target.threads()) actions.set(t.id, { kind, signal: 0 });
    actions.set(thread, { kind, signal: linuxSignal(signal) });
    return this.go(actions);
  }

  private jump(thread: number, address: number): boolean {
    const state = this.target.state(thread);
    const n = this.layout.expedited[2]!;
    if (!state || !(address >= 0)) return false;
    this.scratch.setUint32(0, address, true);
    this.scratch.setUint32(4, Math.floor(address / 2 ** 32), true);
    this.layout.registers[n]!.write(state, this.scratch, 0, this.setExtra);
    this.target.registersChanged(thread);
    return true;
  }

  /** vCont: for each thread the first action that names it counts. */
  private resume(list: string): string | null {
    const actions = new Map<number, ResumeAction>();
    for (const item of list.split(";")) {
      const [what, who] = cut(item, ":");
      const action = parseAction(what);
      if (!action) return FAILED;
      for (const t of this.target.threads()) {
        if ((who === "" || threadOf(who) === -1 || threadOf(who) === t.id) && !actions.has(t.id)) actions.set(t.id, action);
      }
    }
    return actions.size === 0 ? FAILED : this.go(actions);
  }

  private go(actions: ReadonlyMap<number, ResumeAction>): null {
    this.running = true;
    this.target.resume(actions);
    return null;
  }

  private stopReply(stop: Stop): string {
    const byte = (n: number): string => n.toString(16).padStart(2, "0");
    const process = this.knows.has("multiprocess") ? `;process:${this.target.pid.toString(16)}` : "";
    if (stop.kind === "exited") return `W${byte(stop.status & 0xff)}${process}`;
    if (stop.kind === "killed") return `X${byte(gdbSignal(stop.signal))}${process}`;
    const { reason } = stop;
    const registers = this.layout.expedited.map((n) => `${byte(n)}:${this.hexRegister(n, stop.thread) ?? ""};`).join("");
    let why = "";
    // LLDB takes a SIGTRAP at the entry point, where it sets a breakpoint of its own to go past, for that breakpoint, unless it is told something else.
    if (reason === undefined && stop.signal === SIGTRAP && this.knows.has(LLDB)) why = `reason:exception;description:${hexOf(toBytes("stopped by the debugger"))};`;
    else if (reason === "breakpoint") why = this.knows.has("swbreak") ? "swbreak:;" : "";
    else if (typeof reason === "object" && "watch" in reason) {
      const name = { write: "watch", read: "rwatch", access: "awatch" }[reason.watch.kind];
      why = `${name}:${(reason.watch.address >>> 0).toString(16)};`;
    } else if (typeof reason === "object" && this.knows.has("exec-events")) {
      why = `exec:${hexOf(toBytes(reason.exec))};`;
    }
    const signal = reason === undefined ? stop.signal : SIGTRAP;
    return `T${byte(gdbSignal(signal))}thread:${this.threadId(stop.thread)};${registers}${why}`;
  }
}

function parseAction(what: string): ResumeAction | null {
  const signal = (): number => linuxSignal(hexNumber(what.slice(1)));
  switch (what[0]) {
    case "c": return { kind: "continue", signal: 0 };
    case "s": return { kind: "step", signal: 0 };
    case "C": return { kind: "continue", signal: signal() };
    case "S": return { kind: "step", signal: signal() };
    case "r": {
      const [start, end] = what.slice(1).split(",").map(hexNumber);
      return start! >= 0 && end! >= 0 ? { kind: "range", signal: 0, start: start!, end: end! } : null;
    }
    default: return null;
  }
}

function xml(s: string): string {
  return s.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]!).replace(/[^\x20-\x7e]/g, "?");
}
