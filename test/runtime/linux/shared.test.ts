import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { Perm } from "../../../src/mmu/perm.js";
import { UserMemory } from "../../../src/mmu/user-memory.js";
import type { OpenFile } from "../../../src/runtime/linux/contract.js";
import { MemoryBudget } from "../../../src/runtime/linux/memory-pool.js";
import { Map as MapFlag, MemoryMap } from "../../../src/runtime/linux/mm.js";
import { PageVersions } from "../../../src/runtime/linux/page-versions.js";
import { AnonymousBacking } from "../../../src/runtime/linux/shared.js";
import { HostContent } from "../../../src/runtime/node/host-content.js";
import { copyTo, readableView, writableView } from "../../../src/runtime/linux/user.js";
import { xorshift } from "../../support/xorshift.js";

const PAGE = 4096, PAGES = 80;

interface Counted {
  file: OpenFile;
  content: Uint8Array;
  reads: number;
  writes: number;
}

/** A file in memory, with versions of its pages, or one of the host's, of which nothing is known. */
function fileOf(pages: number, versions: PageVersions | null): Counted {
  const content = new Uint8Array(pages * PAGE), inode = {};
  const counted: Counted = {
    content, reads: 0, writes: 0,
    file: {
      path: "/f", readable: true, writable: true, mappable: "file", inode, dev: 1, ino: 2, size: () => content.length, stamp: () => null, versions: () => versions,
      readAt: (position, into) => {
        counted.reads++;
        const n = Math.min(into.length, content.length - position);
        into.set(content.subarray(position, position + n));
        return n;
      },
      writeAt: (position, from) => {
        counted.writes++;
        content.set(from, position);
        versions?.touch(position, from.length);
        return from.length;
      },
      retain: () => undefined, release: () => undefined,
    },
  };
  return counted;
}

const fresh = (): UserMemory => new UserMemory(16 << 20);
const emptyMap = (): MemoryMap => new MemoryMap(fresh(), new MemoryBudget(1 << 30));

test.each(["memory of nobody's", "a file in memory", "a file of the host's"])("random stores, calls, mappings and forks of processes that share %s agree with one array", (kind) => {
  const next = xorshift(0xbeef);
  const f = fileOf(PAGES, kind === "a file of the host's" ? null : new PageVersions());
  const model = kind === "memory of nobody's" ? new Uint8Array(PAGES * PAGE) : f.content.slice();
  const backing = kind === "memory of nobody's" ? null : f.file;
  const first = emptyMap();
  first.mmap(0x100000, PAGES * PAGE, 3, MapFlag.SHARED | MapFlag.FIXED | (backing ? 0 : MapFlag.ANONYMOUS), backing, 0);
  const processes = [{ map: first, at: 0x100000 }];
  let last = processes[0]!;
  for (let n = 0; n < 6000; n++) {
    const p = processes[next(processes.length)]!, { map } = p, { memory } = map;
    if (p !== last) {
      last.map.push();
      map.pull();
      last = p;
    }
    // Few pages most of the time.
    const offset = next(next(4) ? 5 * PAGE : PAGES * PAGE - 8);
    switch (next(8)) {
      case 0:
        memory.store8(p.at + offset, (model[offset] = next(256)));
        break;
      case 1: {
        const value = next();
        memory.store32(p.at + offset, value | 0);
        new DataView(model.buffer).setUint32(offset, value, true);
        break;
      }
      case 2: {
        // What the kernel writes in a call.
        map.pushFiles();
        const bytes = Uint8Array.from({ length: 8 }, () => next(256));
        if (next(2)) copyTo(memory, p.at + offset, bytes);
        else writableView(memory, p.at + offset, 8).set(bytes);
        map.pull();
        model.set(bytes, offset);
        break;
      }
      case 3:
        if (backing) {
          // A call that reads and writes the file.
          map.pushFiles();
          expect(f.content[offset]).toBe(model[offset]);
          f.file.writeAt(offset, Uint8Array.of((model[offset] = next(256))));
          map.pull();
        }
        expect(memory.load8(p.at + offset)).toBe(model[offset]);
        break;
      case 4:
        if (next(20) === 0 && processes.length < 6) processes.push({ map: map.fork(fresh()), at: p.at });
        break;
      case 5:
        if (next(20) === 0 && processes.length > 1) {
          map.clear();
          processes.splice(processes.indexOf(p), 1);
          last = processes[0]!;
          last.map.pull();
        }
        break;
      case 6: {
        const page = next(PAGES);
        map.mprotect(p.at + page * PAGE, PAGE, 1);
        expect(memory.perms[p.at / PAGE + page]! & (Perm.WRITE | Perm.FAST)).toBe(0);
        map.mprotect(p.at, PAGES * PAGE, 3);
        break;
      }
      case 7:
        if (next(10) === 0) p.at = map.mremap(p.at, PAGES * PAGE, PAGES * PAGE, 3, p.at === 0x100000 ? 0x300000 : 0x100000);
        break;
    }
    if (n % 100 === 0) {
      for (const other of processes) {
        last.map.push();
        (last = other).map.pull();
        expect(Buffer.compare(readableView(other.map.memory, other.at, PAGES * PAGE), model)).toBe(0);
      }
    }
  }
});

