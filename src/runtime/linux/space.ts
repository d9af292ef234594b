import { STATE_SIZE } from "../../ir/state.js";
import type { HostServices } from "../../ir/env.js";
import type { UserMemory } from "../../mmu/user-memory.js";
import type { UserProcessor } from "../user-cpu.js";
import type { MemoryBudget, MemoryPool } from "./memory-pool.js";
import { MemoryMap } from "./mm.js";
import { type ServiceContext, type TlsEntries, userServices } from "./segments.js";

/** Whose registers a space's processor holds. */
export interface StateHolder {
  /** The registers while someone else's are in the processor. */
  readonly saved: Uint8Array;
  readonly tls: TlsEntries;
}

/** What spaces need of the kernel. */
export interface SpaceHost {
  readonly pool: MemoryPool;
  /** Guest time in nanoseconds. */
  now(): number;
  /** A processor begins, and ends, to be used: for statistics. */
  born(cpu: UserProcessor): void;
  retired(cpu: UserProcessor): void;
}

export type ProcessorFactory = (memory: UserMemory, host: HostServices) => UserProcessor;

/** An address space with its processor. Threads, and a vfork's child, share it and take turns in it. */
export class Space implements ServiceContext {
  readonly cpu: UserProcessor;
  readonly S: Int32Array;
  /** Processes that live in it. */
  users = 1;
  current: StateHolder | null = null;

  /** One with nothing in it; ENOMEM. */
  static make(host: SpaceHost, budget: MemoryBudget, make: ProcessorFactory): Space {
    return inPooled(host.pool, (memory) => new Space(new MemoryMap(memory, budget), host, make));
  }

  private constructor(
    readonly map: MemoryMap,
    private readonly host: SpaceHost,
    make: ProcessorFactory,
  ) {
    this.cpu = make(map.memory, userServices(() => this));
    this.S = this.cpu.state.S;
    host.born(this.cpu);
  }

  now(): number {
    return this.host.now();
  }

  get memory(): UserMemory {
    return this.map.memory;
  }

  tls(): TlsEntries {
    return this.current?.tls ?? [];
  }

  /** Put a thread's registers into the processor. */
  enter(t: StateHolder): void {
    if (this.current === t) return;
    const { bytes } = this.cpu.state;
    this.current?.saved.set(bytes);
    bytes.set(t.saved);
    this.current = t;
  }

  /** A copy for fork; the forking thread's registers are in the processor and are copied too. */
  fork(): Space {
    return inPooled(this.host.pool, (memory) => {
      const map = this.map.fork(memory);
      try {
        return new Space(map, this.host, (m, host) => this.cpu.fork(m, host));
      } catch (e) {
        map.clear();
        throw e;
      }
    });
  }

  /** One process less. */
  release(): void {
    if (--this.users > 0) return;
    const { map } = this;
    this.cpu.retire();
    map.clear();
    this.host.retired(this.cpu);
    this.host.pool.give(map.memory);
    this.current = null;
  }
}

/** Make something of a buffer from the pool, where it goes back to if that fails. */
function inPooled(pool: MemoryPool, make: (memory: UserMemory) => Space): Space {
  const memory = pool.take();
  try {
    return make(memory);
  } catch (e) {
    pool.give(memory);
    throw e;
  }
}

export function newStateBytes(): Uint8Array {
  return new Uint8Array(STATE_SIZE);
}
