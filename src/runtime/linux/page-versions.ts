import { PAGE_SIZE } from "../../mmu/perm.js";

const CHUNK = 64;

interface Chunk {
  /** The latest of its pages'. */
  latest: number;
  readonly pages: Float64Array;
}

/**
 * When each page of something that is shared was last written, in writes since the beginning: whoever has a copy of it asks which pages are newer than that
 * (shared.ts). Pages are in chunks, so that asking costs what was written, not what there is.
 */
export class PageVersions {
  /** Counts writes. */
  now = 0;
  private readonly chunks = new Map<number, Chunk>();

  /** Bytes were written, or are gone. */
  touch(position: number, length: number): void {
    if (length <= 0) return;
    const version = ++this.now;
    for (let page = Math.floor(position / PAGE_SIZE), last = Math.floor((position + length - 1) / PAGE_SIZE); page <= last; page++) {
      const index = Math.floor(page / CHUNK);
      let chunk = this.chunks.get(index);
      if (!chunk) this.chunks.set(index, (chunk = { latest: 0, pages: new Float64Array(CHUNK) }));
      chunk.latest = version;
      chunk.pages[page % CHUNK] = version;
    }
  }

  /** The pages of [first, end) that were written after `version`. */
  *since(version: number, first: number, end: number): Generator<number> {
    if (this.now <= version) return;
    // Whichever is fewer: the chunks there are, or those of the stretch.
    const from = Math.floor(first / CHUNK), to = Math.ceil(end / CHUNK);
    if (this.chunks.size < to - from) {
      for (const [index, chunk] of this.chunks) if (index >= from && index < to) yield* newer(chunk, index, version, first, end);
    } else {
      for (let index = from; index < to; index++) {
        const chunk = this.chunks.get(index);
        if (chunk) yield* newer(chunk, index, version, first, end);
      }
    }
  }
}

function* newer({ latest, pages }: Chunk, index: number, version: number, first: number, end: number): Generator<number> {
  if (latest <= version) return;
  for (let k = Math.max(0, first - index * CHUNK), last = Math.min(CHUNK, end - index * CHUNK); k < last; k++) {
    if (pages[k]! > version) yield index * CHUNK + k;
  }
}
