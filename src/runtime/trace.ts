import { modeName } from "../frontend/mode.js";
import type { TranslationObserver } from "../jit/cache.js";
import { roleName } from "../mmu/role.js";
import type { Inspection } from "./inspect/inspection.js";

/**
 * What happens in a run, as lines of text, lines of JSON, or typed events: blocks entered, exceptions, system calls, changes of role and mode,
 * translations invalidated, accesses to ports. One of these is given to a LinuxSystem or a Machine; without one, nothing in either is slower.
 */

export const TRACE_KINDS = ["blocks", "exceptions", "syscalls", "roles", "invalidations", "io"] as const;
export type TraceKind = (typeof TRACE_KINDS)[number];

/** Whose event it is: a thread of a process, or a vCPU; null: only one has been seen. */
export type TraceSource = { readonly thread: number } | { readonly cpu: number } | null;

/** Addresses are unsigned. */
export type TraceEvent =
  | { readonly event: "block"; readonly pc: number; /** Entered so often in a row. */ readonly times: number }
  | { readonly event: "exception"; readonly name: string; readonly vector: number; readonly code: number | null; readonly address: number | null; readonly pc: number }
  | { readonly event: "syscall"; readonly name: string; readonly args: readonly number[]; /** Null: it does not return, or has not yet. */ readonly result: number | null; readonly text: string }
  /** The mode that code runs in changed (user mode has one role, direct). */
  | { readonly event: "mode"; readonly mode: string }
  | { readonly event: "role"; readonly register: string; readonly changed: readonly string[]; readonly from: string; readonly to: string; readonly action: string }
  | { readonly event: "invalidation"; readonly pc: number; readonly size: number; readonly compiled: boolean; readonly why: string }
  | { readonly event: "io"; readonly write: boolean; readonly port: number; readonly size: number; readonly value: number }
  /** Something to be read by people only. */
  | { readonly event: "note"; readonly text: string };

export type TracedEvent = TraceEvent & { readonly source: TraceSource };

export interface TraceOptions {
  readonly kinds: Iterable<TraceKind>;
  /** Only blocks, exceptions and invalidations within these stretches, [start, end), unsigned; left out: all. */
  readonly ranges?: readonly (readonly [start: number, end: number])[];
  readonly format?: "text" | "json";
  /** Gets the lines, in pieces of any size. */
  readonly write?: (bytes: Uint8Array) => void;
  /** Gets the events themselves. */
  readonly onEvent?: (event: TracedEvent) => void;
}

const EXCEPTIONS = ["#DE", "#DB", "NMI", "#BP", "#OF", "#BR", "#UD", "#NM", "#DF", "vector 9", "#TS", "#NP", "#SS", "#GP", "#PF", "vector 15", "#MF", "#AC", "#MC", "#XM"];

export function exceptionName(vector: number): string {
  return EXCEPTIONS[vector] ?? `vector ${vector}`;
}

/** Entries noted before they are written out; chunks of output. */
const ENTRIES = 8192, CHUNK = 1 << 18, LONGEST_LINE = 4096;
/** Blocks on a line of JSON. */
const JSON_BLOCKS = 32;
const OPEN = 0x5b, CLOSE = 0x5d, QUOTE = 0x22, ZERO = 0x30, X = 0x78, COMMA = 0x2c, CLOSE_OBJECT = 0x7d;
/** Four hexadecimal digits of each 16-bit number, as a big-endian word. */
const HEX4 = new Uint32Array(65536);
const ENCODER = new TextEncoder();

const hex = (n: number): string => `0x${(n >>> 0).toString(16)}`;

function hexWord(n: number): number {
  let word = 0;
  for (let shift = 12; shift >= 0; shift -= 4) {
    const digit = (n >> shift) & 15;
    word = (word << 8) | (digit < 10 ? 0x30 + digit : 0x57 + digit);
  }
  return word >>> 0;
}

export class Trace {
  private readonly kinds: ReadonlySet<TraceKind>;
  private readonly ranges: readonly (readonly [number, number])[] | null;
  private readonly json: boolean;
  private readonly pcs = new Int32Array(ENTRIES);
  private readonly times = new Int32Array(ENTRIES);
  /** The entry that may repeat; -1: none yet. */
  private last = -1;
  private readonly chunk = new Uint8Array(CHUNK);
  private readonly view = new DataView(this.chunk.buffer);
  private length = 0;
  private source: TraceSource = null;
  private sourceKey = -1;
  private several = false;
  /** What each line of blocks begins with, and the same in big-endian words. */
  private before = new Uint8Array(0);
  private words = new Uint32Array(0);

  constructor(private readonly options: TraceOptions) {
    this.kinds = new Set(options.kinds);
    this.ranges = options.ranges && options.ranges.length > 0 ? options.ranges : null;
    this.json = options.format === "json";
    this.prepareBlocks();
    if (this.kinds.has("blocks") && HEX4[0] === 0) for (let n = 0; n < 65536; n++) HEX4[n] = hexWord(n);
  }

