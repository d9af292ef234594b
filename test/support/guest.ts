import type { HostServices } from "../../src/ir/env.js";
import { Exit } from "../../src/ir/exit.js";
import { GPR, PC } from "../../src/ir/state.js";
import { Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import type { Backend, Tier } from "../../src/runtime/tiers.js";
import { UserCpu } from "../../src/runtime/user-cpu.js";

/** A small guest for tests: code at CODE, data at DATA, a stack; no operating system. */
export const CODE = 0x10000, DATA = 0x20000, STACK = 0x40000;
export const DATA_SIZE = 0x3000;

export const NO_HOST: HostServices = new Proxy({} as HostServices, {
  get: (_, name) => () => {
    throw new Error(`host service ${String(name)} is not part of this test`);
  },
});

export interface Guest {
  readonly cpu: UserCpu;
  readonly memory: UserMemory;
  readonly S: Int32Array;
}

/** `code` followed by HLT, which faults in user mode and so ends a run. Code pages are writable. */
export function makeGuest(code: ArrayLike<number>, tier: Tier, threshold?: number, mode?: number, backend: Backend = "js"): Guest {
  const memory = new UserMemory(1 << 20, 0, backend === "wasm");
  memory.map(CODE, 0x2000, Perm.READ | Perm.WRITE | Perm.EXEC);
  memory.map(DATA, DATA_SIZE, Perm.READ | Perm.WRITE);
  memory.map(STACK, 0x1000, Perm.READ | Perm.WRITE);
  memory.bytes.set(code as number[], CODE);
  memory.bytes[CODE + code.length] = 0xf4;
  const cpu = new UserCpu(memory, NO_HOST, {
    tier, ...(threshold === undefined ? {} : { threshold }), ...(mode === undefined ? {} : { mode }), ...(backend === "wasm" ? { batch: 1 } : {}),
  });
  const { S } = cpu.state;
  S[PC >> 2] = CODE;
  S[(GPR >> 2) + 8] = STACK + 0x800;
  return { cpu, memory, S };
}

/** Run until the guest faults (HLT at its end is a fault too) or the budget is used up. */
export function runGuest(g: Guest, budget = 1_000_000): Exit {
  return g.cpu.run(budget);
}

/** Bytes of a hex string. */
export function hex(text: string): number[] {
  return text.replace(/[^0-9a-f]/gi, "").match(/../g)!.map((x) => parseInt(x, 16));
}
