import { readFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BrowserPage } from "../support/browser-page.js";
import { lift86, ROOT } from "../support/cli.js";

// The library in a page of headless Chromium, without a server and without a network: programs and machines run there as they do here, and about as fast.

let folder: string;
let browser: BrowserPage;

/** Runs a program that is alone in a file system in memory; what it writes goes to a terminal. */
const PAGE = `
async function run(name, base64, args) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  const cred = { uid: 0, euid: 0, suid: 0, fsuid: 0, gid: 0, egid: 0, sgid: 0, fsgid: 0, groups: [0] };
  let out = "";
  const files = lift86.linuxFiles({
    streams: { screen: { write: (b) => void (out += String.fromCharCode(...b)) }, attach() {}, open: () => null, isTerminal: () => true },
    root: (memory) => {
      const content = memory.root.create(name, 0o100755, 0, cred).open();
      content.writeAt(0, bytes);
      content.close();
      return memory.root;
    },
  });
  const started = performance.now();
  const system = new lift86.LinuxSystem({ program: "/" + name, args: [name, ...args], env: [], cwd: "/", files });
  const { status } = await system.run();
  return { status, out: out.replaceAll("\\r\\n", "\\n"), ms: performance.now() - started };
}
async function boot(name, base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  let out = "";
  const machine = new lift86.Machine({ image: { name, bytes }, memory: 128 << 20, serial: (b) => void (out += String.fromCharCode(...b)) });
  const { status } = await machine.run();
  return { status, out };
}
`;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lift86-"));
  const library = readFileSync(`${ROOT}dist/browser.js`, "utf8").replaceAll("</script", "<\\/script");
  const file = join(folder, "page.html");
  // A page that comes from a file has no modules of its own origin: the library's exports are a global.
  const script = library.replace(/^export \{([^]*)\};?\s*(\/\/# sourceMappingURL.*\s*)?$/m, (_, names: string) => `globalThis.lift86 = {${names.replace(/(\w+) as (\w+)/g, "$2: $1")}};`);
  writeFileSync(file, `<!doctype html><meta charset="utf-8"><script type="module">${script}</script><script>${PAGE}</script>`);
  browser = await BrowserPage.open(file);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

interface Ran {
  readonly status: number;
  readonly out: string;
  readonly ms: number;
}

const base64 = (path: string): string => readFileSync(`${ROOT}${path}`).toString("base64");
const inPage = (path: string, ...args: string[]): Promise<Ran> =>
  browser.value<Ran>(`run(${JSON.stringify(path.split("/").at(-1))}, ${JSON.stringify(base64(path))}, ${JSON.stringify(args)})`);

test("a program: integers, doubles, x87, all that samples/checksums has", async () => {
  const ran = await inPage("samples/checksums");
  expect(ran.out).toBe(readFileSync(`${ROOT}samples/checksums.expected`, "latin1"));
  expect(ran.status).toBe(0);
});

test("a machine", async () => {
  const here = await lift86(["boot", "samples/machine/hello.elf"]);
  const there = await browser.value<Ran>(`boot("hello.elf", ${JSON.stringify(base64("samples/machine/hello.elf"))})`);
  expect({ status: there.status, out: there.out }).toEqual({ status: here.status, out: here.stdout });
});

/** Compiled code that the browser's engine does not like takes ten times as long. */
const MOST_TIMES = 4;

test("hot code, about as fast as here", async () => {
  const started = performance.now(), here = await lift86(["run", "bench/guests/quicksort", "240"]), ms = performance.now() - started;
  const there = await inPage("bench/guests/quicksort", "240");
  expect(there.out).toBe(here.stdout);
  expect(there.ms / ms).toBeLessThan(MOST_TIMES);
});

test("nothing was asked for over the network, and nothing went wrong", () => {
  expect(browser.requests.filter((url) => !url.startsWith("file:"))).toEqual([]);
  expect(browser.errors).toEqual([]);
});
