/** Bytes of a file in memory: where nothing was written there is nothing, and reads as zeros. */

const CHUNK = 65536;
/** The first chunk begins so small: most files are. */
const SMALLEST = 64;

export class SparseBytes {
  private readonly chunks = new Map<number, Uint8Array>();
  /** Bytes of memory that it has. */
  allocated = 0;

  /** `reserve` is told how much more memory a write needs before it is taken (and a negative number when it is given back), and may throw. */
  constructor(private readonly reserve: (bytes: number) => void) {}

  readAt(position: number, into: Uint8Array): void {
    for (let done = 0; done < into.length; ) {
      const at = position + done, offset = at % CHUNK;
      const n = Math.min(CHUNK - offset, into.length - done);
      const part = this.chunks.get(Math.floor(at / CHUNK))?.subarray(offset, offset + n);
      if (part) into.set(part, done);
      into.fill(0, done + (part?.length ?? 0), done + n);
      done += n;
    }
  }

  writeAt(position: number, from: Uint8Array): void {
    this.makeRoom(position, from.length);
    for (let done = 0; done < from.length; ) {
      const at = position + done, offset = at % CHUNK;
      const n = Math.min(CHUNK - offset, from.length - done);
      this.chunks.get(Math.floor(at / CHUNK))!.set(from.subarray(done, done + n), offset);
      done += n;
    }
  }

  /** All of the memory for a write, or none. */
  private makeRoom(position: number, length: number): void {
    if (length === 0) return;
    const wanted: [index: number, size: number][] = [];
    let more = 0;
    for (let i = Math.floor(position / CHUNK), last = Math.floor((position + length - 1) / CHUNK); i <= last; i++) {
      const size = Math.min(CHUNK, position + length - i * CHUNK), has = this.chunks.get(i)?.length ?? 0;
      if (size <= has) continue;
      let room = i === 0 ? SMALLEST : CHUNK;
      while (room < size) room *= 2;
      wanted.push([i, room]);
      more += room - has;
    }
    if (wanted.length === 0) return;
    this.reserve(more);
    for (const [i, size] of wanted) {
      const chunk = new Uint8Array(size), old = this.chunks.get(i);
      if (old) chunk.set(old);
      this.chunks.set(i, chunk);
    }
    this.allocated += more;
  }

  /** Nothing is left from here on. */
  cut(size: number): void {
    const keep = Math.ceil(size / CHUNK);
    let less = 0;
    for (const [i, chunk] of this.chunks) {
      if (i < keep) continue;
      less += chunk.length;
      this.chunks.delete(i);
    }
    if (size % CHUNK) this.chunks.get(keep - 1)?.fill(0, size % CHUNK);
    this.allocated -= less;
    if (less > 0) this.reserve(-less);
  }
}