  wants(kind: TraceKind): boolean {
    return this.kinds.has(kind);
  }

  /** Whether an address is within the ranges asked for. */
  readonly includes = (pc: number): boolean => {
    if (!this.ranges) return true;
    const at = pc >>> 0;
    for (const [start, end] of this.ranges) if (at >= start && at < end) return true;
    return false;
  };

  // Who runs.

  thread(tid: number): void {
    this.from(tid, { thread: tid });
  }

  vcpu(id: number): void {
    this.from(id, { cpu: id });
  }

  private from(key: number, source: TraceSource): void {
    if (key === this.sourceKey) return;
    this.writeBlocks();
    if (this.sourceKey >= 0) this.several = true;
    this.sourceKey = key;
    this.source = source;
    this.prepareBlocks();
  }

  // Blocks: the fast way. Entries are noted with how often they come in a row, and written in masses.

  /** A block is entered; compiled code calls this. */
  readonly enter = (pc: number): void => {
    const { pcs, times, last } = this;
    if (last >= 0 && pcs[last] === pc) {
      times[last]!++;
      return;
    }
    if (last === ENTRIES - 1) this.writeBlocks();
    pcs[++this.last] = pc;
    times[this.last] = 1;
  };

  private prepareBlocks(): void {
    const { source } = this;
    this.before = ENCODER.encode(this.json ? `{"event":"blocks"${this.sourceJson(source)},"pcs":[` : `${this.sourceText(source)}block 0x`);
    const padded = new Uint8Array((this.before.length + 3) & ~3);
    padded.set(this.before);
    const view = new DataView(padded.buffer);
    this.words = Uint32Array.from({ length: padded.length / 4 }, (_, k) => view.getUint32(k * 4));
  }

  private writeBlocks(): void {
    const { pcs, times, last } = this;
    if (last < 0) return;
    this.last = -1;
    const { onEvent } = this.options;
    if (onEvent) {
      for (let i = 0; i <= last; i++) onEvent({ event: "block", pc: pcs[i]! >>> 0, times: times[i]!, source: this.source });
    } else if (this.json) {
      for (let i = 0; i <= last; i += JSON_BLOCKS) this.putJsonBlocks(i, Math.min(i + JSON_BLOCKS, last + 1));
    } else {
      this.putLines(last + 1);
    }
  }

  private putLines(count: number): void {
    const { chunk, view, before, words, pcs, times } = this;
    let at = this.length;
    for (let i = 0; i < count; i++) {
      if (at > CHUNK - LONGEST_LINE) {
        this.length = at;
        this.flushChunk();
        at = 0;
      }
      // The words' last bytes may be more than the prefix: what follows is written over them.
      for (let k = 0; k < words.length; k++) view.setUint32(at + k * 4, words[k]!);
      at += before.length;
      const pc = pcs[i]!;
      view.setUint32(at, HEX4[pc >>> 16]!);
      view.setUint32(at + 4, HEX4[pc & 0xffff]!);
      at += 8;
      if (times[i]! > 1) at += this.putTimes(at, times[i]!);
      chunk[at++] = 10;
    }
    this.length = at;
  }

  private putTimes(at: number, n: number): number {
    return ENCODER.encodeInto(` x${n}`, this.chunk.subarray(at)).written;
  }

  private putHex(at: number, n: number): number {
    this.view.setUint32(at, HEX4[n >>> 16]!);
    this.view.setUint32(at + 4, HEX4[n & 0xffff]!);
    return at + 8;
  }

  /** {"event":"blocks","pcs":["0x08049000",["0x08049010",3],…]} */
  private putJsonBlocks(from: number, to: number): void {
    if (this.length > CHUNK - LONGEST_LINE) this.flushChunk();
    const { chunk, before, pcs, times } = this;
    chunk.set(before, this.length);
    let at = this.length + before.length;
    for (let i = from; i < to; i++) {
      const many = times[i]! > 1;
      if (many) chunk[at++] = OPEN;
      chunk[at++] = QUOTE;
      chunk[at++] = ZERO;
      chunk[at++] = X;
      at = this.putHex(at, pcs[i]!);
      chunk[at++] = QUOTE;
      if (many) at += ENCODER.encodeInto(`,${times[i]!}]`, chunk.subarray(at)).written;
      chunk[at++] = COMMA;
    }
    chunk[at - 1] = CLOSE;
    chunk[at++] = CLOSE_OBJECT;
    chunk[at++] = 10;
    this.length = at;
  }

  // Everything else.

  exception(vector: number, code: number | null, address: number | null, pc: number, name = exceptionName(vector)): void {
    if (this.kinds.has("exceptions") && this.includes(pc)) this.emit({ event: "exception", name, vector, code, address: address === null ? null : address >>> 0, pc: pc >>> 0 });
  }

