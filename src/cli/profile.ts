import { type GuestProfile, guestProfile, GuestProfiler, modeName, roleName } from "../index.js";
import { startSampler } from "../node.js";
import { columns, say, writeAll } from "./output.js";

/** Milliseconds between samples. */
const INTERVAL = 2;
/** Blocks in the table. */
const SHOWN = 15;

/** `--profile FILE`: from samples of where the run is to a profile of the guest's. */
export class ProfiledRun {
  /** Its thread starts while the guest is loaded. */
  private readonly sampler = startSampler(INTERVAL);
  readonly profiler = new GuestProfiler(this.sampler.now);

  /** `file`: an open descriptor; `what` names it where it cannot be written. */
  constructor(private readonly file: number, private readonly what: string) {}

  begin(): void {
    this.sampler.begin();
  }

  finish(): void {
    const p = guestProfile(this.sampler.stop(), this.profiler);
    writeAll(this.file, JSON.stringify(p.profile), this.what);
    say(profileTable(p, columns()));
  }
}

/** The hottest blocks, and what else took time, as lines of at most `width` columns where names allow. */
export function profileTable(p: GuestProfile, width: number): string {
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
  const ms = (us: number): string => `${(us / 1000).toFixed(1)} ms`;
  const head = ["share", "time", "tier", "block", "address", "role", "mode", "file"];
  const rows = p.hottest.slice(0, SHOWN).map((h) => [
    percent(h.share), ms(h.time), String(h.tier), h.block.name, `0x${h.block.pc.toString(16)}`, roleName(h.block.role), modeName(h.block.mode), h.block.image,
  ]);
  const out = p.hottest.length === 0 ? ["no samples of the guest's code: the run was too short"] : table([head, ...rows], width, new Set([0, 1]));
  const shown = p.hottest.slice(0, SHOWN).reduce((n, h) => n + h.share, 0);
  if (p.hottest.length > SHOWN) out.push(`${(p.hottest.length - SHOWN).toLocaleString("en-US")} other blocks: ${percent(p.hottest.reduce((n, h) => n + h.share, 0) - shown)}`);
  const parts = [...p.activities].sort((a, b) => b[1] - a[1]).map(([name, us]) => `${name} ${percent(p.total > 0 ? us / p.total : 0)}`);
  return [...out, `of ${ms(p.total)}: ${parts.join(", ")}`].join("\n");
}

/** Columns side by side; the last ones go where there is no room for them. */
function table(rows: readonly (readonly string[])[], width: number, right: ReadonlySet<number>): string[] {
  const widths = rows[0]!.map((_, c) => Math.max(...rows.map((r) => r[c]!.length)));
  let used = 0, count = 0;
  for (const w of widths) {
    if (count > 4 && used + w > width) break;
    used += w + 2;
    count++;
  }
  return rows.map((r) => r.slice(0, count).map((cell, c) => (right.has(c) ? cell.padStart(widths[c]!) : cell.padEnd(widths[c]!))).join("  ").trimEnd());
}
