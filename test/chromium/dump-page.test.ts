import { GROWTH } from "../../src/runtime/region-builder.js";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BrowserPage } from "../support/browser-page.js";
import { lift86 } from "../support/cli.js";

// The page of `lift86 dump --format html` in headless Chromium.

let folder: string;
let browser: BrowserPage;

const value = <T>(expression: string): Promise<T> => browser.value<T>(expression);
const mouse = (selector: string, type: "move" | "click"): Promise<void> => browser.mouse(selector, type);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lift86-"));
  const r = await lift86(["dump", "--hot", "5", "--root", "samples/inspect", "--format", "html", "/primes", "--", "4", "/libwork.so"]);
  expect(r.status, r.stderr).toBe(0);
  const file = join(folder, "dump.html");
  writeFileSync(file, Buffer.from(r.stdout, "latin1"));
  browser = await BrowserPage.open(file);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

describe("the page", () => {
  test("shows regions with their shares, key and counters, three panes of the hottest", async () => {
    expect(await value<number>(`document.querySelectorAll("#regions button").length`)).toBe(5);
    expect(await value<string>(`document.querySelector("#key").textContent`)).toMatch(/roledirectmode32 flat cpl3.*pc0x[0-9a-f]+.*hits\d/);
    for (const pane of ["asm", "ir", "js"]) expect(await value<number>(`document.querySelectorAll("#${pane} [data-i]").length`)).toBeGreaterThan(5);
    // what is shown is what the dump holds
    expect(await value<boolean>(`dump.regions[current].blocks.every((b) => b.insns.every((x) => [...document.querySelectorAll("#asm [data-i]")].some((e) => e.dataset.i === x.i && e.textContent.endsWith(x.text))))`)).toBe(true);
  });

  test("pointing at an instruction lights it up in all panes; a click keeps it lit", async () => {
    const first = `document.querySelector("#asm [data-i]")`;
    const i = await value<string>(`${first}.dataset.i`);
    await mouse(first, "move");
    const lit = await value<string[]>(`[...document.querySelectorAll(".on[data-i]")].map((e) => e.closest(".pane").id)`);
    expect(new Set(lit)).toEqual(new Set(["asm", "ir", "js"]));
    expect(await value<boolean>(`[...document.querySelectorAll(".on[data-i]")].every((e) => e.dataset.i === ${JSON.stringify(i)})`)).toBe(true);
    // from JavaScript back to assembly
    const other = await value<string>(`document.querySelector('#js [data-i]:not([data-i="${i}"])').dataset.i`);
    await mouse(`document.querySelector('#js [data-i="${other}"]')`, "click");
    expect(await value<number>(`document.querySelectorAll('#asm .pin[data-i="${other}"]').length`)).toBe(1);
    await mouse(first, "move");
    expect(await value<number>(`document.querySelectorAll('#asm .pin[data-i="${other}"]').length`)).toBe(1);
  });

  test("the IR as lifted can be had", async () => {
    const after = await value<number>(`document.querySelectorAll("#ir [data-i]").length`);
    await value(`(() => { const s = document.getElementById("stage"); s.value = "ir"; s.dispatchEvent(new Event("change")); })()`);
    expect(await value<string>(`document.querySelector("#ir .lines").textContent`)).toMatch(/fset\.void|fcond/);
    await value(`(() => { const s = document.getElementById("stage"); s.value = "opt"; s.dispatchEvent(new Event("change")); })()`);
    expect(await value<number>(`document.querySelectorAll("#ir [data-i]").length`)).toBe(after);
  });

  test("the control flow is drawn, block by block", async () => {
    await mouse(`document.querySelector('[data-tab="graph"]')`, "click");
    const blocks = await value<number>(`dump.regions[current].blocks.length`);
    expect(await value<number>(`document.querySelectorAll("#graph svg .block").length`)).toBe(blocks);
    expect(await value<number>(`document.querySelectorAll("#graph svg path.edge").length`)).toBeGreaterThanOrEqual(blocks);
    const box = await value<{ width: number; height: number }>(`(({ width, height }) => ({ width, height }))(document.querySelector("#graph svg .block rect").getBoundingClientRect())`);
    expect(box.width).toBeGreaterThan(40);
    await mouse(`[...document.querySelectorAll("#graph svg .block")].at(-1)`, "click");
    expect(await value<string>("tab")).toBe("code");
    expect(await value<number>(`document.querySelectorAll("#asm .pin").length`)).toBe(1);
  });

  test("passes are shown before and after, with what changed", async () => {
    await mouse(`document.querySelector('[data-tab="passes"]')`, "click");
    const names = await value<string[]>(`[...document.querySelectorAll("#steps button")].map((b) => b.textContent)`);
    expect(names).toEqual(expect.arrayContaining(["lower-flags", "dead-code"]));
    // every step shows the IR as it is there: what did not change as before it
    const shown = await value<string[][]>(`[...document.querySelectorAll("#steps button")].map((_, k) => { document.querySelectorAll("#steps button")[k].click(); const text = (id) => [...document.querySelectorAll(id + " .lines > div")].map((e) => e.textContent).join("\\n"); return [text("#before"), text("#after"), document.querySelectorAll("#steps button")[k].className]; })`);
    for (let k = 0; k < shown.length; k++) {
      expect(shown[k]![0]!.length).toBeGreaterThan(20);
      if (k > 0) expect(shown[k]![0]).toBe(shown[k - 1]![1]);
      expect(shown[k]![0] === shown[k]![1]).toBe(shown[k]![2] === "same");
    }
    const at = names.indexOf("lower-flags");
    await mouse(`document.querySelectorAll("#steps button")[${at}]`, "click");
    expect(await value<string>(`document.querySelector("#after h2").textContent`)).toBe("After: lower-flags");
    expect(await value<boolean>(`document.querySelectorAll("#before .lines div").length > 0 && document.querySelectorAll("#after .lines div").length > 0`)).toBe(true);
  });

  test("search finds regions and lines", async () => {
    await mouse(`document.querySelector('[data-tab="code"]')`, "click");
    await mouse(`document.getElementById("search")`, "click");
    await browser.client.send("Input.insertText", { text: "work_mix" });
    expect(await value<string[]>(`[...document.querySelectorAll("#regions b")].map((b) => b.textContent)`)).toEqual(expect.arrayContaining([expect.stringMatching(/^work_mix/)]));
    expect(await value<string>(`document.querySelector("#key h2").textContent`)).toMatch(/^work_mix/);
    await value(`(() => { const s = document.getElementById("search"); s.value = "xor"; s.dispatchEvent(new Event("input")); })()`);
    expect(await value<number>(`document.querySelectorAll("#asm mark").length`)).toBeGreaterThan(0);
    expect(await value<string>(`document.getElementById("found").textContent`)).toMatch(/\d+ regions?, \d+ lines? here/);
  });

  test("needs nothing but its file, and throws nothing", () => {
    expect(browser.requests.filter((u) => !u.startsWith("file:") && !u.startsWith("data:") && u !== "about:blank")).toEqual([]);
    expect(browser.requests.filter((u) => u.startsWith("file:"))).toHaveLength(1);
    expect(browser.errors).toEqual([]);
  });
});

