import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { debugSession } from "../support/gdb-process.js";

// Debian's gdb itself at the other end of `lift86 run --gdb` (only .ci/run runs this).

const STEPS = "samples/debug/steps";

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
