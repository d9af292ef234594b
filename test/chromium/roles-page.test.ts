import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { PolicyReport, RolesReport } from "../../src/index.js";
import { BrowserPage } from "../support/browser-page.js";
import { lift86 } from "../support/cli.js";

// The page of `lift86 roles --html` in headless Chromium: its figures are read back and compared with the JSON of the same run.

let folder: string;
let browser: BrowserPage;
let report: RolesReport;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "lift86-"));
  const file = join(folder, "roles.html");
  const r = await lift86(["roles", "samples/roles/init-sipi.elf", "--append", "50", "--json", "--html", file]);
  expect(r.status, r.stderr).toBe(0);
  report = JSON.parse(r.stdout) as RolesReport;
  expect(readFileSync(file, "utf8")).not.toMatch(/(src|href)="(?!#)/);
  browser = await BrowserPage.open(file);
});

afterAll(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Text of the cells of a row of the comparison. */
function row(title: string): Promise<string[]> {
  return browser.value(`[...document.querySelectorAll("#comparison tbody tr")].find((r) => r.cells[0].textContent === ${JSON.stringify(title)}).innerText.split("\\t").slice(1)`);
}

const FIGURES: ReadonlyArray<readonly [string, (p: PolicyReport) => number]> = [
  ["lookups", (p) => p.lookups], ["hits", (p) => p.hits],
  ["misses: cold", (p) => p.misses.cold], ["misses: evicted", (p) => p.misses.evicted], ["misses: invalidated", (p) => p.misses.invalidated], ["misses: spurious role", (p) => p.misses.spuriousRole],
  ["translations", (p) => p.translations], ["instructions retranslated", (p) => p.instructionsRetranslated],
  ["resets requested", (p) => p.contextResets.requested], ["resets re-keyed", (p) => p.contextResets.rekeyed], ["resets avoided", (p) => p.contextResets.avoided],
  ["TLB fills", (p) => p.tlb.fills], ["TLB flushes", (p) => p.tlb.flushes], ["auditor mismatches", (p) => p.roleMismatches],
];

describe("the page", () => {
  test.each(FIGURES)("shows %s as the JSON has it", async (title, get) => {
    expect((await row(title)).map((x) => Number(x.replaceAll(",", "")))).toEqual(report.policies.map(get));
  });

  test("shows each policy's roles with their blocks", async () => {
    for (const p of report.policies) {
      const rows = await browser.value<string[][]>(`[...document.querySelectorAll('.roles[data-policy="${p.policy}"] tbody tr')].map((r) => [...r.cells].map((c) => c.textContent))`);
      expect(rows.map(([name, blocks, , hits]) => [name, blocks, hits])).toEqual(p.roles.map((x) => [x.name, x.blocks.toLocaleString("en-US"), x.hits.toLocaleString("en-US")]));
    }
  });

  test("draws the charts and lists the timeline", async () => {
    // what a chart shows is painted: its canvas has pixels of each policy's colour
    for (const id of ["rate", "time"]) {
      const painted = await browser.value<number>(`(() => { const c = document.querySelector("#${id} canvas"); const d = c.getContext("2d").getImageData(0, 0, c.width, c.height).data;
        let n = 0; for (let i = 3; i < d.length; i += 4) if (d[i] > 0) n++; return n; })()`);
      expect(painted, id).toBeGreaterThan(1000);
    }
    const listed = await browser.value<number[]>(`[...document.querySelectorAll("details")].map((d) => d.querySelectorAll("tbody tr").length)`);
    expect(listed).toEqual(report.policies.map((p) => Math.min(p.roleChanges, 200)));
  });

  test("needs nothing but itself", () => {
    expect(browser.requests.filter((u) => u.startsWith("file:"))).toHaveLength(1);
    expect(browser.requests.filter((u) => !u.startsWith("file:") && !u.startsWith("data:") && u !== "about:blank")).toEqual([]);
    expect(browser.errors).toEqual([]);
  });
});
