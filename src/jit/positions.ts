import { GENERATOR, generate } from "astring";
import type * as E from "estree";
import type { Stmt } from "./ast.js";
import type { PieceNumbers } from "./pieces.js";

/**
 * Which guest instruction each piece of a region's JavaScript comes from. Only emitters that were asked for it (`Positions`) mark the nodes they make:
 * `loc.start` is the guest PC, as unsigned (line), and the id of the region's node (column); `marks` on a statement are the instructions that begin there, of which those that the
 * passes left nothing of have no other trace.
 */
export type Positions =
  /** Nodes as they are. */
  | "none"
  /** Marked nodes; the code is the same. */
  | "mark"
  /** And a statement of its own for every guest instruction (`pc = …`), for a debugger to stop at. */
  | "step";

/** How a region is emitted for those who look at it. */
export interface RegionView {
  /** Which positions the code gets; none unless told. */
  readonly positions?: Positions;
  /** Text of the comment where a guest instruction begins; unsigned PC. */
  readonly comment?: (pc: number) => string;
  /** Name of the function instead of the PC; an identifier. */
  readonly name?: string;
  /** Count executions of each node in element `node.id` of this element of `env.hits`. */
  readonly hits?: number;
  /** Write to `env.where` which piece of the region runs, with these numbers. */
  readonly pieces?: PieceNumbers;
}

interface Marked {
  loc?: E.SourceLocation | null | undefined;
  marks?: E.SourceLocation[];
}

/** From here up to the next position, printed code belongs to a guest instruction; `pc` null: to the region as a whole. */
export interface CodePosition {
  /** Line from 1, column from 0. */
  readonly line: number;
  readonly column: number;
  /** Unsigned. */
  readonly pc: number | null;
  /** Id of the region's node; -1 for the region as a whole. */
  readonly node: number;
}

export interface PrintedCode {
  readonly code: string;
  /** In the order of the code. */
  readonly positions: readonly CodePosition[];
}

let lastLocation: E.SourceLocation = at(0, 0);

function at(pc: number, node: number): E.SourceLocation {
  const place = { line: pc, column: node };
  return { start: place, end: place };
}

function location(pc: number, node: number): E.SourceLocation {
  const { line, column } = lastLocation.start;
  if (line !== pc || column !== node) lastLocation = at(pc, node);
  return lastLocation;
}

/** Note where a node comes from, unless that is known already. Names and literals are shared, so they take their parent's. */
export function mark(node: E.Node, pc: number, regionNode: number): void {
  if (node.type === "Identifier" || node.type === "Literal") return;
  (node as Marked).loc ??= location(pc >>> 0, regionNode);
}

/** A node comes from where another does. */
export function markAs(node: E.Node, other: E.Node): void {
  if (other.loc) node.loc = other.loc;
}

/** Guest instructions begin at a statement; those noted before come after these. */
export function markStart(statement: Stmt, pc: number, regionNode: number): void {
  const s = statement as Marked;
  s.marks = [location(pc >>> 0, regionNode), ...(s.marks ?? [])];
}

type Generator = typeof GENERATOR & Record<string, (this: Generator, node: E.Node, state: PrinterState) => void>;

/** What of astring's State is used here. */
interface PrinterState {
  readonly indent: string;
  readonly indentLevel: number;
  write(code: string, node?: { type: string; loc?: E.SourceLocation | null }): void;
}

/** A position without code: astring notes one for each node that it is given to write. */
const place = (loc: E.SourceLocation): { type: string; loc: E.SourceLocation } => ({ type: "Place", loc });
/** The region as a whole, as a line that is no PC. */
const WHOLE = at(-1, -1);

/** astring's generator, noting a position before and after each marked node. */
function printer(comment: ((pc: number) => string) | undefined): typeof GENERATOR {
  const generator = { ...GENERATOR } as Generator;
  let current = WHOLE;
  for (const [type, base] of Object.entries(GENERATOR) as [string, (this: Generator, node: E.Node, state: PrinterState) => void][]) {
    if (!/Statement$|Expression$|^VariableDeclaration$/.test(type)) continue;
    generator[type] = function (node, state) {
      const { marks, loc } = node as Marked;
      if (marks && comment) {
        for (const start of marks) {
          state.write(`// ${comment(start.start.line)}`, place(start));
          state.write("\n");
          state.write(state.indent.repeat(state.indentLevel));
        }
        state.write("", place(current));
      }
      if (!loc) return base.call(this, node, state);
      const outer = current;
      current = loc;
      state.write("", place(loc));
      base.call(this, node, state);
      current = outer;
      state.write("", place(outer));
    };
  }
  return generator;
}

/** Print marked code; `comment`: of the line that is written where a guest instruction begins. */
export function printPositions(program: E.Node, indent: string, comment?: (pc: number) => string): PrintedCode {
  const noted: CodePosition[] = [];
  const sourceMap = {
    addMapping({ original, generated }: { original: E.Position; generated: E.Position }): void {
      const last = noted[noted.length - 1];
      if (last && last.line === generated.line && last.column === generated.column) noted.pop();
      noted.push({ line: generated.line, column: generated.column, pc: original.line < 0 ? null : original.line, node: original.column });
    },
  };
  const options = { indent, sourceMap, generator: printer(comment) };
  const code = generate(program, options as unknown as Parameters<typeof generate>[1]) as unknown as string;
  return { code, positions: everyLine(code, noted) };
}

/** Positions such that each line begins with one: readers of source maps look no further than the line. */
function everyLine(code: string, noted: readonly CodePosition[]): CodePosition[] {
  const out: CodePosition[] = [];
  let k = 0;
  let current: Pick<CodePosition, "pc" | "node"> = { pc: null, node: -1 };
  code.split("\n").forEach((text, i) => {
    const line = i + 1;
    const indent = text.length - text.trimStart().length;
    const starts = k < noted.length && noted[k]!.line === line && noted[k]!.column <= indent;
    if (!starts) out.push({ line, column: 0, pc: current.pc, node: current.node });
    for (; k < noted.length && noted[k]!.line === line; k++) {
      const { pc, node, column } = noted[k]!;
      current = noted[k]!;
      const at = column <= indent ? 0 : column;
      // what stands after a line's last code is seen by the next line only
      if (at > 0 && at >= text.length) continue;
      const last = out[out.length - 1];
      if (last?.line === line && last.column === at) out.pop();
      else if (last?.line === line && last.pc === pc && last.node === node) continue;
      out.push({ line, column: at, pc, node });
    }
  });
  return out;
}
