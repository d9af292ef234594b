import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { DebianWork, script } from "../support/debian.js";

/** Debian's programs with the translations of earlier runs, of one folder for all: the same output, exit status and files as natively, each time. */

const work = new DebianWork("work-translations", { "perl.pl": script("perl.pl"), "lua.lua": script("lua.lua") });
const kept = mkdtempSync(join(tmpdir(), "lift86-translations-"));
afterAll(() => {
  work.remove();
  rmSync(kept, { recursive: true });
});

describe("--translations", () => {
  test.each<[string, string[]]>([
    ["grep, sed, gawk, findutils, xz from bash", ["/bin/bash", "-c", script("tools.sh")]],
    ["perl", ["/usr/bin/perl", "perl.pl"]],
    ["lua", ["/usr/bin/lua5.4", "lua.lua"]],
    ["x87 and SSE: bc, awk", ["/bin/bash", "-c", "echo 'scale=60; 4*a(1); e(2.5)' | bc -l; awk 'BEGIN { for (i = 1; i < 4000; i++) s += sin(i) * exp(-i / 1000); printf \"%.15g %d\\n\", s, s * 1e6 }'"]],
    ["sqlite3", ["/usr/bin/sqlite3", "-batch", "t.db", "create table t(a, b); with recursive n(i) as (select 1 union all select i + 1 from n where i < 3000) insert into t select i, i * 0.37 from n; create index x on t(b); select count(*), sum(b), max(b) from t; pragma integrity_check;"]],
  ])("%s", async (_, argv) => {
    const [native] = await work.natively(argv);
    for (let run = 0; run < 2; run++) {
      const [guest] = await work.translated(argv, { options: ["--translations", kept] });
      expect(guest).toEqual(native);
    }
  });

  test("were there to be used", () => {
    expect(readdirSync(kept).map((name) => name.replace(/-.*/, "")).sort()).toEqual(["bash", "lua5.4", "perl", "sqlite3"]);
  });
});
