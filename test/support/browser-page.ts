import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { DevTools } from "./cdp.js";

/** A file in headless Chromium (`CHROMIUM` names the browser), without a network. */
export class BrowserPage {
  /** What the page asked for, and what it threw. */
  readonly requests: string[] = [];
  readonly errors: string[] = [];

  private constructor(private readonly browser: ChildProcess, readonly client: DevTools, private readonly profile: string) {
    client.onEvent((method, params) => {
      if (method === "Network.requestWillBeSent") this.requests.push((params as { request: { url: string } }).request.url);
      if (method === "Runtime.exceptionThrown") this.errors.push(JSON.stringify(params));
    });
  }

  static async open(file: string): Promise<BrowserPage> {
    const profile = mkdtempSync(join(tmpdir(), "lift86-browser-"));
    const browser = spawn(process.env["CHROMIUM"] ?? "chromium", [
      "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1500,900", "--remote-debugging-port=0", `--user-data-dir=${profile}`, "about:blank",
    ], { stdio: ["ignore", "ignore", "pipe"] });
    const url = await new Promise<string>((resolve, reject) => {
      let text = "";
      browser.stderr.setEncoding("utf8").on("data", (d: string) => {
        const m = /DevTools listening on (ws:\S+)/.exec((text += d));
        if (m) resolve(m[1]!);
      });
      browser.on("error", reject).on("exit", () => reject(new Error(text)));
    });
    const page = new BrowserPage(browser, await DevTools.connect(url), profile);
    const { client } = page;
    const { targetId } = await client.send<{ targetId: string }>("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await client.send<{ sessionId: string }>("Target.attachToTarget", { targetId, flatten: true });
    client.session = sessionId;
    await client.send("Runtime.enable");
    await client.send("Network.enable");
    await client.send("Network.emulateNetworkConditions", { offline: true, latency: 0, downloadThroughput: -1, uploadThroughput: -1 });
    await client.send("Page.enable");
    const loaded = client.event("Page.loadEventFired");
    await client.send("Page.navigate", { url: pathToFileURL(file).href });
    await loaded;
    return page;
  }

  /** A value of the page; of a promise, what it becomes. */
  async value<T>(expression: string): Promise<T> {
    const r = await this.client.send<{ result: { value: T }; exceptionDetails?: { text: string; exception?: { description: string } } }>(
      "Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true });
    if (r.exceptionDetails) throw new Error(r.exceptionDetails.exception?.description ?? r.exceptionDetails.text);
    return r.result.value;
  }

  async mouse(selector: string, type: "move" | "click"): Promise<void> {
    const [x, y] = await this.value<[number, number]>(
      `(() => { const e = ${selector}; e.scrollIntoView({ block: "center" }); const r = e.getBoundingClientRect(); return [r.x + 20, r.y + r.height / 2]; })()`);
    await this.client.send("Input.dispatchMouseEvent", { type: "mouseMoved", x, y });
    if (type === "move") return;
    for (const kind of ["mousePressed", "mouseReleased"]) await this.client.send("Input.dispatchMouseEvent", { type: kind, x, y, button: "left", clickCount: 1 });
  }

  async close(): Promise<void> {
    const gone = new Promise((resolve) => this.browser.on("exit", resolve));
    this.client.session = null;
    void this.client.send("Browser.close").catch(() => undefined);
    await Promise.race([gone, new Promise((resolve) => setTimeout(resolve, 5000))]);
    this.browser.kill("SIGKILL");
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
