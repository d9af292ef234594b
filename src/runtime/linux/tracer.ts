import type { SignalInfo } from "./contract.js";
import type { GuestProcess } from "./process.js";
import type { GuestThread } from "./thread.js";

/** What a debugger has of the scheduler and the signals, as ptrace has: the kernel asks where something may be of interest to it. */
export interface Tracer {
  /** Everything traced is stopped: guest time by instructions stands still, too. */
  readonly halted: boolean;
  /** The thread is not to run. */
  holds(t: GuestThread): boolean;
  /** The thread is to stop after an instruction. */
  steps(t: GuestThread): boolean;
  /** It has run that instruction, or finished a call that it waited in. */
  stepped(t: GuestThread): void;
  /** The processor met a breakpoint or a watchpoint (Exit.debug). False: not this thread's, go on past it. */
  trapped(t: GuestThread): boolean;
  /** A signal is about to be delivered. True: the debugger looks at it first; `restart`: it interrupted a call that may start again. */
  signalled(t: GuestThread, info: SignalInfo, restart: boolean): boolean;
  /** The thread goes on after a stop in which a call was to be started again: do that now. Asked once. */
  takeRestart(t: GuestThread): boolean;
  /** execve succeeded. */
  execed(t: GuestThread): void;
  ended(p: GuestProcess): void;
}