  /** `text`: the call as strace prints it. */
  syscall(name: string, args: readonly number[], result: number | null, text: string): void {
    if (this.kinds.has("syscalls")) this.emit({ event: "syscall", name, args, result, text });
  }

  mode(mode: number): void {
    if (this.kinds.has("roles")) this.emit({ event: "mode", mode: modeName(mode) });
  }

  role(register: string, changed: readonly string[], from: number, to: number, action: string): void {
    if (this.kinds.has("roles")) this.emit({ event: "role", register, changed, from: roleName(from), to: roleName(to), action });
  }

  invalidation(pc: number, size: number, compiled: boolean, why: string): void {
    if (this.kinds.has("invalidations") && this.includes(pc)) this.emit({ event: "invalidation", pc: pc >>> 0, size, compiled, why });
  }

  io(write: boolean, port: number, size: number, value: number): void {
    if (this.kinds.has("io")) this.emit({ event: "io", write, port, size, value });
  }

  note(text: string): void {
    this.emit({ event: "note", text });
  }

  private emit(e: TraceEvent): void {
    this.writeBlocks();
    if (this.options.onEvent) return this.options.onEvent({ ...e, source: this.source });
    const bytes = ENCODER.encode(`${this.json ? this.jsonLine(e) : this.textLine(e)}\n`);
    if (this.length + bytes.length > CHUNK) this.flushChunk();
    if (bytes.length > CHUNK) return this.options.write?.(bytes);
    this.chunk.set(bytes, this.length);
    this.length += bytes.length;
    // Blocks come in masses; without them everything is seen at once, in order with the guest's own output.
    if (!this.kinds.has("blocks")) this.flushChunk();
  }

  private sourceText(s: TraceSource): string {
    if (s === null) return "";
    if ("cpu" in s) return `vCPU ${s.cpu}: `;
    return this.several ? `[${s.thread}] ` : "";
  }

  private sourceJson(s: TraceSource): string {
    return s === null ? "" : "cpu" in s ? `,"cpu":${s.cpu}` : `,"thread":${s.thread}`;
  }

  private textLine(e: TraceEvent): string {
    const who = this.sourceText(this.source);
    switch (e.event) {
      case "block": return `${who}block ${hex(e.pc)}`;
      case "exception": {
        const code = e.code === null ? "" : `, code ${hex(e.code)}`, address = e.address === null ? "" : `, address ${hex(e.address)}`;
        return `${who}${e.name}${code}${address}, pc ${hex(e.pc)}`;
      }
      case "syscall": case "note": return `${who}${e.text}`;
      case "mode": return `${who}mode ${e.mode}`;
      case "role": return `${who}${e.register}: ${e.changed.join(", ") || "unchanged"}; role "${e.from}" to "${e.to}": ${e.action}`;
      case "invalidation": return `${who}${e.why} ${hex(e.pc)}, ${e.size} bytes${e.compiled ? ", compiled" : ""}`;
      case "io": return `${e.write ? "out" : "in "} ${hex(e.port)} ${e.size} ${hex(e.value)}`;
    }
  }

  /** Addresses as hexadecimal strings, as in the rest of lift86's JSON. */
  private jsonLine(e: TraceEvent): string {
    const { event, ...rest } = e;
    const fields = Object.entries(rest).map(([k, v]) => {
      const value = (k === "pc" || k === "address") && typeof v === "number" ? `0x${v.toString(16).padStart(8, "0")}` : v;
      return `,${JSON.stringify(k)}:${JSON.stringify(value)}`;
    });
    return `{"event":"${event}"${this.sourceJson(this.source)}${fields.join("")}}`;
  }

  private flushChunk(): void {
    if (this.length === 0) return;
    const { length } = this;
    this.length = 0;
    this.options.write?.(this.chunk.subarray(0, length));
  }

  /** Write out what was noted so far. */
  flush(): void {
    this.writeBlocks();
    this.flushChunk();
  }
}

/** What a user-mode processor has to tell a trace, beside what others look at. */
export function traceInspection(trace: Trace, others: Inspection = {}): Inspection {
  const observed = trace.wants("invalidations") || trace.wants("roles");
  return {
    ...others,
    ...(trace.wants("blocks") ? { entries: { enter: trace.enter, includes: trace.includes } } : {}),
    ...(observed ? { observe: (source, role) => traceObserver(trace, others.observe?.(source, role)) } : {}),
  };
}

function traceObserver(trace: Trace, other: TranslationObserver | undefined): TranslationObserver {
  return {
    translated: (t) => other?.translated?.(t),
    compiled: (t) => other?.compiled?.(t),
    modeChanged(mode) {
      other?.modeChanged?.(mode);
      trace.mode(mode);
    },
    dropped(t, why) {
      other?.dropped?.(t, why);
      // The end of a program is no event of its translations.
      if (why !== "cleared") trace.invalidation(t.pc, (t.block.end - t.pc) >>> 0, t.region !== null, why);
    },
  };
}
