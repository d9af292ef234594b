import { type ChildProcess, spawn } from "node:child_process";
import { SourceMapConsumer } from "source-map";
import { DevTools } from "./cdp.js";
import { CLI, ROOT } from "./cli.js";

/** Guest code as JavaScript debuggers see it: scripts with source maps, at the other end of `lift86 … --inspect-brk`. */

export interface Script {
  scriptId: string;
  url: string;
  sourceMapURL: string;
}
export interface Frame {
  callFrameId: string;
  functionName: string;
  location: { scriptId: string; lineNumber: number; columnNumber: number };
}
export interface Paused {
  callFrames: Frame[];
  reason: string;
  hitBreakpoints?: string[];
  data?: { scriptId?: string };
}

interface Map {
  sources: string[];
  sourcesContent: string[];
}

function mapOf(script: Script): Map {
  return JSON.parse(Buffer.from(script.sourceMapURL.split(",")[1]!, "base64").toString()) as Map;
}

/** A debugger of a guest, as DevTools is one: `stopAt` sets breakpoints on guest instructions. */
export class GuestScripts {
  private readonly scripts = new globalThis.Map<string, Script>();

  private constructor(private readonly child: ChildProcess, readonly devTools: DevTools) {
    devTools.onEvent((method, params) => {
      if (method === "Debugger.scriptParsed") this.scripts.set((params as Script).scriptId, params as Script);
    });
  }

  /** Start lift86 with these arguments, `--inspect-brk=0` among them, and connect. */
  static async start(args: readonly string[]): Promise<GuestScripts> {
    const child = spawn(process.execPath, [CLI, ...args], { cwd: ROOT, stdio: ["ignore", "ignore", "pipe"] });
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      child.stderr!.setEncoding("utf8").on("data", (d: string) => {
        const m = /listening on (ws:\S+)/.exec((text += d));
        if (m) resolve(m[1]!);
      });
      child.on("exit", () => reject(new Error(text)));
    });
    return new GuestScripts(child, await DevTools.connect(url));
  }

  stop(): void {
    this.devTools.close();
    this.child.kill("SIGKILL");
  }

  script(f: Frame): Script {
    return this.scripts.get(f.location.scriptId)!;
  }

  /** Do something that goes on, and wait for the next stop. */
  async next(method: string): Promise<Paused> {
    const paused = this.devTools.event<Paused>("Debugger.paused");
    await this.devTools.send(method);
    return paused;
  }

  /** Let it start; the first stop in the guest's code. */
  async first(): Promise<Paused> {
    await this.devTools.send("Debugger.enable");
    let at = await this.next("Runtime.runIfWaitingForDebugger");
    // Node's own stop comes before
    while (!this.script(at.callFrames[0]!).url.startsWith("lift86:")) at = await this.next("Debugger.resume");
    return at;
  }

  /**
   * Go on to where an instruction (its text in a listing) begins, with a breakpoint there. As DevTools does it: stop where a script with a source map is
   * about to run, and set the breakpoint in each that has the instruction.
   */
  async stopAt(listing: string, instruction: RegExp): Promise<{ hit: Paused; address: string }> {
    await this.devTools.send("Debugger.setInstrumentationBreakpoint", { instrumentation: "beforeScriptWithSourceMapExecution" });
    const set = new Set<string>();
    let address = "";
    for (;;) {
      const p = await this.next("Debugger.resume");
      if (p.hitBreakpoints?.some((b) => set.has(b))) return { hit: p, address };
      const script = this.scripts.get(p.data?.scriptId ?? p.callFrames[0]!.location.scriptId)!;
      if (!script.url.startsWith("lift86:")) continue;
      const map = mapOf(script);
      const at = map.sources.indexOf(listing);
      if (at < 0) continue;
      address = map.sourcesContent[at]!.split("\n").find((l) => /^0x[0-9a-f]+ /.test(l) && instruction.test(l))?.split(" ")[0] ?? "";
      if (address === "") throw new Error(`${listing} has no ${instruction}:\n${map.sourcesContent[at]}`);
      const place = await placeOf(script, listing, address);
      if (place) set.add((await this.devTools.send<{ breakpointId: string }>("Debugger.setBreakpointByUrl", { url: script.url, ...place })).breakpointId);
    }
  }

  /** Where a frame is in the guest: its listing's line. */
  guestLine(f: Frame): Promise<string> {
    return SourceMapConsumer.with(mapOf(this.script(f)) as never, null, (m) => {
      const o = m.originalPositionFor({ line: f.location.lineNumber + 1, column: f.location.columnNumber });
      return m.sourceContentFor(o.source!)!.split("\n")[o.line! - 1]!;
    });
  }

  async value(f: Frame, expression: string): Promise<unknown> {
    return (await this.devTools.send<{ result: { value: unknown } }>("Debugger.evaluateOnCallFrame", { callFrameId: f.callFrameId, expression })).result.value;
  }
}

/** What a breakpoint on an instruction is in the script, as DevTools computes it; null: it is not in this script. */
function placeOf(script: Script, source: string, address: string): Promise<{ lineNumber: number; columnNumber: number } | null> {
  return SourceMapConsumer.with(mapOf(script) as never, null, (m) => {
    const line = m.sourceContentFor(source)!.split("\n").findIndex((l) => l.startsWith(address)) + 1;
    const p = m.generatedPositionFor({ source, line, column: 0 });
    // where it is in no script, the library gives what is next to it
    if (p.line === null || m.originalPositionFor({ line: p.line, column: p.column! }).line !== line) return null;
    return { lineNumber: p.line - 1, columnNumber: p.column! };
  });
}