test("a mapping at two places has the same content after a call", () => {
  const { file } = fileOf(4, new PageVersions()), map = emptyMap();
  const a = map.mmap(0, 4 * PAGE, 3, MapFlag.SHARED, file, 0);
  map.memory.store32(a + PAGE, 1);
  const b = map.mmap(0, 2 * PAGE, 3, MapFlag.SHARED, file, PAGE);
  expect(map.memory.load32(b)).toBe(1);
  map.memory.store32(b + 4, 2);
  map.memory.store32(a + PAGE + 8, 3);
  map.pushFiles();
  map.pull();
  for (const at of [a + PAGE, b]) expect([0, 4, 8].map((i) => map.memory.load32(at + i))).toEqual([1, 2, 3]);
});

test("what is shared costs what is written: pages that stay the same are neither compared, written nor read", () => {
  const f = fileOf(PAGES, new PageVersions()), map = emptyMap(), { memory } = map;
  const at = map.mmap(0, PAGES * PAGE, 3, MapFlag.SHARED, f.file, 0);
  const child = map.fork(fresh());
  const fast = (m: UserMemory): number => m.perms.subarray(at / PAGE, at / PAGE + PAGES).filter((p) => p & Perm.FAST).length;
  expect(fast(memory)).toBe(0);
  memory.store8(at + 3 * PAGE, 1);
  memory.store8(at + 9 * PAGE, 1);
  expect(fast(memory)).toBe(2);
  f.reads = 0;
  map.push();
  child.pull();
  expect([f.writes, f.reads]).toEqual([2, 2]);
  child.pull();
  child.push();
  map.pull();
  expect([f.writes, f.reads]).toEqual([2, 2]);
  // One of them goes on to be written, the other is tracked again.
  for (let i = 0; i < 20; i++) {
    memory.store8(at + 3 * PAGE, i);
    map.push();
  }
  expect(fast(memory)).toBe(1);
  memory.store8(at + 9 * PAGE, 5);
  map.push();
  child.pull();
  expect([child.memory.load8(at + 3 * PAGE), child.memory.load8(at + 9 * PAGE)]).toEqual([19, 5]);
});

test("memory of nobody's that one process has costs nothing, and pages without content no memory", () => {
  const map = emptyMap(), { memory } = map;
  const at = map.mmap(0, 1024 * PAGE, 3, MapFlag.SHARED | MapFlag.ANONYMOUS, null, 0);
  memory.store8(at, 1);
  expect(memory.perms[at / PAGE]! & Perm.FAST).not.toBe(0);
  const { shared } = map.vmas.find(at)!;
  expect(shared!.versions!.now).toBe(0);
  map.fork(fresh());
  expect([...shared!.versions!.since(0, 0, 1024)]).toEqual([0]);
  expect((shared as AnonymousBacking).published).toBe(true);
});

test("versions of pages tell those that were written since", () => {
  const next = xorshift(77), v = new PageVersions(), model = new Map<number, number>();
  const marks = [0];
  for (let i = 0; i < 500; i++) {
    const position = next(3000 * PAGE), length = next(5 * PAGE);
    v.touch(position, length);
    if (length > 0) for (let p = Math.floor(position / PAGE); p <= Math.floor((position + length - 1) / PAGE); p++) model.set(p, v.now);
    if (i % 50 === 0) marks.push(v.now);
    const since = marks[next(marks.length)]!, first = next(3000), end = first + next(next(2) ? 100 : 3000);
    expect([...v.since(since, first, end)].sort((a, b) => a - b)).toEqual([...model].filter(([p, at]) => at > since && p >= first && p < end).map(([p]) => p).sort((a, b) => a - b));
  }
});

test("a file of the host's is not read again for what the space itself wrote, but for what others did", () => {
  const f = fileOf(40, null);
  let foreign = 0;
  const file: OpenFile = { ...f.file, stamp: (own) => `${f.writes + foreign - own}` }, map = emptyMap(), { memory } = map;
  const at = map.mmap(0, 40 * PAGE, 3, MapFlag.SHARED, file, 0);
  const child = map.fork(fresh());
  map.pull();
  child.pull();
  f.reads = 0;
  for (let i = 0; i < 10; i++) {
    memory.store8(at + i * PAGE, i + 1);
    map.pushFiles();
    map.pull();
  }
  expect([f.writes, f.reads]).toEqual([9 + 1, 0]);
  child.pull();
  // 16 pages at a time.
  expect(f.reads).toBe(3);
  expect(child.memory.load8(at + 9 * PAGE)).toBe(10);
  f.content[39 * PAGE + 5] = 77;
  foreign++;
  map.pull();
  expect(memory.load8(at + 39 * PAGE + 5)).toBe(77);
});

test("stamps of the host's files leave out the asker's own writes, while those of other guests show at once", () => {
  const folder = mkdtempSync(join(tmpdir(), "lift86-stamps-")), name = join(folder, "f"), fd = openSync(name, "w+"), again = openSync(name, "r+");
  try {
    const content = new HostContent(fd), other = new HostContent(again);
    let own = 0, same = 0;
    // Time passes, too, which changes a stamp now and then.
    for (let i = 0; i < 1000 && same < 3; i++) {
      const before = content.stamp(own);
      content.writeAt(0, Uint8Array.of(i));
      if (content.stamp(++own) === before) same++;
    }
    expect(same).toBe(3);
    for (let i = 0; i < 100; i++) {
      const before = content.stamp(own);
      if (i % 2) other.writeAt(0, Uint8Array.of(i));
      else other.truncate(5);
      expect(content.stamp(own)).not.toBe(before);
    }
  } finally {
    closeSync(fd);
    closeSync(again);
    rmSync(folder, { recursive: true });
  }
});
