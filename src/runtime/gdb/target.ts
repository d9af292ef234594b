import type { RegisterLayout } from "./registers.js";

/**
 * What the GDB server (server.ts) debugs: a guest that can be stopped as a whole. Everything but `resume` is asked only while it is stopped.
 * Addresses are linear, unsigned numbers.
 */
export interface DebugTarget {
  readonly layout: RegisterLayout;
  /** Process of all threads, as clients are shown it. */
  readonly pid: number;
  /** Called by the target when it stops after `resume` or `interrupt`. Set by the server. */
  onStop: (stop: Stop) => void;
  /** It does not run. */
  readonly halted: boolean;
  /** Why it is stopped now; what `?` asks. */
  readonly lastStop: Stop;

  threads(): readonly DebugThread[];
  /** A thread's registers as src/ir/state.ts lays them out; null if there is no such thread. Changes count at once. */
  state(thread: number): Int32Array | null;
  /** A register that is not in the state (orig_eax). */
  readExtra(thread: number, name: string): number;
  writeExtra(thread: number, name: string, value: number): void;
  /** A thread's registers were written. */
  registersChanged(thread: number): void;

  /** Read as a privileged observer: returns how many bytes from `address` on there are, at most `into.length`. */
  readMemory(thread: number, address: number, into: Uint8Array): number;
  /** Write all or nothing, whatever the page's protection. */
  writeMemory(thread: number, address: number, bytes: Uint8Array): boolean;

  /** Where to stop from the next `resume` on. */
  readonly points: { readonly code: Set<number>; data: readonly DebugWatch[] };

  /** Go on; `onStop` says when it stopped. Threads that no action names stay where they are. */
  resume(actions: ReadonlyMap<number, ResumeAction>): void;
  /** Stop soon, with signal SIGINT. No effect while stopped. */
  interrupt(): void;
  /** Signals that are given to the guest without a stop. */
  passSignals: ReadonlySet<number>;
  /** A client is there: stop, if it runs. */
  attach(): void;
  /** It ran before the client came: then it goes on when the client leaves. */
  readonly attached: boolean;
  /** End the guest. */
  kill(): void;
  /** Go on without a debugger. */
  detach(): void;

  // What not every target has.

  /** Text for `monitor NAME`, or null: no such command. */
  monitor(command: string): string | null;
  /** Commands of `monitor`, with what each shows. */
  readonly monitorHelp: readonly (readonly [string, string])[];
  execFile?(): string;
  auxv?(): Uint8Array;
  /** A file of the guest's; errno if it cannot be opened. */
  openFile?(path: string): DebugFile | number;
  memoryRegion?(address: number): MemoryRegion;
  /** Stops at execve are understood by the client. */
  reportExec?: boolean;
}

export interface DebugWatch {
  readonly address: number;
  readonly size: number;
  readonly kind: "write" | "read" | "access";
}

export interface DebugThread {
  readonly id: number;
  readonly name: string;
  /** What it is doing, for `info threads`. */
  readonly text: string;
}

export interface DebugFile {
  readonly size: number;
  read(position: number, into: Uint8Array): number;
  close(): void;
}

/** A stretch of memory with one kind of access; without `permissions` nothing is mapped there. */
export interface MemoryRegion {
  readonly start: number;
  readonly size: number;
  readonly permissions?: string;
  readonly name?: string;
}

/** How a thread goes on: with a signal delivered to it (0: none), for one instruction, or until its PC leaves [start, end). */
export interface ResumeAction {
  readonly kind: "continue" | "step" | "range";
  readonly signal: number;
  readonly start?: number;
  readonly end?: number;
}

export type Stop =
  | {
    readonly kind: "signal";
    readonly thread: number;
    /** As the guest's system numbers them; 5 (SIGTRAP) for what the debugger asked for. */
    readonly signal: number;
    readonly reason?: "breakpoint" | "step" | { readonly watch: DebugWatch; readonly address: number } | { readonly exec: string };
  }
  | { readonly kind: "exited"; readonly status: number }
  | { readonly kind: "killed"; readonly signal: number };
