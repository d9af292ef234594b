import type { Translated } from "../index.js";

/** What a dump shows, whatever its format. */
export interface DumpDocument {
  /** The program's file, or "--hex". */
  readonly title: string;
  readonly syntax: "intel" | "att";
  readonly regions: readonly DumpRegion[];
}

export interface DumpRegion extends Translated {
  /** File that the code is from, as the guest sees it; after a run. */
  readonly image?: string | null;
  /** Guest instructions that it executed, and their share of all in compiled code; after a run. */
  readonly executed?: number;
  readonly share?: number;
}

export const STAGES = ["asm", "ir", "opt", "js", "map"] as const;
export type Stage = (typeof STAGES)[number];

export function count(n: number, what: string): string {
  return `${n.toLocaleString("en-US")} ${what}${n === 1 ? "" : "s"}`;
}

export function sizes(t: Translated): { blocks: number; bytes: number; instructions: number; js: number } {
  return {
    blocks: t.blocks.length,
    bytes: t.blocks.reduce((n, b) => n + b.size, 0),
    instructions: t.blocks.reduce((n, b) => n + b.asm.length, 0),
    js: t.js.length,
  };
}
