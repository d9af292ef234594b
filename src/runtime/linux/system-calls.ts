import { GuestFault } from "../../ir/memory.js";
import { GPR, Reg } from "../../ir/state.js";
import { missingName } from "./abi/i386-missing.js";
import type { SyscallEntry } from "./contract.js";
import { E, Errno } from "./errno.js";
import type { LinuxKernel } from "./kernel.js";
import type { GuestThread } from "./thread.js";
import { type Blocked, isBlocked, type Result } from "./wait.js";

const EAX = (GPR >> 2) + Reg.EAX * 2;
/** -ERESTARTSYS, for --strace only. */
const RESTART = -512;

/** How a thread comes into the kernel by a system call and out of it again (Linux arch/x86/entry): the table, results, and waits that go on, end or are interrupted. */
export class SystemCalls {
  private readonly table: (SyscallEntry | undefined)[] = [];
  /** Which calls read (1), write (2) or both. */
  private readonly transfers = new Uint8Array(512);
  /** Numbers of calls that are not there and were asked for. */
  private readonly missing = new Set<number>();

  constructor(private readonly kernel: LinuxKernel) {
    for (const e of kernel.options.calls) {
      this.table[e[0]] = e;
      this.transfers[e[0]] = READS.has(e[1]) ? 1 : WRITES.has(e[1]) ? 2 : e[1].startsWith("sendfile") ? 3 : 0;
    }
  }

  /** Do what a thread asks for in its registers. */
  enter(t: GuestThread): void {
    const { S } = t, { kernel } = this;
    const number = S[EAX]!;
    t.callNumber = number;
    const g = GPR >> 2;
    const ebx = S[g + Reg.EBX * 2]!, ecx = S[g + Reg.ECX * 2]!, edx = S[g + Reg.EDX * 2]!;
    const esi = S[g + Reg.ESI * 2]!, edi = S[g + Reg.EDI * 2]!, ebp = S[g + Reg.EBP * 2]!;
    const entry = number >= 0 ? this.table[number] : undefined;
    if (!entry) return this.noSuchCall(t, number);
    kernel.options.strace?.enter(t, entry, [ebx, ecx, edx, esi, edi, ebp]);
    const started = kernel.cpuClock();
    const { map } = t.space;
    // Buffers on a stack that was not touched there yet.
    const esp = S[g + Reg.ESP * 2]! >>> 0;
    if (esp < map.stackLow && esp >= map.stackFloor) map.growStack(esp);
    if (map.sharing) map.pushFiles();
    let r: Result;
    kernel.fileSystem.during(true);
    try {
      r = entry[2](t, ebx, ecx, edx, esi, edi, ebp);
    } catch (e) {
      r = errorResult(e);
    } finally {
      kernel.fileSystem.during(false);
    }
    if (!t.dead && t.space.map.sharing) t.space.map.pull();
    t.systemTime += kernel.cpuClock() - started;
    if (isBlocked(r)) {
      t.park(r);
      if (t.hasSignals) kernel.ready(t);
      return;
    }
    this.finish(t, r, false);
  }

  private noSuchCall(t: GuestThread, number: number): void {
    if (!this.missing.has(number)) {
      this.missing.add(number);
      this.kernel.options.strace?.line(t, `${missingName(number)}(…) = -1 ENOSYS (Function not implemented; lift86 does not have this call)`);
    }
    t.setResult(-E.NOSYS);
  }

  /** Look at a parked thread; true when its call has finished. */
  resume(t: GuestThread, b: Blocked): boolean {
    const { kernel } = this;
    let restart = false;
    const started = kernel.cpuClock();
    let r = this.retry(t, b);
    t.systemTime += kernel.cpuClock() - started;
    if (isBlocked(r)) {
      if (!kernel.signals.interrupts(t)) {
        // Ignored signals go, stops take effect; the wait itself goes on.
        if (t.hasSignals && !t.uninterruptible) {
          const { savedMask } = t;
          t.savedMask = null;
          kernel.signals.deliver(t, false);
          t.savedMask = savedMask;
        }
        if (t.dead) return false;
        t.unpark();
        t.park(r);
        return false;
      }
      if (b.restartable) restart = true;
      r = b.interrupted?.() ?? -E.INTR;
    }
    t.unpark();
    t.uninterruptible = false;
    this.finish(t, r, restart);
    return true;
  }

  private retry(t: GuestThread, b: Blocked): Result {
    const { fileSystem } = this.kernel;
    fileSystem.during(true);
    try {
      return b.retry(t.timedOut);
    } catch (e) {
      return errorResult(e);
    } finally {
      fileSystem.during(false);
    }
  }

  private finish(t: GuestThread, r: number, restart: boolean): void {
    if (t.dead) return;
    const kind = this.transfers[t.callNumber];
    if (kind) count(t.process.io, kind, r);
    t.setResult(r);
    this.kernel.options.strace?.exit(t, this.table[t.callNumber], restart ? RESTART : r);
    if (t.hasSignals || t.savedMask || restart) this.kernel.signals.deliver(t, restart);
  }
}

/** Calls that /proc/PID/io counts (vfs_read and vfs_write in Linux); sockets have other ones, too, which it does not. */
const READS: ReadonlySet<string> = new Set(["read", "readv", "pread64", "preadv", "preadv2"]), WRITES: ReadonlySet<string> = new Set(["write", "writev", "pwrite64", "pwritev", "pwritev2"]);

function count(io: GuestThread["process"]["io"], kind: number, result: number): void {
  const bytes = Math.max(0, result);
  if (kind & 1) io.read += bytes, io.reads++;
  if (kind & 2) io.written += bytes, io.writes++;
}

/** What a call returns that ended by throwing. */
function errorResult(e: unknown): number {
  if (e instanceof Errno) return -e.errno;
  if (e instanceof GuestFault) return -E.FAULT;
  throw e;
}
