import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { SourceMapConsumer } from "source-map";
import { afterEach, describe, expect, test } from "vitest";
import { DevTools } from "../support/cdp.js";
import { CLI, lift86, ROOT } from "../support/cli.js";

interface Script {
  scriptId: string;
  url: string;
  sourceMapURL: string;
}
interface Frame {
  callFrameId: string;
  functionName: string;
  location: { scriptId: string; lineNumber: number; columnNumber: number };
}
interface Paused {
  callFrames: Frame[];
  reason: string;
  hitBreakpoints?: string[];
  data?: { scriptId?: string };
}

let child: ChildProcess | null = null;
afterEach(() => {
  child?.kill("SIGKILL");
  child = null;
});

/** Start a guest that waits for a debugger, and connect to it. */
async function debug(args: readonly string[]): Promise<DevTools> {
  const p = (child = spawn(process.execPath, [CLI, "run", "--inspect-brk=0", ...args], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] }));
  const url = await new Promise<string>((resolve, reject) => {
    let text = "";
    p.stderr!.setEncoding("utf8").on("data", (d: string) => {
      const m = /listening on (ws:\S+)/.exec((text += d));
      if (m) resolve(m[1]!);
    });
    p.on("exit", () => reject(new Error(text)));
  });
  return DevTools.connect(url);
}

/** Where a frame is in the guest: its listing's line. */
async function guestLine(script: Script, { location: l }: Frame): Promise<string> {
  const map = JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as never;
  return SourceMapConsumer.with(map, null, (m) => {
    const o = m.originalPositionFor({ line: l.lineNumber + 1, column: l.columnNumber });
    return m.sourceContentFor(o.source!)!.split("\n")[o.line! - 1]!;
  });
}

/** What a breakpoint on an instruction is in the script, as DevTools computes it; null: it is not in this script. */
async function placeOf(script: Script, source: string, address: string): Promise<{ lineNumber: number; columnNumber: number } | null> {
  const map = JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as { sources: string[] };
  return SourceMapConsumer.with(map as never, null, (m) => {
    if (!m.sources.includes(source)) return null;
    const line = m.sourceContentFor(source)!.split("\n").findIndex((l) => l.startsWith(address)) + 1;
    const p = m.generatedPositionFor({ source, line, column: 0 });
    return p.line === null ? null : { lineNumber: p.line - 1, columnNumber: p.column! };
  });
}

describe("lift86 run --inspect", () => {
  test("stops at the first instruction, hits a breakpoint on a guest instruction, steps by instructions, names guest symbols", async () => {
    const d = await debug(["samples/inspect/primes", "3"]);
    const scripts = new Map<string, Script>();
    d.onEvent((method, params) => {
      if (method === "Debugger.scriptParsed") scripts.set((params as Script).scriptId, params as Script);
    });
    await d.send("Debugger.enable");
    const first = d.event<Paused>("Debugger.paused");
    await d.send("Runtime.runIfWaitingForDebugger");
    let at = await first;
    const urlOf = (f: Frame): string => scripts.get(f.location.scriptId)!.url;
    while (!urlOf(at.callFrames[0]!).startsWith("lift86:")) {
      // Node's own stop before that
      const next = d.event<Paused>("Debugger.paused");
      await d.send("Debugger.resume");
      at = await next;
    }
    expect(at.callFrames[0]!.functionName).toBe("_start");
    expect(urlOf(at.callFrames[0]!)).toBe("lift86://primes/_start.js");

    // As DevTools does: stop where a script with a source map is about to run, and set the breakpoint there.
    await d.send("Debugger.setInstrumentationBreakpoint", { instrumentation: "beforeScriptWithSourceMapExecution" });
    const listing = "lift86://primes/collatz.asm";
    let wanted = "";
    for (let set = false; !set; ) {
      const paused = d.event<Paused>("Debugger.paused");
      await d.send("Debugger.resume");
      const p = await paused;
      const script = scripts.get(p.data?.scriptId ?? p.callFrames[0]!.location.scriptId)!;
      if (!script.url.startsWith("lift86://primes/collatz")) continue;
      // xor edx, edx in the loop's head
      const map = JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as { sources: string[]; sourcesContent: string[] };
      const text = map.sourcesContent[map.sources.indexOf(listing)]!;
      wanted = /^(0x[0-9a-f]+) .* xor edx, edx$/m.exec(text)![1]!;
      const place = await placeOf(script, listing, wanted);
      if (!place) continue;
      await d.send("Debugger.setBreakpointByUrl", { url: script.url, ...place });
      set = true;
    }
    let hit: Paused;
    for (;;) {
      const paused = d.event<Paused>("Debugger.paused");
      await d.send("Debugger.resume");
      hit = await paused;
      if (hit.hitBreakpoints?.some((b) => b.includes("collatz"))) break;
    }
    const [frame] = hit.callFrames;
    expect(frame!.functionName).toMatch(/^collatz/);
    expect(await guestLine(scripts.get(frame!.location.scriptId)!, frame!)).toMatch(new RegExp(`^${wanted} .* xor edx, edx$`));
    // The guest's state is there: ecx counts, from 2 since the compiler peeled 1 off; the first turns may be another region's. The stack trace says where this is.
    const value = async (expression: string, f = frame!): Promise<unknown> =>
      (await d.send<{ result: { value: unknown } }>("Debugger.evaluateOnCallFrame", { callFrameId: f.callFrameId, expression })).result.value;
    expect(await value("ecx")).toBeGreaterThanOrEqual(2);
    expect(await value("ecx")).toBeLessThan(1000);
    expect(await value("new Error().stack")).toMatch(/at collatz\S* \(lift86:\/\/primes\/collatz/);
    // One step is one guest instruction.
    const stepped: string[] = [];
    for (let k = 0; k < 6 && stepped.at(-1) === undefined; k++) {
      const paused = d.event<Paused>("Debugger.paused");
      await d.send("Debugger.stepOver");
      const p = await paused;
      const line = await guestLine(scripts.get(p.callFrames[0]!.location.scriptId)!, p.callFrames[0]!);
      if (!line.startsWith(wanted)) stepped.push(line);
    }
    expect(stepped[0]).toMatch(/^0x[0-9a-f]{8} .* jmp 0x/);
    d.close();
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
    expect(r.status).toBe(2);
    expect(r.stderr).toMatch(new RegExp(`lift86: --inspect: the inspector cannot listen on port ${port}`));
    expect(await lift86(["run", "--inspect=x:y", "samples/hello"])).toMatchObject({ status: 2, stderr: "lift86: --inspect x:y: no [HOST:]PORT, as in 9229 or 127.0.0.1:9229\n" });
  });
});
