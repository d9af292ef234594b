/** Extended attributes of an inode by name, prefix included. */
export interface ExtendedAttributes {
  has(name: string): boolean;
  get(name: string): Uint8Array | undefined;
  keys(): Iterable<string>;
  /** ENOSPC. */
  set(name: string, value: Uint8Array): void;
  delete(name: string): void;
}

/** What one takes beside its name and value, so that a guest's many small ones have an end. */
const ENTRY = 128;

/** Those of a file system in memory; `grow` accounts for their bytes. */
export class KeptAttributes implements ExtendedAttributes {
  private readonly values = new Map<string, Uint8Array>();

  constructor(private readonly grow: (bytes: number) => void) {}

  has(name: string): boolean {
    return this.values.has(name);
  }

  get(name: string): Uint8Array | undefined {
    return this.values.get(name);
  }

  keys(): Iterable<string> {
    return this.values.keys();
  }

  set(name: string, value: Uint8Array): void {
    this.grow(ENTRY + name.length + value.length - this.cost(name));
    this.values.set(name, value);
  }

  delete(name: string): void {
    this.grow(-this.cost(name));
    this.values.delete(name);
  }

  /** The inode is gone. */
  clear(): void {
    for (const name of [...this.values.keys()]) this.delete(name);
  }

  private cost(name: string): number {
    const old = this.values.get(name);
    return old ? ENTRY + name.length + old.length : 0;
  }
}
