import type { Block, Inst } from "../ir/inst.js";
import { isFloatCompare } from "../ir/lib/sse-float.js";
import { locationOf, type LocationSet } from "../ir/passes/dead-state.js";
import { FLAG_A, FLAG_KIND, FLAG_R } from "../ir/state.js";
import * as js from "./ast.js";
import { freeze } from "./freeze.js";
import { localName } from "./names.js";
import { markAs } from "./positions.js";

/**
 * Values while a block is emitted: expressions that were not evaluated yet. A value is built into the expression that uses it, since V8 allocates registers better for
 * what has no name and most values are used once; it is given a name when it is used twice, or when what it was computed from is about to change. Whoever emits a
 * change says so first (`flush`). What expressions may depend on is, as sets of bits: the locations of dead-state.ts, which are locals; the rest of the vCPU's state,
 * memory and page windows, as a whole each; and `units`, the halves of vector registers in locals.
 *
 * Sets of the lazy flags are held back as well: hot paths drop those that nobody reads, and the cold ways out of the block (faults, budget) do them on the way.
 */
export class PendingValues {
  private readonly values = new Map<Inst, Value>();
  private unstable: Value[] = [];
  /** By the order of FLAG_OFFSETS. Each keeps one use of its value until it is set for real or replaced. */
  private readonly flags: (Inst | null)[] = [null, null, null, null, null];

  constructor(
    /** Statements of the block so far; names are given there. */
    private readonly out: js.Stmt[],
    private readonly temp: () => string,
    /** Told of each expression that a value begins as. */
    private readonly begun: ((e: js.Expr) => void) | null,
  ) {}

  /** Count the uses of a block's values: it is in its final form. */
  begin({ insts, term }: Block): void {
    for (const i of insts) i.uses = 0;
    for (const i of insts) for (const a of i.args) a.uses++;
    if (term.kind === "branch") term.cond.uses++;
    if (term.kind === "indirect") term.target.uses++;
  }

  /** The value of an instruction. `deps`, `units`: evaluating the lanes later than any of these change would give something else. */
  define(inst: Inst, lanes: js.Expr[], deps: number, units = 0): void {
    const v: Value = { lanes, deps, units, left: inst.uses };
    this.values.set(inst, v);
    if (this.begun !== null) lanes.forEach(this.begun);
    if ((deps | units) !== 0 && v.left > 0) this.unstable.push(v);
  }

  private value(inst: Inst): Value {
    return this.values.get(inst)!;
  }

  /** Lanes for one use. */
  take(inst: Inst): js.Expr[] {
    const v = this.value(inst);
    if (v.left > 1 && !isSimple(v)) this.name(v);
    v.left--;
    return v.lanes;
  }

  /** Lanes for one use that repeats them: names or literals. */
  named(inst: Inst): js.Expr[] {
    const v = this.value(inst);
    if (!isSimple(v)) this.name(v);
    v.left--;
    return v.lanes;
  }

  /** One use less, which needs nothing. */
  release(inst: Inst): void {
    this.value(inst).left--;
  }

  /** What values depend on now, all together. */
  depsOf(insts: readonly Inst[]): number {
    let d = 0;
    for (const a of insts) d |= this.value(a).deps;
    return d;
  }

  unitsOf(insts: readonly Inst[]): number {
    let d = 0;
    for (const a of insts) d |= this.value(a).units;
    return d;
  }

  /** These are about to change: name what depends on them and is still needed. */
  flush(changed: number, units = 0): void {
    if (this.unstable.length === 0) return;
    const rest: Value[] = [];
    for (const v of this.unstable) {
      if (v.left <= 0 || (v.deps | v.units) === 0) continue;
      if (v.deps & changed || v.units & units) this.name(v);
      else rest.push(v);
    }
    this.unstable = rest;
  }

  /** Give a value a name of its own. */
  private name(v: Value): void {
    v.lanes = v.lanes.map((e) => {
      if (isLiteral(e)) return e;
      const t = this.temp();
      const s = js.constant(t, e);
      markAs(s, e);
      this.out.push(s);
      return js.id(t);
    });
    v.deps = v.units = 0;
  }

