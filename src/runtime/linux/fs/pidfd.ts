import type { Process } from "../contract.js";
import type { WaitQueue } from "../wait.js";
import { AnonymousFile } from "./anonymous-file.js";
import { Poll } from "./file.js";

/** A process as a descriptor: it can be read from, for poll(2), when that has ended. */
export class PidFd extends AnonymousFile {
  override readonly queue: WaitQueue;

  constructor(readonly process: Process, flags: number) {
    super("pidfd", flags);
    this.queue = process.endQueue;
  }

  protected override details(): string {
    const { process: p } = this, pid = p.kernel.process(p.pid) === p ? p.pid : -1;
    return `Pid:\t${pid}\nNSpid:\t${pid}\n`;
  }

  override poll(): number {
    return this.process.state === "zombie" ? Poll.IN | Poll.RDNORM : 0;
  }
}
