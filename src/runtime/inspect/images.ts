import type { CodeSource } from "../../frontend/block.js";
import type { SymbolTable } from "./symbols.js";

/** Code that comes from one file (or another place with a name) and what is called what in it, at the addresses it is loaded at. */
export interface CodeImage {
  /** Path in the guest, or "[vdso]" and the like. */
  readonly name: string;
  readonly symbols: SymbolTable;
  /** The machine's own: what runs before the image does. */
  readonly firmware?: boolean;
}

/** Which image code belongs to. */
export interface CodeMap {
  imageAt(source: CodeSource, pc: number): CodeImage | null;
}
