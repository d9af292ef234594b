import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { CTRL_C_SOON, DebuggedGuest, debugSession } from "../support/gdb-process.js";
import { tinyElf } from "../support/tiny-elf.js";

// Debian's gdb itself at the other end of `lift86 run --gdb` (only .ci/run runs this).

const STEPS = "samples/debug/steps";

const folder = mkdtempSync(join(tmpdir(), "lift86-gdb-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("break, step, registers, memory, watchpoints, backtrace, signals, calls of guest functions, to the end", async () => {
  const { gdb, lift86 } = await debugSession(["run", "--gdb", "0", STEPS], [
    "break square", "continue", "info registers eip", "print x", "backtrace", "finish", "next",
    "info symbol $pc", "print total", "delete", "print square(12)", "info registers cs", "watch total", "continue", "continue", "delete",
    "rwatch half", "continue", "print $st0", "x/i $pc", "delete", "set var half = 0.25", "print half",
    "tbreak show", "continue", "print text", "x/s text", "print value", "info registers xmm0 st0 mxcsr",
    "continue", "info program", "bt 1", "stepi", "stepi", "continue",
  ]);
  expect(gdb).toContain("Breakpoint 1, square (x=1) at");
  expect(gdb).toMatch(/#1 +0x[0-9a-f]+ in add \(x=1\)[^\n]*\n#2 +0x[0-9a-f]+ in main_ \(\)/);
  expect(gdb).toMatch(/eip +0x80492a1 +0x80492a1 <square\+3>/);
  expect(gdb).toContain("Value returned is $2 = 1");
  expect(gdb).toContain("$4 = 144");
  expect(gdb).toMatch(/Hardware watchpoint 2: total\s+Old value = 1\s+New value = 5\s[^]+Old value = 5\s+New value = 14/);
  expect(gdb).toMatch(/Hardware read watchpoint 3: half\s+Value = 0.5/);
  expect(gdb).toContain("$5 = 0.5");
  expect(gdb).toContain("$6 = 0.25");
  expect(gdb).toMatch(/Temporary breakpoint 4, show \(text=0x[0-9a-f]+ "total", value=55\)/);
  expect(gdb).toContain("Program received signal SIGUSR1");
  expect(gdb).toContain("[Inferior 1 (process 1000) exited with code 07]");
  expect(lift86.stdout).toBe("total 55\nhandled 10\n");
  expect(lift86.status).toBe(7);
  expect(lift86.stderr).toMatch(/^lift86: waiting for a debugger on 127\.0\.0\.1:\d+ \(from this machine only\)/);
});

test("threads and forks: breakpoints in one, the others run", async () => {
  const { gdb, lift86 } = await debugSession(["run", "--gdb", "0", "samples/linux/threads"], [
    "handle all nostop noprint pass", "break *0x8049000 if 0", "continue",
  ]);
  expect(gdb).toContain("exited normally");
  expect(lift86.stdout).toBe(readFileSync("samples/linux/threads.expected", "latin1"));
});

test("kill ends the guest, detach lets it finish", async () => {
  const killed = await debugSession(["run", "--gdb", "0", STEPS], ["break add", "continue", "kill"]);
  expect(killed.lift86.status).toBe(137);
  const detached = await debugSession(["run", "--gdb", "0", STEPS], ["break add", "continue", "detach"]);
  expect(detached.lift86).toMatchObject({ status: 7, stdout: "total 55\nhandled 10\n" });
});

test("monitor commands", async () => {
  const { gdb } = await debugSession(["run", "--gdb", "0", STEPS], [
    "monitor help", "break show", "continue", "monitor roles", "monitor tlb", "monitor blocks 5", "monitor stats", "monitor nonsense", "kill",
  ]);
  for (const text of ["direct", "mode 32 flat cpl3", "no TLB", "times in tier 0", "lookups", "nonsense: no such monitor command"]) expect(gdb).toContain(text);
});

test("threads: a breakpoint in one of them stops all, each has its registers", async () => {
  const bytes = readFileSync("samples/linux/threads");
  // mov eax, gs:0, where each thread looks at its own storage; offset 0x1000 of the file is at 0x8049000
  const at = 0x8048000 + bytes.indexOf(Buffer.of(0x65, 0xa1, 0, 0, 0, 0));
  const { gdb, lift86 } = await debugSession(["run", "--gdb", "0", "samples/linux/threads"], [
    "handle all nostop noprint pass", `break *${at}`, "continue", "continue", "continue", "info threads", "thread apply all print/x $esp", "thread 2", "stepi", "x/i $pc", "info registers gs", "monitor signals", "delete", "continue",
  ]);
  expect(gdb).toMatch(/Thread [23] "threads" hit Breakpoint 1/);
  const threads = [...gdb.matchAll(/^[* ] +\d+ +Thread 1000\.(\d+) "[^"]*" \(([^)]+)\)/gm)];
  expect(threads.length).toBeGreaterThan(2);
  expect(threads.some((t) => t[2]!.startsWith("in system call"))).toBe(true);
  const stacks = [...gdb.matchAll(/^\$\d+ = (0x[0-9a-f]+)$/gm)].map((m) => m[1]);
  expect(stacks).toHaveLength(threads.length);
  expect(new Set(stacks).size).toBe(threads.length);
  for (const [, tid] of threads) expect(gdb).toContain(`thread ${tid}: pending none`);
  expect(gdb).toContain("exited normally");
  expect(lift86.stdout).toBe(readFileSync("samples/linux/threads.expected", "latin1"));
});

test("watchpoints of each kind; x87 and SSE registers are read and written", async () => {
  const { gdb } = await debugSession(["run", "--gdb", "0", STEPS], [
    "break main_", "continue", "delete", "awatch total", "continue", "continue", "delete", "watch total", "continue", "delete", "rwatch half", "continue", "delete", "info float",
    "set var $xmm3.v4_int32 = {1, 2, 3, 4}", "print/x $xmm3.uint128", "set var $mxcsr = 0x9fc0", "info registers mxcsr", "print $st0", "set var $st0 = 3.25", "print $st0", "set var $fctrl = 0x27f", "info registers fctrl",
    "stepi", "print $st0", "kill",
  ]);
  expect(gdb).toMatch(/Hardware access \(read\/write\) watchpoint 2: total\s+Value = 0\s/);
  expect(gdb).toMatch(/Hardware access \(read\/write\) watchpoint 2: total\s+Old value = 0\s+New value = 1\s/);
  expect(gdb).toMatch(/Hardware watchpoint 3: total\s+Old value = 1\s+New value = 5\s/);
  expect(gdb).toMatch(/Hardware read watchpoint 4: half\s+Value = 0.5\s/);
  expect(gdb).toMatch(/R6: Valid +0x3ffe80+ \+0\.5/);
  expect(gdb).toContain("= 0x4000000030000000200000001");
  expect(gdb).toMatch(/mxcsr +0x9fc0 /);
  expect(gdb).toMatch(/\$\d = 0\.5\s/);
  expect(gdb).toMatch(/\$\d = 3\.25\s/);
  expect(gdb).toMatch(/fctrl +0x27f /);
  // faddp: 2 is below
  expect(gdb).toMatch(/\$\d = 5\.25\s/);
});

test("several sessions in turn: Ctrl-C, detach, attach again, a gdb that is killed, kill", async () => {
  writeFileSync(join(folder, "endless"), tinyElf([0x40, 0xeb, 0xfd]), { mode: 0o755 });
  const guest = new DebuggedGuest(["run", "--gdb", "0", join(folder, "endless")]);
  try {
    for (let k = 0; k < 3; k++) {
      const gdb = await guest.gdb([CTRL_C_SOON, "continue", "info registers eip", "monitor stats", "detach"]);
      expect(gdb).toContain("Program received signal SIGINT");
      expect(gdb).toMatch(/eip +0x1005[45] /);
      expect(gdb).toMatch(/instructions +[\d,]{9,} in this process/);
      expect(gdb).toContain("detached]");
    }
    // one that goes without a word, while it is stopped: the guest goes on, and the next can come
    await guest.gdb(["break *0x10055", "continue", "shell kill -KILL $PPID"]);
    const eax = (text: string): string => /\$1 = (-?\d+)/.exec(text)![1]!;
    const first = eax(await guest.gdb(["print $eax", "detach"]));
    expect(eax(await guest.gdb(["print $eax", "kill"]))).not.toBe(first);
    expect(await guest.ended).toMatchObject({ status: 137, stdout: "" });
  } finally {
    guest.stop();
  }
});