test("code of hundreds of blocks, region by region: the page stays small, opens and is searched quickly, its control flow is drawn", async () => {
  // sub eax, 1; jne over the next; inc eax
  const code = `${"83e8017502ffc0".repeat(400)}c3`;
  const r = await lift86(["dump", "--all", "--format", "html", "--hex", code]);
  expect(r.status, r.stderr).toBe(0);
  expect(r.stdout.length).toBeLessThan(20e6);
  const file = join(folder, "large.html");
  writeFileSync(file, Buffer.from(r.stdout, "latin1"));
  const page = await BrowserPage.open(file);
  try {
    const largest = await page.value<number>(`Math.max(...dump.regions.map((r) => r.blocks.length))`);
    // as large as regions grow at first
    expect(largest).toBe(GROWTH.nodes);
    expect(await page.value<number>(`dump.regions.length`)).toBeGreaterThan(20);
    await page.value(`document.querySelectorAll("#regions button")[dump.regions.findIndex((r) => r.blocks.length === ${largest})].click()`);
    await page.mouse(`document.querySelector('[data-tab="graph"]')`, "click");
    expect(await page.value<number>(`document.querySelectorAll("#graph svg .block").length`)).toBe(largest);
    const took = await page.value<number>(`(() => { const t = performance.now(); const s = document.getElementById("search"); s.value = "sub"; s.dispatchEvent(new Event("input")); return performance.now() - t; })()`);
    expect(took).toBeLessThan(5000);
    expect(await page.value<string>(`document.getElementById("found").textContent`)).toMatch(/\d+ regions?, \d+ lines? here/);
    expect(page.errors).toEqual([]);
  } finally {
    await page.close();
  }
});
