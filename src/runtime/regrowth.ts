/**
 * When to compile regions anew. Compiled code that hops from region to region all the time was cut in the wrong places: what it runs now was cold
 * when it was compiled, or is reached by computed jumps and calls whose targets were not known. So while hops are frequent this takes a sample of
 * them, then asks for a stretch in tier 0, which counts blocks and targets, and then names the regions from which most hops started.
 */

const enum Phase { watch, sample, profile }

/** Fewer guest instructions than this from one hop to the next is too often. */
const DENSE = 200;
/** Hops to watch before the first sample; twice as many after each round, eight times after one that changed nothing. */
const FIRST = 2000;
const SAMPLES = 1024;
/** Blocks that tier 0 runs to learn where code goes. */
const PROFILED = 3000;
/** Regions named at a time, each the source of at least one hop in 32. */
const MOST = 12;

/** Times that a region is compiled at most. */
const MOST_GROWN = 4;

/** Whether a region that has been compiled so often may be compiled again. */
export function mayGrow({ grown }: { readonly grown: number }): boolean {
  return grown <= MOST_GROWN;
}

export class Regrowth {
  private phase = Phase.watch;
  private interval = FIRST;
  private hops = 0;
  private instructions = 0;
  private left = 0;
  private readonly sources = new Map<number, number>();

  /** Tell `hop` of each hop. */
  get sampling(): boolean {
    return this.phase === Phase.sample;
  }

  /** Let tier 0 run all blocks, telling `block`. */
  get profiling(): boolean {
    return this.phase === Phase.profile;
  }

  /** A chain of regions ran. */
  ran(hops: number, instructions: number): void {
    if (this.phase !== Phase.watch) return;
    this.hops += hops;
    this.instructions += instructions;
    if (this.hops < this.interval) return;
    if (this.instructions < this.hops * DENSE) {
      this.phase = Phase.sample;
      this.left = SAMPLES;
      this.sources.clear();
    }
    this.hops = this.instructions = 0;
  }

  /** The region at a PC handed over to another. */
  hop(from: number): void {
    if (this.phase !== Phase.sample) return;
    this.sources.set(from, (this.sources.get(from) ?? 0) + 1);
    if (--this.left > 0) return;
    this.phase = Phase.profile;
    this.left = PROFILED;
  }

  /** Tier 0 ran a block. True: that was enough, call `grow`. */
  block(): boolean {
    return --this.left <= 0;
  }

  /** Compile regions again, those first that had most hops. `again`: compile the one at a PC, unless it would be the same; whether it was. */
  grow(again: (pc: number) => boolean): void {
    const often = [...this.sources].filter(([, n]) => n >= SAMPLES / 32).sort((a, b) => b[1] - a[1]).slice(0, MOST);
    let changed = false;
    for (const [pc] of often) if (again(pc)) changed = true;
    this.phase = Phase.watch;
    this.interval = Math.min(this.interval * (changed ? 2 : 8), 2 ** 40);
    this.sources.clear();
  }
}
