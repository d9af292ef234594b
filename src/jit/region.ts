import type { Block } from "../ir/inst.js";
import type { PageRights } from "./settled-pages.js";

/** One block in a region. The same guest block may be there more than once (inlined into different callers). */
export interface RegionNode {
  readonly id: number;
  readonly pc: number;
  block: Block;
  /** Where a jump or the taken branch goes, if that is in the region. */
  taken: RegionNode | null;
  /** Where the untaken branch goes, if that is in the region. */
  fallthrough: RegionNode | null;
  /** For an indirect end: targets that are in the region, tried in turn. */
  readonly expected: RegionNode[];
}

/** Blocks to be compiled into one function, entered at the first of them. */
export interface Region {
  readonly pc: number;
  readonly mode: number;
  readonly nodes: RegionNode[];
  /** Blocks whose entries `env.entered` is told of: those at these PCs. */
  entries?: ((pc: number) => boolean) | undefined;
  /** Growth ended at a limit, not where hot code did. */
  readonly truncated?: boolean;
  /** Significand bits that the x87's control word asks for, if compiled code may rely on it; else its x87 code is left to the exact library. */
  readonly x87?: 53 | 64 | undefined;
  /** Its accesses to the stack are not to be checked on entry: that was refused too often. */
  frameless?: boolean;
  /** What its code may take for accessible without asking, if whoever runs it throws it away when that ends. */
  rights?: PageRights | undefined;
  /** Told after each pass over a node's block, if somebody wants to see them. */
  trace?: (pass: string, node: RegionNode) => void;
}

export function successors(n: RegionNode): RegionNode[] {
  const s = [...n.expected];
  if (n.taken) s.push(n.taken);
  if (n.fallthrough && n.fallthrough !== n.taken) s.push(n.fallthrough);
  return s;
}
