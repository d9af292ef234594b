import type { MemoryBudget } from "../memory-pool.js";
import type { GuestProcess } from "../process.js";
import { Messages } from "./messages.js";
import { Semaphores } from "./semaphores.js";
import { SharedMemory } from "./shared-memory.js";

/** System V IPC of a guest. */
export class IpcNamespace {
  readonly semaphores = new Semaphores();
  readonly messages = new Messages();
  readonly sharedMemory: SharedMemory;

  constructor(budget: MemoryBudget) {
    this.sharedMemory = new SharedMemory(budget);
  }

  ended(p: GuestProcess): void {
    this.semaphores.ended(p);
  }
}