  /** Set the local of a register, which is a location, to a value. */
  assign(register: string, location: number, value: Inst): void {
    const v = this.value(value);
    if (v.lanes.length !== 1) throw new Error("register pairs are not emitted yet");
    const e = v.lanes[0]!;
    const left = v.left - 1;
    if (!isName(e, register)) {
      v.left = 0; // this value is not to be named, it gets the register
      this.flush(location);
      this.out.push(js.set(register, e));
      if (left > 0) {
        if (!isSimple(v)) {
          // The register is the value's name from now on, until it changes again.
          v.lanes = [js.id(register)];
          v.deps = location;
          v.units = 0;
        }
        if ((v.deps | v.units) !== 0) this.unstable.push(v);
      }
    }
    v.left = left;
  }

  // Flags.

  /** Set flag `f` of FLAG_OFFSETS to a value, but not yet. */
  holdFlag(f: number, value: Inst): void {
    const v = this.value(value);
    this.dropFlag(f);
    // a new kind: high words that were for another one are of no use
    if (f === 0) HIGH_FLAGS.forEach((high) => this.dropFlag(high));
    // a comparison of doubles is left to the ways out that need its flags; most only need its condition
    if (!isSimple(v) && !isFloatCompare(value.op)) this.freezeOrName(v);
    this.flags[f] = value;
  }

  private dropFlag(f: number): void {
    const value = this.flags[f];
    if (!value) return;
    this.release(value);
    this.flags[f] = null;
  }

  /** Let a value be evaluated later, whatever changes until then; where that cannot be it gets its name now. */
  private freezeOrName(v: Value): void {
    if (v.lanes.length === 1 && (v.deps & (STATE | MEMORY | WINDOW)) === 0) {
      const copies = new Map<string, string>();
      const frozen = freeze(v.lanes[0]!, isTemp, (name) => {
        if (!copies.has(name)) copies.set(name, this.temp());
        return js.id(copies.get(name)!);
      });
      if (frozen) {
        for (const [name, copy] of copies) this.out.push(js.constant(copy, js.id(name)));
        v.lanes = [frozen];
        v.deps = v.units = 0;
        return;
      }
    }
    this.name(v);
  }

  /** Set those flags that are held and among these locations. */
  commitFlags(locations: LocationSet): void {
    FLAG_OFFSETS.forEach((offset, f) => {
      const value = this.flags[f];
      if (!value || !(locations & locationOf(offset))) return;
      this.flags[f] = null;
      this.release(value);
      const e = this.value(value).lanes[0]!, name = localName(offset)!;
      if (isName(e, name)) return;
      this.flush(locationOf(offset));
      this.out.push(js.set(name, e));
    });
  }

  /** Assignments that bring the lazy flags up to date, for a way out of the block; they stay held. */
  flagUpdates(): js.Stmt[] {
    const updates: js.Stmt[] = [];
    this.flags.forEach((value, f) => {
      if (!value) return;
      const e = this.value(value).lanes[0]!;
      const name = localName(FLAG_OFFSETS[f]!)!;
      if (!isName(e, name)) updates.push(js.set(name, e));
    });
    return updates;
  }
}

/** What values may depend on beside the locations of dead-state.ts: other vCPU state, memory. */
export const STATE = 1 << 24;
export const MEMORY = 1 << 25;
/** Page windows, where offsets in the buffer depend on them. */
export const WINDOW = 1 << 26;

/** The words of the lazy flags in the state. */
export const FLAG_OFFSETS: readonly number[] = [FLAG_KIND, FLAG_A, FLAG_R, FLAG_A + 4, FLAG_R + 4];
/** Of these, the high words, which only flags of 64 bits have. */
const HIGH_FLAGS = [3, 4];

interface Value {
  lanes: js.Expr[];
  deps: number;
  units: number;
  /** Uses not emitted yet. */
  left: number;
}

function isLiteral(e: js.Expr): boolean {
  return e.type === "Literal" || (e.type === "UnaryExpression" && e.operator === "-");
}

function isSimple(v: Value): boolean {
  return v.lanes.every((e) => e.type === "Identifier" || isLiteral(e));
}

function isName(e: js.Expr, name: string): boolean {
  return e.type === "Identifier" && e.name === name;
}

/** Names that `RegionEmitter.temp` gives are constants. */
function isTemp(name: string): boolean {
  return /^t\d/.test(name);
}
