import { describe, expect, it } from "vitest";
import { CpuState } from "../../src/ir/state.js";
import type { LibEnv } from "../../src/ir/env.js";
import { WINDOW_ACCESS, type WindowHint } from "../../src/jit/emit-memory.js";
import { userAccess } from "../../src/jit/user-access.js";
import { PAGE_SIZE, Perm } from "../../src/mmu/perm.js";
import { UserMemory } from "../../src/mmu/user-memory.js";
import { Random } from "../vectors/random.js";

const PAGES = 64, BASE = 0x100;
const RIGHTS = [0, Perm.READ, Perm.READ | Perm.WRITE, Perm.READ | Perm.EXEC, Perm.READ | Perm.WRITE | Perm.EXEC];
const any = (write: boolean): WindowHint => ({ write, constant: 0, registers: [] });

function set(): { memory: UserMemory; access: ReturnType<typeof userAccess>; state: CpuState } {
  const state = new CpuState(), memory = new UserMemory(1 << 24);
  const env = { state, S: state.S, memory, fault: null } as unknown as LibEnv;
  const access = userAccess(env, memory);
  memory.observer = { codeWritten() {}, codeUnmapped() {}, rightsChanged: (first, end) => access.rightsChanged(first, end) };
  return { memory, access, state };
}

/** First and last byte that accesses of one byte, and of WINDOW_ACCESS bytes, reach through a window. */
const shown = (W: Int32Array, k: number): [number, number] => [W[2 * k]! >>> 0, (W[2 * k]! >>> 0) + W[2 * k + 1]! - 1 + WINDOW_ACCESS - 1];

describe("windows", () => {
  it("show whole runs of pages", () => {
    const { memory, access } = set();
    memory.map(0x100000, 0x5000, Perm.READ | Perm.WRITE);
    memory.protect(0x103000, 0x1000, Perm.READ);
    const W = access.windows!.take([any(false), any(true)]);
    expect(access.rd(0x102345, 4, W, 0)).toBe(0);
    expect(access.wr(0x102345, 4, W, 2)).toBe(0);
    expect(shown(W, 0)).toEqual([0x100000, 0x104fff]);
    expect(shown(W, 1)).toEqual([0x100000, 0x102fff]);
  });

  it("begin where a register points to", () => {
    const { memory, access, state } = set();
    memory.map(0x100000, 0x2000, Perm.READ | Perm.WRITE);
    memory.map(0x200000, 0x3000, Perm.READ);
    state.S[24 >> 2] = 0x80000;
    state.S[0] = 0x12;
    const W = access.windows!.take([
      { write: false, constant: 0x1000, registers: [24, 2, 0, 0] }, { write: true, constant: 0, registers: [24, 2] },
      { write: true, constant: 0x100123, registers: [] }, any(true),
    ]);
    expect(shown(W, 0)).toEqual([0x200000, 0x202fff]);
    // nothing that may be written is known
    expect(W[2]).toBe(memory.home | 0);
    expect(shown(W, 2)).toEqual([0x100000, 0x101fff]);
    // what was found last
    expect(shown(W, 3)).toEqual([0x100000, 0x101fff]);
  });

  it("grow and shrink with what may be accessed", () => {
    const { memory, access } = set();
    memory.map(0x100000, 0x2000, Perm.READ | Perm.WRITE);
    const W = access.windows!.take([any(false), any(true)]);
    access.rd(0x100000, 4, W, 0);
    access.wr(0x100000, 4, W, 2);
    memory.map(0x102000, 0x1000, Perm.READ);
    memory.map(0xff000, 0x1000, Perm.READ | Perm.WRITE);
    expect(shown(W, 0)).toEqual([0xff000, 0x102fff]);
    expect(shown(W, 1)).toEqual([0xff000, 0x101fff]);
    memory.markCode(0x101100, 0x101180);
    expect(shown(W, 0)).toEqual([0xff000, 0x102fff]);
    expect(shown(W, 1)).toEqual([0xff000, 0x100fff]);
    memory.unmap(0xff000, 0x2000);
    expect(shown(W, 0)).toEqual([0x101000, 0x102fff]);
    expect(W[2]).toBe(memory.home | 0);
  });

  it("never show what may not be accessed, whatever comes and goes", () => {
    const random = new Random("windows");
    const { memory, access, state } = set();
    const parts: Array<{ W: Int32Array; writes: boolean[] }> = [];
    let covered = 0;
    for (let step = 0; step < 4000; step++) {
      const first = BASE + random.below(PAGES), pages = 1 + random.below(Math.min(8, BASE + PAGES - first));
      const at = first * PAGE_SIZE, length = pages * PAGE_SIZE;
      switch (random.below(7)) {
        case 0: memory.unmap(at, length); break;
        case 1: memory.map(at, length, RIGHTS[random.below(RIGHTS.length)]!); break;
        case 2:
          if (Array.from({ length: pages }, (_, k) => memory.isMapped(at + k * PAGE_SIZE)).every(Boolean)) memory.protect(at, length, RIGHTS[random.below(RIGHTS.length)]!);
          break;
        case 3: if (memory.perms[first]! & Perm.EXEC) memory.markCode(at + 64 * random.below(60), at + 4000); break;
        case 4: {
          const writes = Array.from({ length: 1 + random.below(5) }, () => random.below(2) === 1);
          state.S[0] = at;
          parts.push({ W: access.windows!.take(writes.map((write) => ({ write, constant: 0, registers: random.below(2) === 1 ? [0, 0] : [] }))), writes });
          if (parts.length > 40) access.windows!.give(parts.shift()!.W);
          break;
        }
        default: {
          const part = parts[random.below(parts.length || 1)];
          if (!part) break;
          const k = random.below(part.writes.length), addr = at + random.below(length), size = [1, 2, 4, 8, 16, 40, 512, 1024][random.below(8)]!;
          const refused = (part.writes[k] ? access.wr : access.rd)(addr, size, part.W, 2 * k);
          const right = part.writes[k] ? Perm.WRITE : Perm.READ;
          let may = true;
          for (let a = addr; a < addr + size; a++) may &&= (memory.perms[a >>> 12]! & right) !== 0;
          if (!may) expect(refused).toBe(1);
          else if (!(part.writes[k] && memory.holdsCode(addr, size))) expect(refused).toBe(0);
        }
      }
      for (const { W, writes } of parts) {
        writes.forEach((write, k) => {
          const [from, to] = shown(W, k);
          if (from === memory.home) return;
          covered++;
          for (let page = from >>> 12; page <= to >>> 12; page++) {
            if (!(memory.perms[page]! & (write ? Perm.FAST : Perm.READ))) throw new Error(`step ${step}: window of ${write ? "stores" : "loads"} shows ${page.toString(16)}`);
          }
          expect(from % PAGE_SIZE).toBe(0);
        });
      }
    }
    expect(covered).toBeGreaterThan(10_000);
  });
});
