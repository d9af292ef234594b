import { createServer } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { lift86 } from "../support/cli.js";
import { GuestScripts } from "../support/guest-scripts.js";

let guest: GuestScripts | null = null;
afterEach(() => {
  guest?.stop();
  guest = null;
});

describe("lift86 run --inspect", () => {
  test("stops at the first instruction, hits a breakpoint on a guest instruction, steps by instructions, names guest symbols", async () => {
    const g = (guest = await GuestScripts.start(["run", "--inspect-brk=0", "samples/inspect/primes", "3"]));
    const first = (await g.first()).callFrames[0]!;
    expect(first.functionName).toBe("_start");
    expect(g.script(first).url).toBe("lift86://primes/_start.js");

    // in the loop's head
    const { hit, address } = await g.stopAt("lift86://primes/collatz.asm", / xor edx, edx$/);
    const frame = hit.callFrames[0]!;
    expect(frame.functionName).toMatch(/^collatz/);
    expect(await g.guestLine(frame)).toMatch(new RegExp(`^${address} .* xor edx, edx$`));
    // The guest's state is there: ecx counts, from 2 since the compiler peeled 1 off; the first turns may be another region's. The stack trace says where this is.
    expect(await g.value(frame, "ecx")).toBeGreaterThanOrEqual(2);
    expect(await g.value(frame, "ecx")).toBeLessThan(1000);
    expect(await g.value(frame, "new Error().stack")).toMatch(/at collatz\S* \(lift86:\/\/primes\/collatz/);
    // One step is one guest instruction.
    const stepped: string[] = [];
    for (let k = 0; k < 6 && stepped.at(-1) === undefined; k++) {
      const line = await g.guestLine((await g.next("Debugger.stepOver")).callFrames[0]!);
      if (!line.startsWith(address)) stepped.push(line);
    }
    expect(stepped[0]).toMatch(/^0x[0-9a-f]{8} .* jmp 0x/);
  });

  test("runs on as it would, and says where it listens", async () => {
    const r = await lift86(["run", "--inspect=0", "--timeout", "30", "samples/inspect/primes", "1"]);
    expect(r).toMatchObject({ status: 0, stdout: "primes 2262\nlongest 178\n" });
    expect(r.stderr).toMatch(/^Debugger listening on ws:\/\/127\.0\.0\.1:\d+\//);
  });

  test("a port in use, and no port at all: one clear line, exit code 2", async () => {
    const server = createServer();
    const port = await new Promise<number>((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port)));
    const r = await lift86(["run", `--inspect=${port}`, "samples/hello"]);
    server.close();
    expect(r).toMatchObject({ status: 2, stderr: `lift86: --inspect ${port}: port ${port} is in use; choose another, or 0 for any that is free\n` });
    expect(await lift86(["run", "--inspect=1.2.3.4:9229", "samples/hello"])).toMatchObject({ status: 2, stderr: "lift86: --inspect 1.2.3.4:9229: this is no address of this machine's\n" });
    expect(await lift86(["run", "--inspect=x:y", "samples/hello"])).toMatchObject({ status: 2, stderr: "lift86: --inspect x:y: no [HOST:]PORT, as in 9229 or 127.0.0.1:9229\n" });
  });
});

describe("lift86 boot --inspect", () => {
  test("stops at the machine's first instruction, hits a breakpoint on an instruction of the image, steps by instructions", async () => {
    const g = (guest = await GuestScripts.start(["boot", "--inspect-brk=0", "samples/debug/kernel.elf"]));
    const first = (await g.first()).callFrames[0]!;
    // not the ROM's, and data has been touched before
    expect(g.script(first).url).toMatch(/^lift86:\/\/kernel\.elf\//);

    const { hit, address } = await g.stopAt("lift86://kernel.elf/work.asm", / add eax, ecx$/);
    const frame = hit.callFrames[0]!;
    expect(frame.functionName).toMatch(/^work/);
    expect(g.script(frame).url).toMatch(/^lift86:\/\/kernel\.elf\/work/);
    expect(await g.guestLine(frame)).toMatch(new RegExp(`^${address} `));
    expect(await g.value(frame, "new Error().stack")).toMatch(/at work\S* \(lift86:\/\/kernel\.elf\/work/);
    // 2 + 2 in the second turn and so on, or 0 + 2 in the first
    expect(await g.value(frame, "ecx") === 0 || Number(await g.value(frame, "eax")) > 2).toBe(true);
    // an instruction may have several statements
    const lines: string[] = [];
    for (let f = frame, k = 0; lines.length < 1 && k < 30; k++, f = (await g.next("Debugger.stepOver")).callFrames[0]!) {
      const line = g.script(f).url.startsWith("lift86:") ? await g.guestLine(f) : "";
      if (!line.startsWith(address) && line !== lines.at(-1)) lines.push(line);
    }
    expect(lines[0]).toMatch(/ mov \[edx\], eax$/);
  });
});
