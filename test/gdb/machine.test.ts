import { expect, test } from "vitest";
import { CTRL_C_SOON, DebuggedGuest, debugSession } from "../support/gdb-process.js";

// Debian's gdb with a bare-metal program (samples/debug/kernel.c), from the reset vector to its exit.

const KERNEL = "samples/debug/kernel.elf";

test("a kernel: breakpoints before and after paging, watchpoint at a mapped address, registers of the system, monitor commands", async () => {
  const { gdb, lift86 } = await debugSession(["boot", "--gdb", "0", KERNEL], [
    "info registers eip cs cr0", "x/i 0xffff0000+$eip", "break kernel", "continue", "backtrace", "break twice", "continue", "bt", "finish",
    "delete", "info registers cr0 cr4", "print/x $cr3", "print/x directory[768]", "watch *(unsigned *)((char *)&ticks + 0xc0000000)", "continue", "continue", "continue", "delete",
    "stepi", "stepi", "monitor roles", "monitor tlb 0xc0101000", "monitor tlb 0x80000000", "monitor blocks 4", "monitor stats", "monitor registers", "info threads", "continue",
  ], [`file ${KERNEL}`]);
  expect(gdb).toMatch(/eip +0xfff0 +0xfff0\s+cs +0xf000[^\n]*\s+cr0 +0x60000010/);
  expect(gdb).toMatch(/Breakpoint 1, kernel \(\) at kernel\.c/);
  expect(gdb).toMatch(/Breakpoint 2, twice \(x=1\)/);
  expect(gdb).toMatch(/#1 +0x[0-9a-f]+ in work \(\)[^\n]*\s#2 +0x[0-9a-f]+ in kernel \(\)[^\n]*\s#3 +0x[0-9a-f]+ in _start/);
  expect(gdb).toMatch(/Value returned is \$\d = 2/);
  expect(gdb).toMatch(/cr0 +0xe0000011[^\n]*\s+cr4 +0x10 /);
  expect(gdb).toContain("= 0x102000");
  // a debugger that looks sets no A or D bits
  expect(gdb).toContain("= 0x83");
  expect(gdb).toMatch(/Old value = 0\s+New value = 2\s[^]+Old value = 2\s+New value = 6\s[^]+Old value = 6\s+New value = 12\s/);
  expect(gdb).toContain("vCPU 0: 0xc0101000 is physical 0x101000");
  expect(gdb).toContain("vCPU 0: 0x80000000 is not mapped");
  expect(gdb).toMatch(/vCPU 0: level=2 pse/);
  expect(gdb).toMatch(/\* 1 +Thread 1\.1 "vCPU 0"/);
  expect(gdb).toContain("exited with code 051");
  expect(lift86.status).toBe(41);
});

test("watchpoints of each kind in a machine; x87 and SSE registers", async () => {
  const { gdb, lift86 } = await debugSession(["boot", "--gdb", "0", KERNEL], [
    "break work", "continue", "delete", "rwatch *(unsigned *)((char *)&ticks + 0xc0000000)", "continue", "delete", "awatch *(unsigned *)((char *)&ticks + 0xc0000000)", "continue", "continue", "delete",
    "set var $xmm7.v4_int32 = {5, 6, 7, 8}", "print/x $xmm7.uint128", "set var $st0 = -0.75", "print $st0", "info registers fctrl mxcsr", "continue",
  ], [`file ${KERNEL}`]);
  expect(gdb).toMatch(/Hardware read watchpoint 2: [^\n]*\s+Value = 0\s/);
  expect(gdb).toMatch(/Hardware access \(read\/write\) watchpoint 3: [^\n]*\s+(Old value = 0\s+New value = 2|Value = 2)\s/);
  expect(gdb).toContain("= 0x8000000070000000600000005");
  expect(gdb).toMatch(/\$\d = -0\.75\s/);
  expect(gdb).toContain("exited with code 051");
  expect(lift86.status).toBe(41);
});

test("processors are threads; sessions in turn with a machine: Ctrl-C, detach, attach again, kill", async () => {
  const guest = new DebuggedGuest(["boot", "--gdb", "0", "--smp", "2", "--append", "1000000", "bench/metal/sieve"]);
  try {
    for (let k = 0; k < 2; k++) {
      const gdb = await guest.gdb([CTRL_C_SOON, "continue", "info threads", "monitor roles", "monitor tlb", "monitor blocks 3", "monitor stats", "detach"]);
      expect(gdb).toContain("received signal SIGINT");
      expect(gdb).toMatch(/\* 1 +Thread 1\.1 "vCPU 0" \(running\)[^\n]*\s+2 +Thread 1\.2 "vCPU 1" \(waits for SIPI\)/);
      expect(gdb).toMatch(/vCPU 0: level=2 wp pse\s/);
      expect(gdb).toMatch(/vCPU 0: [1-9]\d* fills/);
      expect(gdb).toMatch(/times in tier 0, compiled; role "level=2 wp pse"/);
      expect(gdb).toContain("detached]");
    }
    expect(await guest.gdb(["kill"])).toContain("killed]");
    expect((await guest.ended).stdout).toBe("go\n");
  } finally {
    guest.stop();
  }
});
