import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LinuxSystem } from "../../../src/runtime/linux/system.js";
import { TestFiles } from "../../support/linux-files.js";

/** samples/linux: what they print was recorded from native runs. */

const folder = new URL("../../../samples/linux/", import.meta.url);

function system(name: string, more: object = {}): { files: TestFiles; system: LinuxSystem } {
  const files = new TestFiles({ [`/${name}`]: readFileSync(new URL(name, folder)) });
  return { files, system: new LinuxSystem({ program: `/${name}`, args: [name], env: [], cwd: "/", files, timeout: 60_000, ...more }) };
}

describe.each(["interp", "auto", "jit"] as const)("tier %s", (tier) => {
  test.each([["threads", 0], ["signals", 7]] as const)("%s", async (name, status) => {
    const { files, system: s } = system(name, { tier });
    const r = await s.run();
    expect(files.text).toBe(readFileSync(new URL(`${name}.expected`, folder), "latin1"));
    expect(r).toMatchObject({ status, signal: 0, limit: null });
  });
});

test("--icount: two runs are alike, and sleeping takes no time of the host's", async () => {
  const runs = await Promise.all([0, 1].map(async () => {
    const lines: string[] = [];
    const { files, system: s } = system("signals", { icount: true, strace: (l: string) => lines.push(l) });
    await s.run();
    return { text: files.text, instructions: s.stats().instructions, lines };
  }));
  expect(runs[1]).toEqual(runs[0]);
  expect(runs[0]!.lines).toContain("[pid 1000] waitpid(1001, [{WIFEXITED(s) && WEXITSTATUS(s) == 42}], 0) = 1001");
});

test("an endless run ends at its limits", async () => {
  // jmp to itself, in a program of one page
  const endless = tiny([0xeb, 0xfe]);
  const run = (more: object): Promise<object> =>
    new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": endless }), ...more }).run();
  expect(await run({ timeout: 50 })).toMatchObject({ status: 124, limit: "time" });
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": endless }), maxInstructions: 1_234_567 });
  expect(await s.run()).toMatchObject({ limit: "instructions" });
  expect(s.stats().instructions).toBe(1_234_567);
});

test("a fault names address, PC and instruction", async () => {
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": tiny([0xa1, 0x78, 0x56, 0, 0]) }) });
  const r = await s.run();
  expect(r).toMatchObject({ status: 139, signalName: "SIGSEGV", fault: { address: 0x5678, pc: 0x10054 } });
  expect([...r.fault!.bytes.subarray(0, 5)]).toEqual([0xa1, 0x78, 0x56, 0, 0]);
});

test("a missing call is ENOSYS and named once", async () => {
  // 1: mov eax, 245; int 80h; mov eax, 245; int 80h; neg eax; mov ebx, eax; mov eax, 252; int 80h
  const twice = tiny([0xb8, 0xf5, 0, 0, 0, 0xcd, 0x80, 0xb8, 0xf5, 0, 0, 0, 0xcd, 0x80, 0xf7, 0xd8, 0x89, 0xc3, 0xb8, 252, 0, 0, 0, 0xcd, 0x80]);
  const lines: string[] = [];
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": twice }), strace: (l) => lines.push(l) });
  expect(await s.run()).toMatchObject({ status: 38 });
  expect(lines.filter((l) => l.includes("ENOSYS"))).toEqual(["io_setup(…) = -1 ENOSYS (Function not implemented; lift86 does not have this call)"]);
});

test("the stack grows as far as its limit", async () => {
  // ecx = 0; 1: sub esp, 4096; mov [esp], ecx; inc ecx; cmp ecx, 1900; jb 1b; then write(1, esp - 8192, 1): EFAULT without growth; exit(its result)
  const code = [0x31, 0xc9, 0x81, 0xec, 0, 0x10, 0, 0, 0x89, 0x0c, 0x24, 0x41, 0x81, 0xf9, 0x6c, 7, 0, 0, 0x72, 0xee,
    0x81, 0xec, 0, 0x20, 0, 0, 0xb8, 4, 0, 0, 0, 0xbb, 1, 0, 0, 0, 0x89, 0xe1, 0xba, 1, 0, 0, 0, 0xcd, 0x80, 0x89, 0xc3, 0xb8, 252, 0, 0, 0, 0xcd, 0x80];
  const run = (bytes: number[]): Promise<object> =>
    new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": tiny(bytes) }) }).run();
  expect(await run(code)).toMatchObject({ status: 1, signal: 0 });
  // 3,000 pages are more than 8 MiB.
  expect(await run(code.with(14, 0xb8).with(15, 0x0b))).toMatchObject({ signalName: "SIGSEGV" });
});

test("a fork bomb meets EAGAIN and leaves nothing behind", async () => {
  // 1: mov eax, 2; int 80h; test eax, eax; jns 1b; neg eax; mov ebx, eax; mov eax, 252; int 80h
  const bomb = tiny([0xb8, 2, 0, 0, 0, 0xcd, 0x80, 0x85, 0xc0, 0x79, 0xf5, 0xf7, 0xd8, 0x89, 0xc3, 0xb8, 252, 0, 0, 0, 0xcd, 0x80]);
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": bomb }), maxThreads: 20 });
  expect(await s.run()).toMatchObject({ status: 11, limit: null });
  expect(s.kernel.threads.size).toBe(0);
  expect(s.kernel.budget.used).toBe(0);
});

test.each([["SIGKILL", 1], ["SIGXCPU", 100]])("an endless loop meets RLIMIT_CPU: %s", async (signalName, hard) => {
  // setrlimit(RLIMIT_CPU, {1, hard}); jmp to itself
  const endless = tiny([0xb8, 75, 0, 0, 0, 0x31, 0xdb, 0xb9, 0x64, 0, 1, 0, 0xcd, 0x80, 0xeb, 0xfe, 1, 0, 0, 0, hard, 0, 0, 0]);
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": endless }), timeout: 30_000 });
  expect(await s.run()).toMatchObject({ signalName, limit: null });
});

test("a memory bomb meets ENOMEM", async () => {
  // 1: mmap2(0, 16 MiB, 3, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) until it fails; exit(-errno)
  const bomb = tiny([
    0xb8, 192, 0, 0, 0, 0x31, 0xdb, 0xb9, 0, 0, 0, 1, 0xba, 3, 0, 0, 0, 0xbe, 0x22, 0, 0, 0, 0x83, 0xcf, 0xff, 0x31, 0xed, 0xcd, 0x80,
    0x3d, 1, 0xf0, 0xff, 0xff, 0x72, 0xdc, 0xf7, 0xd8, 0x89, 0xc3, 0xb8, 252, 0, 0, 0, 0xcd, 0x80,
  ]);
  const s = new LinuxSystem({ program: "/p", args: ["p"], env: [], cwd: "/", files: new TestFiles({ "/p": bomb }), memoryLimit: 256 << 20 });
  expect(await s.run()).toMatchObject({ status: 12 });
  expect(s.kernel.budget.used).toBe(0);
});

/** An executable of one segment at 0x10000 with this code as its entry. */
function tiny(code: number[]): Uint8Array {
  const bytes = new Uint8Array(84 + code.length);
  const v = new DataView(bytes.buffer);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  [2 | (3 << 16), 1, 0x10054, 52, 0, 0, 52 | (32 << 16), 1].forEach((w, i) => v.setUint32(16 + i * 4, w, true));
  [1, 0, 0x10000, 0x10000, bytes.length, bytes.length, 7, 4096].forEach((w, i) => v.setUint32(52 + i * 4, w, true));
  bytes.set(code, 84);
  return bytes;
}
